"""Verdicts of LiveCodeBench's tests, compared as in its lcb_runner/evaluation/testing_util.py.

Apart from it, each test meets the program as new: there one `Solution` answers all, and may spoil the next test.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from semcoder.evaluation.benchmarks.livecodebench import Case, CodeGeneration, Contest
from semcoder.evaluation.checking import NO_PROGRAM, PASSED, Expected, Ruling, Runner, Trial, as_call, judge
from semcoder.execution.api import Job, Outcome

_STARRED = (
    *("string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics"),
    *("itertools", "functools", "operator", "io", "sys", "json", "builtins", "typing"),
)
PRELUDE = "".join(
    [
        *(f"from {name} import *\n" for name in _STARRED),
        *(f"import {name}\n" for name in _STARRED if name not in ("builtins", "typing")),
        "sys.setrecursionlimit(50000)\n",
    ]
)
"""What LiveCodeBench puts before every solution."""
CALL_S = 6.0
"""Processor seconds of one test; LiveCodeBench's limit, of wall time there."""


def judge_livecodebench(
    _harness: CodeGeneration, runner: Runner, answers: Sequence[tuple[Contest, str | None]]
) -> list[Ruling]:
    """Functional problems are called; the others read each test's stdin in a run of their own."""
    rulings: list[Ruling] = [NO_PROGRAM] * len(answers)
    called: list[tuple[int, Trial]] = []
    piped: list[tuple[int, tuple[str, Sequence[Case], str]]] = []
    for place, (item, code) in enumerate(answers):
        if code is None:
            continue
        if item.function:
            called.append((place, _trial(item, code)))
        else:
            piped.append((place, (item.id, item.cases, code)))
    for (place, _), ruling in zip(called, judge(runner.patient, [trial for _, trial in called]), strict=True):
        rulings[place] = ruling
    read = judge_stdin(runner, [program for _, program in piped], PRELUDE, CALL_S)
    for (place, _), ruling in zip(piped, read, strict=True):
        rulings[place] = ruling
    return rulings


def judge_stdin(
    runner: Runner,
    programs: Sequence[tuple[str, Sequence[Case], str]],
    prelude: str = "",
    call_s: float = 0.0,
) -> list[Ruling]:
    """The verdict on each (id, tests, code): a script that reads stdin and prints, one run a test.

    `call_s`: processor seconds of one run; 0: as many as the runner gives.
    """
    rulings = [PASSED] * len(programs)
    left = list(range(len(programs)))
    # The first test alone, then the rest: a program that hangs does so once.
    for part in (slice(0, 1), slice(1, None)):
        jobs = [job for place in left for job in _stdin_jobs(*programs[place], prelude, call_s)[part]]
        outcomes = iter(list(runner.quick(jobs)))
        for place in left:
            rulings[place] = _of_stdout(programs[place][1][part], outcomes, part.start)
        left = [place for place in left if rulings[place].passed]
    return rulings


def _trial(item: Contest, code: str) -> Trial:
    given = [[json.loads(line) for line in case.input.split("\n") if line.strip()] for case in item.cases]
    expected = tuple(json.loads(case.output) for case in item.cases)
    function = f"Solution().{item.function}" if "class Solution" in code else item.function
    calls, oracle = tuple(map(as_call, given)), ListsOrTuples(expected)
    return Trial(item.id, PRELUDE + code, function, calls, oracle, call_s=CALL_S)


@dataclass(frozen=True)
class ListsOrTuples(Expected):
    """JSON has no tuples: a tuple counts as the list it would be written as, at the top level."""

    def accepts(self, index: int, actual: Any) -> bool:
        """Whether `actual` equals the expected value."""
        return super().accepts(index, list(actual) if isinstance(actual, tuple) else actual)


def _stdin_jobs(id: str, cases: Sequence[Case], code: str, prelude: str, call_s: float) -> list[Job]:
    """One run a test, as a script; leaving with sys.exit is no error."""
    run = f"exec(compile({code!r}, 'solution.py', 'exec'), globals())"
    source = f"{prelude}__name__ = '__main__'\ntry:\n    {run}\nexcept SystemExit:\n    pass\n"
    return [
        Job(f"{id}/{number}", source, stdin=case.input or "\n", call_s=call_s)
        for number, case in enumerate(cases)
    ]


def _of_stdout(cases: Sequence[Case], outcomes: Iterator[Outcome], first: int) -> Ruling:
    """The verdict on some tests, the first of which has number `first`; takes one outcome a test."""
    ruling = PASSED
    for number, (case, outcome) in enumerate(zip(cases, outcomes, strict=False), first):
        if not ruling.passed:
            continue
        if outcome.verdict != "ok":
            ruling = Ruling(False, outcome.verdict, outcome.detail, number)
        elif not _same_text(case.output, outcome.stdout):
            ruling = Ruling(False, "wrong", outcome.stdout[:200], number)
    return ruling


def _same_text(expected: str, actual: str) -> bool:
    """Equal line by line after stripping; a line of numbers also where the numbers are equal as decimals."""
    theirs = [line.strip() for line in expected.strip().split("\n")]
    ours = [line.strip() for line in actual.strip().split("\n")]
    if len(theirs) != len(ours):
        return False
    return all(
        a == b or (_decimals(a) is not None and _decimals(a) == _decimals(b))
        for a, b in zip(theirs, ours, strict=True)
    )


def _decimals(line: str) -> list[Decimal] | None:
    try:
        numbers = [Decimal(word) for word in line.split()]
    except InvalidOperation:
        return None
    return None if any(number.is_snan() for number in numbers) else numbers
