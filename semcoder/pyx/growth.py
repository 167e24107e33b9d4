"""One program on its way through input expansion: what was tried, what it gave, and which tests to keep."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from semcoder.execution import literals
from semcoder.execution.api import Call, Outcome
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
    counts: dict[str, int] = field(default_factory=dict)
    """Inputs by what became of them."""
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
        """Take in what became of the pending inputs; those after a timeout that others share the blame for stay."""
        ran = len(outcome.results)
        for trial, result in zip(self.pending, outcome.results, strict=False):
            if result.value is None:
                kind = result.raised[0] if result.raised else ""
                self._count("output not plain" if kind == "NotPlain" else "raised")
            elif len(result.value) > self.max_chars:
                self._count("output too long")
            elif not _equals_itself(result.value):
                self._count("output not equal to itself")
            else:
                self._count("ran")
                self.tests.append(self._test(trial, result.value))
        if outcome.verdict == "timeout" and ran:
            self.pending = self.pending[ran:]
            return
        self.pending = []
        if outcome.verdict != "ok":
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
        outputs = [result.value for result in outcome.results]
        expected = [case.output for case in self.tests]
        if outcome.verdict != "ok":
            self.fault = Refusal(
                "not deterministic", f"{outcome.verdict} in the second run: {outcome.detail}"
            )
        elif outputs != expected:
            pairs = zip(self.tests, outputs, strict=True)
            case, other = next((case, other) for case, other in pairs if case.output != other)
            detail = f"{self.program.entry_point}({case.call_arguments}) gave {case.output} and {other}"
            self.fault = Refusal("not deterministic", detail)

    @property
    def calls(self) -> list[Call]:
        """The inputs that are known to run."""
        return [Call(case.args, case.kwargs) for case in self.tests]

    @property
    def enough(self) -> bool:
        """Whether the kept tests would reach the threshold."""
        return len(thinned(self.tests, self.threshold)) >= self.threshold

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
        kept = len(thinned(self.tests, self.threshold))
        return Refusal("too few inputs", f"{kept}") if kept < at_least else None

    def _count(self, reason: str) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + 1


def thinned(tests: Sequence[TestCase], threshold: int) -> list[TestCase]:
    """At most `threshold` tests, one of every output before a second of any, in the order they came.

    No output stands for more than half of them, so that a program that says one thing to nearly everything
    keeps few.
    """
    seen: dict[str, int] = {}
    rank = []
    for place, case in enumerate(tests):
        turn = seen.get(case.output, 0)
        seen[case.output] = turn + 1
        if turn < (threshold + 1) // 2:
            rank.append((turn, place))
    return [tests[place] for place in sorted(place for _, place in sorted(rank)[:threshold])]


def _canonical(text: str) -> str:
    return literals.render(literals.parse(text))


def _equals_itself(text: str) -> bool:
    """False for outputs that hold a NaN, which no `==` can test."""
    return bool(literals.parse(text) == literals.parse(text))
