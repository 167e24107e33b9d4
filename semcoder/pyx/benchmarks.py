"""Benchmark items that PyX must not hold: what each one asks, its solution, and its input-output pairs.

Read from the benchmarks' own JSON lines, plain or gzip: HumanEval and HumanEval+ (`prompt`, `canonical_solution`,
`entry_point`), MBPP+ (the same; the prompt is a docstring), MBPP (`text` or `prompt`, `code`), CRUXEval (`code`,
`input`, `output`), and whatever else has some of these fields or `question_content` (LiveCodeBench).
"""

import ast
import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from semcoder.errors import UserError
from semcoder.execution import literals
from semcoder.teacher.prose import describe

Forbidden = Annotated[
    list[str] | None, typer.Option(help="NAME=PATH of a benchmark that must not occur; once for each.")
]
Unchecked = Annotated[
    list[str] | None,
    typer.Option(help="NAME=WHY of a benchmark that cannot be looked into, for the summary; once for each."),
]
"""Options of the commands that take benchmarks out; `named` reads both."""

_TEXT_FIELDS = ("prompt", "text", "question_content")
_ID_FIELDS = ("task_id", "id", "question_id")


@dataclass(frozen=True)
class Item:
    """One benchmark item; what it lacks is empty."""

    name: str
    """Benchmark and item: `humaneval HumanEval/0`."""
    prose: str = ""
    code: str = ""
    entry_point: str = ""
    pair: tuple[str, str] | None = None
    """Arguments as between the parentheses of a call, and output, both in canonical literals."""


def read(benchmark: str, path: Path) -> Iterator[Item]:
    """The items of one file. Raises UserError naming file and line for what is none."""
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield _item(benchmark, number, json.loads(line))
    except FileNotFoundError as error:
        raise UserError(f"--benchmark {benchmark}: {path}: no such file.") from error
    except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
        raise UserError(
            f"--benchmark {benchmark}: {path} is not JSON lines of a benchmark ({error})."
        ) from error


def named(benchmark: Sequence[str], unchecked: Sequence[str]) -> tuple[dict[str, list[Item]], dict[str, str]]:
    """What options of commands name: the items of each benchmark, and why others cannot be looked into."""
    items = {
        name: list(read(name, Path(path)))
        for name, path in _pairs("--benchmark", benchmark, "NAME=PATH, such as mbpp=mbpp.jsonl.gz")
    }
    return items, dict(_pairs("--unchecked", unchecked, "NAME=WHY, such as mbpp=not fetched"))


def _pairs(option: str, values: Sequence[str], example: str) -> Iterator[tuple[str, str]]:
    for value in values:
        name, _, rest = value.partition("=")
        if not (name and rest):
            raise UserError(f"{option} {value}: write it as {example}.")
        yield name, rest


def _item(benchmark: str, number: int, row: dict[str, Any]) -> Item:
    key = next((str(row[field]) for field in _ID_FIELDS if field in row), str(number))
    text = next((str(row[field]) for field in _TEXT_FIELDS if row.get(field)), "")
    if not text and "code" not in row:
        raise ValueError(f"line {number} has neither a prompt nor code")
    code = str(row.get("code") or "")
    if "canonical_solution" in row:
        code = f"{text}{row['canonical_solution']}"
    pair = (
        call_pair(str(row["input"]), str(row["output"]))
        if {"code", "input", "output"} <= row.keys()
        else None
    )
    return Item(f"{benchmark} {key}", prose(text), code, str(row.get("entry_point") or ""), pair)


def prose(text: str) -> str:
    """What a prompt says in words: its docstring or itself, without examples."""
    try:
        module = ast.parse(text)
    except SyntaxError:
        return describe(text, "")
    found = [
        ast.get_docstring(node) for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.Module)
    ]
    texts = [re.sub(r"(?m)^\s*assert .*$", "", each) for each in found if each]
    return describe(texts[-1], "") if texts else ""


def call_pair(arguments: str, output: str) -> tuple[str, str]:
    """(arguments, output) in one form, so that equal pairs have equal texts however they were written."""
    try:
        call = ast.parse(f"f({arguments})", mode="eval").body
    except SyntaxError:
        return arguments, canonical(output)
    assert isinstance(call, ast.Call)
    texts = [canonical(ast.unparse(arg)) for arg in call.args]
    texts += [f"{word.arg}={canonical(ast.unparse(word.value))}" for word in call.keywords]
    return ", ".join(texts), canonical(output)


def canonical(text: str) -> str:
    """The one form of a literal; text that is none stays as it is."""
    try:
        return literals.render(literals.parse(text))
    except ValueError:
        return text
