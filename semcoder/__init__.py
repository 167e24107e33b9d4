"""SemCoder, reproducible: from raw seeds to PyX, traces, monologues, checkpoints and score tables."""

__version__ = "0.1.0"
