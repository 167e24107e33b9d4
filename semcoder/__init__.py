"""SemCoder, reproducible: from raw seeds to PyX, traces, monologues, checkpoints and score tables."""

from importlib.metadata import version

__version__ = version("semcoder")
