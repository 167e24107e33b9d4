"""One look for every plot: legible in print, for the colour-blind (Okabe and Ito's palette), light and dark."""

from pathlib import Path
from typing import Any

import matplotlib

from semcoder.artifacts import writing

INK, ACCENT, MUTED = "#0072B2", "#D55E00", "#BBBBBB"
SERIES = (INK, ACCENT, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours of lines that stand side by side."""


def new_figure(width: float, height: float, panels: int = 1) -> tuple[Any, Any]:
    """(figure, axes) in inches, drawn without a screen; an array of axes where there are several `panels`."""
    matplotlib.use("svg")
    matplotlib.rcParams.update(
        {
            "svg.hashsalt": "semcoder",  # the same plot is the same file
            "svg.fonttype": "none",
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.facecolor": "white",
        }
    )
    from matplotlib import pyplot

    return pyplot.subplots(1, panels, figsize=(width, height), layout="constrained")


def save(figure: Any, path: Path) -> None:
    """Write the figure as SVG, without a date, and let go of it."""
    from matplotlib import pyplot

    with writing(path) as stream:
        figure.savefig(stream, format="svg", metadata={"Date": None})
    pyplot.close(figure)
