"""Where in a text a line stands, and which iterations of which loops it speaks of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from semcoder.monologue.verify import patterns
from semcoder.monologue.verify.claims import Said
from semcoder.monologue.verify.judge import Judge
from semcoder.monologue.verify.moments import Activation, Moments, Run, Step
from semcoder.monologue.verify.text import Chunk, Mark

Pin = dict[Run, range | frozenset[int]]
"""Which iterations of which runs of a loop are meant."""
MAX_LOOKED_AT = 2000
"""Steps, runs and values that one claim is held against: what is beyond them is not looked at."""
MAX_CANDIDATES = 40
"""Executions of one line that a chunk without other hints is tried on."""


@dataclass(slots=True)
class Frame:
    """What a line hands on to the lines under it."""

    rank: int
    pins: list[Pin] = field(default_factory=list)
    within: Activation | None = None
    step: Step | None = None
    callee: Activation | None = None
    runs: list[Run] = field(default_factory=list)
    quoted: list[tuple[str, list[Step]]] = field(default_factory=list)
    """Code that the line has quoted so far, without its spaces, and its executions."""


@dataclass(slots=True)
class Judged:
    """A claim with its verdict, and the step that it holds at."""

    said: Said
    holds: bool | None
    truth: str
    step: Step | None = None


class Iterations:
    """Finds the iterations that marks and values of loop variables mean."""

    def __init__(
        self, moments: Moments, backward: bool, offset: int, zero_based: bool, truncated: bool
    ) -> None:
        self.moments = moments
        self.judge = Judge(moments)
        self.code = moments.code
        self.judged: list[Judged] = []
        self.lines: set[int] = set()
        """Lines of the program that the text speaks of."""
        self._backward = backward
        self._offset = offset
        self._zero = zero_based
        self._truncated = truncated
        self._frames = [Frame(-1000, within=moments.root)]
        self._cursor = 0
        """Where in the events the last labelled step began: what ended before has passed."""
        self._current: Sequence[Said] = ()
        """The claims of the chunk that is being judged."""

    def _pin(self, chunk: Chunk, mark: Mark, above: Frame, found: list[Said]) -> Pin | None:
        """The iterations that a mark means, and the claim that there are such."""
        moments = self.moments
        runs = [run for run in above.runs if run.certain]
        sure = bool(runs)
        if not runs:
            if above.runs:
                return None
            runs = [run for run in moments.runs if run.certain]
        if sure and above.pins:
            runs = [run for run in runs if all(within(run.first, pin) for pin in above.pins)] or runs
        if not runs or len(runs) > MAX_LOOKED_AT:
            return None
        if mark.relative:
            return self._relative(mark, runs, above)
        shift = 1 if self._zero else 0
        first, last = mark.first + shift, mark.last + shift
        fitting = [run for run in runs if len(run.turns) >= last]
        place = next((atom for atom in chunk.atoms if atom.kind == "mark"), None)
        start, end = (place.start, place.end) if place else (chunk.start, chunk.end)
        said = Said("iteration", start, end, value=str(mark.last))
        most = max(len(run.turns) for run in runs)
        if fitting or (not sure and not chunk.leads):
            self.judged.append(Judged(said, True if fitting else None, ""))
            return {run: range(first, last + 1) for run in fitting} or None
        doubtful = last == most + 1 and chunk.tone.ending
        hedged = chunk.tone.hypothetical or chunk.tone.negated or chunk.section in ("code", "end")
        complete = sure or (self.code is not None and not self.code.generators and not self.judge.inner)
        self.judged.append(
            Judged(said, None, "")
            if doubtful or hedged or not complete
            else Judged(said, False, f"the loop has {most} iteration{'s' * (most != 1)}")
        )
        return None

    def _relative(self, mark: Mark, runs: list[Run], above: Frame) -> Pin | None:
        if mark.relative == "last":
            return {run: range(len(run.turns), len(run.turns) + 1) for run in runs if run.turns}
        current = next((pin for pin in reversed(self._last_pins) if pin), None)
        if current is None:
            return None
        step = 1 if mark.relative == "next" else -1
        return {
            run: range(max(turns) + step, max(turns) + step + 1) for run, turns in current.items() if turns
        } or None

    @property
    def _last_pins(self) -> list[Pin]:
        return [pin for frame in self._frames for pin in frame.pins]

    def _selected(self, chunk: Chunk, found: Sequence[Said]) -> Pin | None:
        """The iterations that `when i = 2:` means."""
        first = found[0] if found else None
        if first is None or first.kind != "state" or self.code is None:
            return None
        begin, end = first.start - chunk.base, first.end - chunk.base
        prefix = chunk.low[chunk.start - chunk.base : begin]
        if not patterns.SELECTING.match(prefix) or not re.match(
            r"[\s*_)]*[:,(–—-]", chunk.low[end : end + 4]
        ):
            return None
        pin: Pin = {}
        for run in self.moments.runs:
            if run.turns and first.subject in run.turns[0][0].event.changes:
                hits = [
                    at
                    for at, turn in enumerate(run.turns, 1)
                    if self.judge.same(first, turn[0].after.get(first.subject, "")) is not False
                ]
                if hits:
                    pin[run] = frozenset(hits)
        return pin or None

    def _pinned(self, pins: Sequence[Pin]) -> list[Step]:
        """The steps in the iterations that are meant."""
        *outer, inner = pins
        steps: list[Step] = []
        for run, turns in inner.items():
            if all(within(run.first, pin) for pin in outer):
                for n in turns:
                    if 1 <= n <= len(run.turns):
                        steps += run.turns[n - 1]
        return steps

    def _done(self) -> list[Step] | None:
        """The steps that ended the call's one loop, and those after it; None where there is not just one."""
        runs = [
            run for run in self.moments.runs if run.owner is self.moments.root and not run.first.loops[:-1]
        ]
        runs = [run for run in runs if run.first.header is run]
        outer = [run for run in runs if all(run is each or not inside(run, each) for each in runs)]
        if len(outer) != 1 or not outer[0].turns:
            return None
        [run] = outer
        last = run.ended or run.turns[-1][-1]
        return [step for step in self.moments.root.steps if step.end >= last.end]


def inside(run: Run, outer: Run) -> bool:
    """Whether a run of a loop is part of an iteration of another one."""
    return any(each is outer for each, _ in run.first.loops)


def within(step: Step, pin: Pin) -> bool:
    """Whether a step, or a call around it, is part of the iterations of a pin."""
    at: Step | None = step
    while at is not None:
        for run, n in at.loops:
            turns = pin.get(run)
            if turns is not None and n in turns:
                return True
        at = at.owner.parent
    return False
