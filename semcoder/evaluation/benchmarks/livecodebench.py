"""LiveCodeBench: code generation lite and code execution, from the files of the hub's data sets.

Columns as documented by LiveCodeBench/LiveCodeBench, lcb_runner/benchmarks/code_{generation,execution}.py;
comparison as in lcb_runner/evaluation/testing_util.py.
"""

import ast
import base64
import binascii
import io
import json
import pickle
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from semcoder.errors import UserError
from semcoder.evaluation import prompts
from semcoder.evaluation.benchmarks.code import CodeHarness
from semcoder.evaluation.benchmarks.interface import rows
from semcoder.evaluation.benchmarks.prediction import Question
from semcoder.evaluation.checking import (
    NO_PROGRAM,
    PASSED,
    Expected,
    Ruling,
    Runner,
    Trial,
    as_call,
    judge,
)
from semcoder.evaluation.prompts import Style
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


@dataclass(frozen=True)
class Case:
    """One test: text for stdin and stdout, or JSON lines of arguments and the JSON result."""

    input: str
    output: str


@dataclass(frozen=True)
class Contest:
    """A contest problem. `function` is the method to call; empty where the program reads stdin."""

    id: str
    question: str
    starter_code: str
    function: str
    cases: tuple[Case, ...]
    start: str | None = None

    @property
    def defines(self) -> str:
        """Functional problems are solved by a method of `Solution`."""
        return "Solution" if self.function else ""


class CodeGeneration(CodeHarness[Contest]):
    """All public and private tests must pass."""

    def load(self, paths: Sequence[Path]) -> Iterator[Contest]:
        """The rows of the files, in their order."""
        columns = (
            "question_id",
            "question_content",
            "starter_code",
            "public_test_cases",
            "private_test_cases",
        )
        for path in paths:
            for row in rows(path, columns):
                cases = [*_cases(row["public_test_cases"], path), *_cases(row["private_test_cases"], path)]
                if not cases:
                    raise UserError(f"{path}: {row['question_id']} has no tests; fetch the file anew.")
                metadata = json.loads(row.get("metadata") or "{}")
                yield Contest(
                    row["question_id"],
                    row["question_content"],
                    row["starter_code"],
                    metadata.get("func_name") or "",
                    tuple(cases),
                )

    def prompt(self, item: Contest, format: str, style: Style, label_offset: int) -> str:
        """The problem, with its starter code where it has any."""
        return prompts.lcb_generation_prompt(item.question, item.starter_code)

    def judge(self, runner: Runner, answers: Sequence[tuple[Contest, str | None]]) -> list[Ruling]:
        """Functional problems are called; the others read each test's stdin in a run of their own."""
        rulings: list[Ruling] = [NO_PROGRAM] * len(answers)
        called: list[tuple[int, Trial]] = []
        piped: list[tuple[int, Contest, str]] = []
        for place, (item, code) in enumerate(answers):
            if code is None:
                continue
            if item.function:
                called.append((place, _trial(item, code)))
            else:
                piped.append((place, item, code))
        for (place, _), ruling in zip(
            called, judge(runner.patient, [trial for _, trial in called]), strict=True
        ):
            rulings[place] = ruling
        # The first test alone, then the rest: a program that hangs does so once.
        for part in (slice(0, 1), slice(1, None)):
            jobs = [job for _, item, code in piped for job in _stdin_jobs(item, code)[part]]
            outcomes = iter(list(runner.quick(jobs)))
            for place, item, _ in piped:
                rulings[place] = _of_stdout(item.cases[part], outcomes, part.start)
            piped = [each for each in piped if rulings[each[0]].passed]
        return rulings


def _trial(item: Contest, code: str) -> Trial:
    given = [[json.loads(line) for line in case.input.split("\n") if line.strip()] for case in item.cases]
    expected = tuple(json.loads(case.output) for case in item.cases)
    function = f"Solution().{item.function}"
    return Trial(item.id, PRELUDE + code, function, tuple(map(as_call, given)), ListsOrTuples(expected))


@dataclass(frozen=True)
class ListsOrTuples(Expected):
    """JSON has no tuples: a tuple counts as the list it would be written as, at the top level."""

    def accepts(self, index: int, actual: Any) -> bool:
        """Whether `actual` equals the expected value."""
        return super().accepts(index, list(actual) if isinstance(actual, tuple) else actual)


def _stdin_jobs(item: Contest, code: str) -> list[Job]:
    """One run a test, as a script; leaving with sys.exit is no error."""
    run = f"exec(compile({code!r}, 'solution.py', 'exec'), globals())"
    source = f"{PRELUDE}__name__ = '__main__'\ntry:\n    {run}\nexcept SystemExit:\n    pass\n"
    return [
        Job(f"{item.id}/{number}", source, stdin=case.input or "\n") for number, case in enumerate(item.cases)
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


def _cases(text: str, path: Path) -> list[Case]:
    """Tests as JSON, or as base64 of zlib of a pickled JSON text (the private ones of the lite set)."""
    try:
        listed = json.loads(text)
    except json.JSONDecodeError:
    return None if any(number.is_snan() for number in numbers) else numbers
        try:
            listed = json.loads(_unpickled_text(zlib.decompress(base64.b64decode(text, validate=True))))
        except (binascii.Error, zlib.error, ValueError) as error:
            raise UserError(
                f"{path}: test cases in an unknown form ({error}); fetch the file anew."
            ) from error
    return [Case(case["input"], case["output"]) for case in listed]


class _OnlyText(pickle.Unpickler):
    """Builds plain values; a pickle that names any class or function is refused, so nothing of it can run."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse."""
        raise pickle.UnpicklingError(f"the tests' pickle wants {module}.{name}")


def _unpickled_text(data: bytes) -> str:
    try:
        value = _OnlyText(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError, KeyError) as error:
        raise ValueError(str(error)) from error
    if not isinstance(value, str):
        raise ValueError(f"the tests' pickle holds {type(value).__name__}, not text")
    return value


def execution_questions(paths: Sequence[Path]) -> Iterator[Question]:
    """Code execution: `input` is a whole call, `name(arg=...)`."""
    for path in paths:
        for row in rows(path, ("id", "function_name", "code", "input", "output")):
            name, arguments = _call_parts(row["input"], path)
            yield Question(row["id"], row["code"], name, arguments, row["output"])


def _call_parts(source: str, path: Path) -> tuple[str, str]:
    text = source.strip()
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise UserError(f"{path}: {text[:60]!r} is no call; fetch the file anew.") from error
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise UserError(f"{path}: {text[:60]!r} is no call of a function; fetch the file anew.")
    return node.func.id, text[len(node.func.id) :].strip()[1:-1]


def upstream_execution_prompt(item: Question) -> str:
    """The prompt of the released checkpoints: the call in a call."""
    return prompts.lcb_execution_prompt(item.code, f"{item.entry_point}({item.arguments})")
