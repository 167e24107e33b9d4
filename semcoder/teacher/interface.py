"""What every teacher can do. Teachers propose; only execution decides what is kept."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from semcoder.execution.api import Call
from semcoder.records import Direction, Problem, Program, Seed, TestCase
from semcoder.teacher.bill import Post


@dataclass(frozen=True)
class Proposal:
    """A problem with its solution, and the inputs that came with it (origin, call)."""

    problem: Problem
    program: Program
    inputs: tuple[tuple[str, Call], ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Why nothing was proposed: a short fixed phrase and a detail."""

    reason: str
    detail: str = ""
    feedback: str = ""
    """What its author may be told, to do better; empty where a new attempt is the better one."""


class Failed(NamedTuple):
    """A proposal that does not run, and what came of running it."""

    proposal: Proposal
    error: str
    again: int = 0
    """How often the same was asked before, of the same seed: another answer than those is wanted."""


class Teacher(Protocol):
    """Answers stream back in the order of the questions."""

    name: str

    @property
    def bill(self) -> Sequence[Post]:
        """What its answers cost so far; empty where nothing is paid for."""
        ...

    def propose(self, seeds: Iterable[Seed]) -> Iterator[tuple[Seed, Proposal | Refusal]]:
        """A problem and a solution for each seed."""
        ...

    def repair(self, failed: Iterable[Failed]) -> Iterator[Proposal | Refusal]:
        """Another solution to the same problem, given the error that the last one ended in."""
        ...

    def inputs(
        self, programs: Iterable[tuple[Program, Sequence[Call]]]
    ) -> Iterator[tuple[Program, Sequence[Call]]]:
        """More inputs for each program, given those that are known to run."""
        ...

    def explain(
        self, direction: Direction, cases: Iterable[tuple[Program, TestCase]]
    ) -> Iterator[Sequence[str] | Refusal]:
        """Sampled monologues for each case, each ending in an answer between [ANSWER] and [/ANSWER]."""
        ...
