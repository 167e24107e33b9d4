"""The shipped config.yaml, and copies of it with one value changed."""

import copy
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
BASE: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text())


def linked(folder: Path, *more: str) -> Path:
    """`folder` with links to what the graph is planned from, and to `more`: the repository without results."""
    named = ("Snakefile", "config.yaml", "rules", "envs", "data/versions.csv", "results/paper", "report")
    for name in (*named, *more):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).symlink_to(ROOT / name)
    return folder


def changed(path: str, value: Any) -> dict[str, Any]:
    """A copy with another value at `path`, keys joined by `/` (names of models hold dots)."""
    values = copy.deepcopy(BASE)
    at = values
    *parents, last = path.split("/")
    for part in parents:
        at = at[part]
    at[last] = value
    return values
