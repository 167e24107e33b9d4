"""One program on its way through input expansion: what was tried, what it gave, and which tests to keep."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from semcoder.execution import literals
from semcoder.execution.api import Call, Outcome
from semcoder.pyx.coverage import Coverage, Step, steps
from semcoder.records import Program, TestCase
from semcoder.teacher.interface import Refusal

_FAULTS = {
    "raised": "module does not run",
    "timeout": "timeout",
    "memory": "memory",
    "killed": "killed",
    "forbidden": "external interaction",
    "invalid": "does not compile",
}

MAX_HANGS = 2
"""Inputs that may run out of time or memory before their program is given up."""
PATIENCE = 2
"""Rounds without new coverage after which more inputs are no longer sought for its sake."""


class Trial(NamedTuple):
    """An input that has not run yet, and where it comes from."""

    origin: str
    call: Call


@dataclass
class Growth:
    """State of one program. `max_chars` bounds the text of all arguments together, and that of the output."""

    program: Program
    threshold: int
    max_chars: int
    fault: Refusal | None = None
    pending: list[Trial] = field(default_factory=list)
    """Inputs to run."""
    tests: list[TestCase] = field(default_factory=list)
    """Inputs that ran, in the order in which they were proposed."""
    steps: dict[str, frozenset[Step]] = field(default_factory=dict)
    """What each test covers, by its id."""
    counts: dict[str, int] = field(default_factory=dict)
    """Inputs by what became of them."""
    stale: int = 0
    """Rounds since the last one that covered something new."""
    _late: list[Trial] | None = None
    """The input at which a job ran out of time, before it had the time to itself."""
    _reached: int = 0
    _tried: set[str] = field(default_factory=set)

    def offer(self, origin: str, calls: Iterable[Call]) -> None:
        """Take calls in hand that are new, literal and short enough."""
        for call in calls:
            try:
                args = tuple(_canonical(text) for text in call.args)
                kwargs = {name: _canonical(text) for name, text in call.kwargs.items()}
            except ValueError:
                self._count("not literal")
                continue
            text = ", ".join([*args, *(f"{name}={value}" for name, value in kwargs.items())])
            if len(text) > self.max_chars:
                self._count("input too long")
            elif text not in self._tried:
                self._tried.add(text)
                self.pending.append(Trial(origin, Call(args, kwargs)))

    def absorb(self, outcome: Outcome) -> None:
        """Take in the traced runs of the pending inputs, up to one that ended the job; those after it stay."""
        ran = len(outcome.results)
        for trial, result in zip(self.pending, outcome.results, strict=False):
            if result.value is None:
                kind = result.raised[0] if result.raised else ""
                self._count("output not plain" if kind == "NotPlain" else "raised")
            elif len(result.value) > self.max_chars:
                self._count("output too long")
            elif not _equals_itself(result.value):
                self._count("output not equal to itself")
            elif result.truncated == "events":
                self._count("too many steps")
            else:
                self._count("ran")
                case = self._test(trial, result.value)
                self.tests.append(case)
                self.steps[case.id] = steps(result.events)
        if outcome.verdict == "ok":
            self.pending = []
        elif outcome.verdict == "timeout" and self.pending[ran:][:1] != self._late:
            # Others before it, or a machine that stood still, had a part in the time: it may try once more.
            self._late, self.pending = self.pending[ran:][:1], self.pending[ran:]
        elif outcome.verdict in ("timeout", "memory", "killed") and self._count(outcome.verdict) <= MAX_HANGS:
            self.pending = self.pending[ran + 1 :]
        else:
            self.fault = Refusal(_FAULTS[outcome.verdict], outcome.detail)

    def _test(self, trial: Trial, output: str) -> TestCase:
        return TestCase.model_validate(
            {
                "parents": (self.program.id,),
                "args": trial.call.args,
                "kwargs": trial.call.kwargs,
                "output": output,
                "origin": trial.origin,
            }
        )

    def confirm(self, outcome: Outcome) -> None:
        """Compare with a second run of all tests; anything but equality ends the program."""
        if outcome.verdict != "ok":
            self.fault = Refusal("not deterministic", f"{outcome.verdict} in another run: {outcome.detail}")
            return
        for case, result in zip(self.tests, outcome.results, strict=True):
            if result.value != case.output:
                other = result.value or ": ".join(map(str, result.raised or ()))
                detail = f"{self.program.entry_point}({case.call_arguments}) gave {case.output} and {other}"
                self.fault = Refusal("not deterministic", detail)
                return

    @property
    def calls(self) -> list[Call]:
        """The inputs that are known to run."""
        return [Call(case.args, case.kwargs) for case in self.tests]

    @property
    def chosen(self) -> list[TestCase]:
        """The tests to keep."""
        return thinned(self.tests, self.threshold, self.steps)

    @property
    def enough(self) -> bool:
        """Whether the kept tests reach the threshold, and cover all, or as much as can be hoped for."""
        if len(self.chosen) < self.threshold:
            return False
        return self.stale >= PATIENCE or min(self.coverage) == 1

    def settle(self) -> None:
        """Note, after a round, whether it led anywhere new."""
        reached = len(frozenset[Step]().union(*self.steps.values()))
        self.stale = 0 if reached > self._reached else self.stale + 1
        self._reached = reached

    @property
    def coverage(self) -> tuple[float, float]:
        """(line, branch) coverage of the program by the kept tests."""
        return Coverage(self.program.code).of([self.steps[case.id] for case in self.chosen])

    def verdict(self, at_least: int) -> Refusal | None:
        """Why the program is dropped once its inputs are known, or None."""
        if self.fault:
            return self.fault
        if not self.tests:
            if not self.counts:
                return Refusal("no inputs proposed", self.program.entry_point)
            seen = max(self.counts, key=lambda reason: (self.counts[reason], reason))
            reason = seen if seen in ("output not plain", "output too long") else "no input runs"
            return Refusal(reason, f"{sum(self.counts.values())} inputs")
        if len({case.output for case in self.tests}) == 1 and len(self.tests) > 1:
            return Refusal("no information", f"always {self.tests[0].output[:40]}")
        kept = len(self.chosen)
        return Refusal("too few inputs", f"{kept}") if kept < at_least else None

    def _count(self, reason: str) -> int:
        self.counts[reason] = self.counts.get(reason, 0) + 1
        return self.counts[reason]


def thinned(
    tests: Sequence[TestCase], threshold: int, covers: Mapping[str, frozenset[Step]]
) -> list[TestCase]:
    """At most `threshold` tests in the order they came, chosen one by one for what each adds.

    Most new steps first, then an output not seen yet, then whatever came first. No output stands for more than
    half of them, so that a program that says one thing to nearly everything keeps few.
    """
    left = list(range(len(tests)))
    chosen: list[int] = []
    outputs: dict[str, int] = {}
    covered: set[Step] = set()
    while left and len(chosen) < threshold:
        gains = {place: len(covers.get(tests[place].id, frozenset()) - covered) for place in left}
        best = max(left, key=lambda place: (gains[place], -outputs.get(tests[place].output, 0), -place))
        left.remove(best)
        case = tests[best]
        if outputs.get(case.output, 0) < (threshold + 1) // 2:
            outputs[case.output] = outputs.get(case.output, 0) + 1
            covered |= covers.get(case.id, frozenset())
            chosen.append(best)
    return [tests[place] for place in sorted(chosen)]


def _canonical(text: str) -> str:
    return literals.render(literals.parse(text))


def _equals_itself(text: str) -> bool:
    """False for outputs that hold a NaN, which no `==` can test."""
    return bool(literals.parse(text) == literals.parse(text))
