"""How programs are kept apart from the machine: a property of the machine, so chosen once for a process."""

from typing import Literal

Isolation = Literal["namespaces", "rlimits-only"]
_chosen: Isolation = "namespaces"


def choose(isolation: Isolation) -> None:
    """What every sandbox of this process uses that is not told otherwise."""
    global _chosen
    _chosen = isolation


def chosen() -> Isolation:
    """`namespaces` unless another was asked for by name."""
    return _chosen
