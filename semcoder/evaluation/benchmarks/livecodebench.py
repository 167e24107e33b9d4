"""LiveCodeBench: code generation lite and code execution, from the files of the hub's data sets.

Columns as documented by LiveCodeBench/LiveCodeBench, lcb_runner/benchmarks/code_{generation,execution}.py.
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
from pathlib import Path
from typing import Any

from semcoder.errors import UserError
from semcoder.evaluation import extract, prompts
from semcoder.evaluation.benchmarks.code import CodeHarness
from semcoder.evaluation.benchmarks.interface import rows
from semcoder.evaluation.benchmarks.prediction import Question
from semcoder.evaluation.prompts import Style
from semcoder.records import Generation


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
    """All public and private tests must pass. The paper scores release_v1: the 400 problems of `test.jsonl`."""

    file = "test.jsonl"
    count = 400

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
        return prompts.lcb_generation_prompt(item.question, item.starter_code, style)

    def answer(self, item: Contest, generation: Generation) -> str | None:
        """The program. A function will do in place of the class with its method, as in LiveCodeBench's own check."""
        found = super().answer(item, generation)
        if found is None and item.function:
            return extract.program(generation.text, item.function, item.start)
        return found

    def stop(self, style: Style) -> tuple[str, ...]:
        """The next question, where a base model goes on to one."""
        return ("\n### Question",) if style == "base" else ()


def _cases(text: str, path: Path) -> list[Case]:
    """Tests as JSON, or as base64 of zlib of a pickled JSON text (the private ones of the lite set)."""
    try:
        listed = json.loads(text)
    except json.JSONDecodeError:
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
            group = str(row.get("question_id", row["id"]))
            yield Question(row["id"], row["code"], name, arguments, row["output"], group)


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
