"""Verdicts on programs, decided outside the process that runs them.

A program under test gets arguments and nothing else; what it returned comes back as a literal and is compared
here. No expected value and no test code enters its sandbox, so redefined `__eq__`, `sys.exit`, patched
builtins, printed verdicts and a look into frames change nothing.
"""

import importlib.util
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

from semcoder.evaluation import inside
from semcoder.execution import literals
from semcoder.execution.api import Call, CallResult, Job, Limits, Outcome
from semcoder.execution.pool import DEFAULT_PRELOAD, Sandbox

Run = Callable[[Iterable[Job]], Iterator[Outcome]]
"""`Sandbox.run`: outcomes in the order of the jobs."""
RESULT_KB = 6 << 10
"""Twice what the longest reference writes (HumanEval/14 on its plus inputs)."""
OUTPUT_KB = 8 << 10
Mode = Literal["value", "set", "present"]
MAX_LITERAL_CHARS = 1_000_000
"""Of a reference's result."""
ROOM = 100_000
"""Characters of results that one judgement reads whatever the right ones are."""
TIMES = 4
"""How many times longer than the right result a result may be that no room is left for."""
PRELOAD = (*DEFAULT_PRELOAD, *(["numpy"] if importlib.util.find_spec("numpy") else []))
"""What programs under test find: EvalPlus' own process has numpy, so answers that import it are judged there."""
INSIDE = inspect.getsource(inside)
"""Stands behind every program under test."""


class Runner:
    """Two sandboxes: one that is quick to give up, one for references and long lists of inputs.

    `cpu_s` and `patient_cpu_s` are seconds of processor time that one program may use with all its calls. A
    context manager; each sandbox starts when it is first used.
    """

    def __init__(self, workers: int, cpu_s: float, patient_cpu_s: float, memory_mb: int = 2048) -> None:
        self._open = ExitStack()
        self._started: dict[float, Sandbox] = {}
        self._workers, self._memory_mb = workers, memory_mb
        self._cpu_s, self._patient_cpu_s = cpu_s, patient_cpu_s

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._started.clear()
        self._open.close()

    def quick(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Outcomes under the short limit."""
        return self._sandbox(self._cpu_s).run(jobs)

    def patient(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Outcomes under the long limit."""
        return self._sandbox(self._patient_cpu_s).run(jobs)

    def _sandbox(self, cpu_s: float) -> Sandbox:
        if cpu_s not in self._started:
            limits = Limits(
                cpu_s=cpu_s,
                wall_s=4 * cpu_s + 10,
                memory_mb=self._memory_mb,
                output_kb=OUTPUT_KB,
                result_kb=RESULT_KB,
            )
            self._started[cpu_s] = self._open.enter_context(Sandbox(self._workers, limits, preload=PRELOAD))
        return self._started[cpu_s]


@dataclass(frozen=True)
class Ruling:
    """The verdict on one answer."""

    passed: bool
    reason: str
    """A short fixed phrase: `passed`, `wrong`, `raised`, `timeout` ..."""
    detail: str = ""
    failed: int | None = None
    """Which of the calls failed, counted from 0; None where no call is to blame."""


PASSED = Ruling(True, "passed")
NO_ANSWER = Ruling(False, "no answer")
NO_PROGRAM = Ruling(False, "no program")


class Oracle(Protocol):
    """Knows the right results."""

    def accepts(self, index: int, actual: Any) -> bool:
        """Whether `actual`, plain data, is right for call `index`."""
        ...

    def chars(self, index: int) -> int:
        """The length of the right result's literal."""
        ...


@dataclass(frozen=True)
class Expected:
    """The results of each call, compared as `assert call == result` would."""

    values: tuple[Any, ...]

    def accepts(self, index: int, actual: Any) -> bool:
        """Whether `actual` equals the expected value."""
        return equal(self.values[index], actual)

    def chars(self, index: int) -> int:
        """The length of the expected value's literal."""
        return chars_of(self.values[index])


@dataclass(frozen=True)
class Trial:
    """A program to be called. `function` is the source of what is called: a name, or `Solution().name`."""

    id: str
    code: str
    function: str
    calls: tuple[Call, ...]
    oracle: Oracle
    mode: Mode = "value"
    call_s: float = 0.0
    """Processor seconds of one call; 0: as many as the runner gives to all of them."""


def judge(run: Run, trials: Sequence[Trial]) -> list[Ruling]:
    """Run each program on its calls and compare; the first call that fails decides."""
    outcomes = run(call_job(t.id, t.code, t.function, t.calls, t.mode, t.call_s) for t in trials)
    return [ruling(trial, outcome) for trial, outcome in zip(trials, outcomes, strict=True)]


def call_job(
    id: str, code: str, function: str, calls: tuple[Call, ...], mode: Mode = "value", call_s: float = 0.0
) -> Job:
    """A job that calls `function` of the program and returns its results as plain data."""
    result = f"semcoder_result({function}(*args, **kwargs), {mode!r})"
    tail = f"def semcoder_call(*args, **kwargs):\n    return {result}\n"
    return Job(id, f"{code}\n\n\n{INSIDE}\n\n{tail}", "semcoder_call", calls, call_s=call_s)


def ruling(trial: Trial, outcome: Outcome) -> Ruling:
    """The verdict on the calls of one job."""
    room = Room()
    for index in range(len(trial.calls)):
        if index >= len(outcome.results):
            return Ruling(False, outcome.verdict, outcome.detail, index)
        verdict = compared(trial.oracle, index, outcome.results[index], room)
        if not verdict.passed:
            return verdict
    if outcome.verdict != "ok":
        return Ruling(False, outcome.verdict, outcome.detail)
    return PASSED


class Room:
    """What one judgement may still read, in characters. Results are a program's claims, so it can make them long.

    Within `ROOM` characters all are read, beyond it those that are not much longer than the right result.
    """

    def __init__(self) -> None:
        self._left = ROOM

    def has(self, text: str, right: Callable[[], int]) -> bool:
        """Whether `text` may be read, where the right one has `right()` characters; counts it."""
        if len(text) <= self._left:
            self._left -= len(text)
            return True
        return len(text) <= TIMES * right()


def compared(oracle: Oracle, index: int, result: CallResult, room: Room) -> Ruling:
    """The verdict on one result. What cannot be read or compared is a failure, with the reason told."""
    if result.value is None:
        kind, message, _ = result.raised or ("", "no result", 0)
        return Ruling(False, "raised", f"{kind}: {message}" if kind else message, index)
    try:
        if not room.has(result.value, lambda: oracle.chars(index)):
            return Ruling(False, "wrong", f"a result of {len(result.value)} characters", index)
        actual = literals.parse(result.value)
    except ValueError as error:
        return Ruling(False, "raised", str(error), index)
    try:
        right = oracle.accepts(index, actual)
    except Exception as error:  # whatever untrusted data bring about in a comparison, they are not right
        return Ruling(False, "not comparable", f"{type(error).__name__}: {error}"[:200], index)
    return PASSED if right else Ruling(False, "wrong", result.value, index)


def value_of(result: CallResult) -> Any:
    """The plain value that a reference returned; ValueError with the error's text where it returned none."""
    if result.value is None:
        kind, message, _ = result.raised or ("", "no result", 0)
        raise ValueError(f"{kind}: {message}" if kind else message)
    if len(result.value) > MAX_LITERAL_CHARS:
        raise ValueError(f"a result of {len(result.value)} characters")
    return literals.parse(result.value)


def chars_of(value: Any) -> int:
    """The length of a value's literal; 0 where it has none."""
    try:
        return len(literals.render(value))
    except (literals.NotPlain, RecursionError):
        return 0


def equal(expected: Any, actual: Any) -> bool:
    """Python's `==` on plain data, as in `assert f(x) == y` (so 1, 1.0 and True are one), but nan equals nan.

    CRUXEval's and LiveCodeBench's own checks compare so; there is no nan in their data.
    """
    if type(expected) is float and type(actual) is float and expected != expected:
        return actual != actual
    if type(expected) is type(actual) and type(expected) in (list, tuple):
        return len(expected) == len(actual) and all(map(equal, expected, actual))
    if type(expected) is dict and type(actual) is dict:
        return expected.keys() == actual.keys() and all(equal(v, actual[k]) for k, v in expected.items())
    return bool(expected == actual)


def as_call(args: Sequence[Any]) -> Call:
    """A call with these values as arguments."""
    return in_source(args) if any(map(_holds_a_set, args)) else Call(values=tuple(args))


def in_source(args: Sequence[Any]) -> Call:
    """The same, with the arguments written out."""
    return Call(tuple(literals.render(arg) for arg in args))


def _holds_a_set(value: Any) -> bool:
    if type(value) in (list, tuple):
        return any(map(_holds_a_set, value))
    if type(value) is dict:
        return any(map(_holds_a_set, value.keys())) or any(map(_holds_a_set, value.values()))
    return type(value) in (set, frozenset)
