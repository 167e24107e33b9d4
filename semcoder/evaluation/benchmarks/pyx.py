"""Held-out PyX: problems, programs and tests that no training row was made from."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from semcoder.errors import UserError
from semcoder.evaluation import prompts
from semcoder.evaluation.benchmarks.code import CodeHarness
from semcoder.evaluation.benchmarks.prediction import Question
from semcoder.evaluation.prompts import Style
from semcoder.execution.api import Call
from semcoder.records import Problem, Program, Record, TestCase, made_of, read

_KINDS: tuple[type[Record], ...] = (Problem, Program, TestCase)


def outputs(paths: Sequence[Path]) -> Iterator[Question]:
    """One question a test of the given programs."""
    for program, test in _Heldout(paths).pairs():
        arguments = test.call_arguments
        yield Question(test.id, program.code, program.entry_point, arguments, test.output, program.id)


def inputs(paths: Sequence[Path]) -> Iterator[Question]:
    """One question a program and output: tests of a program that agree in their output ask the same."""
    asked: set[tuple[str, str]] = set()
    for question in outputs(paths):
        if (question.code, question.output) not in asked:
            asked.add((question.code, question.output))
            yield question


@dataclass(frozen=True)
class Described:
    """A problem of the held-out part, with the tests of its program."""

    id: str
    problem: str
    entry_point: str
    calls: tuple[Call, ...]
    outputs: tuple[str, ...]
    defines: str
    start: str | None = None


class PyxCode(CodeHarness[Described]):
    """Code for held-out problems; the tests are the inputs and observed outputs of the program kept for them."""

    def load(self, paths: Sequence[Path]) -> Iterator[Described]:
        """One item a program that has a problem and a test."""
        held = _Heldout(paths)
        tests: dict[str, list[TestCase]] = {}
        for program, test in held.pairs():
            tests.setdefault(program.id, []).append(test)
        for program in held.programs.values():
            problem = held.problem_of(program)
            cases = tests.get(program.id, [])
            if cases:
                yield Described(
                    program.id,
                    problem.instruction,
                    program.entry_point,
                    tuple(Call(case.args, case.kwargs) for case in cases),
                    tuple(case.output for case in cases),
                    program.entry_point,
                )

    def prompt(self, item: Described, format: str, style: Style, label_offset: int) -> str:
        """The instruction, as in training."""
        return prompts.nl2code_prompt(item.problem)


class _Heldout:
    """The records of some files, told apart by their ids."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.problems: dict[str, Problem] = {}
        self.programs: dict[str, Program] = {}
        self.tests: list[TestCase] = []
        kinds = {path: _kind(path) for path in paths}
        for path in paths:
            if kinds[path] is Problem:
                self.problems |= {each.id: each for each in read(path, Problem)}
            elif kinds[path] is Program:
                self.programs |= {each.id: each for each in read(path, Program)}
        for path in paths:
            if kinds[path] is TestCase:
                self.tests += read(path, TestCase, made_of(self.programs))

    def pairs(self) -> Iterator[tuple[Program, TestCase]]:
        """The tests of the given programs; tests of other programs (the training part's) are left out."""
        for test in self.tests:
            for parent in test.parents:
                if parent in self.programs:
                    yield self.programs[parent], test
                    break

    def problem_of(self, program: Program) -> Problem:
        """The program's parent."""
        for parent in program.parents:
            if parent in self.problems:
                return self.problems[parent]
        raise UserError(
            f"{program.id}: its problem is in none of the given files; give problems.jsonl with --data."
        )


def _kind(path: Path) -> type[Record]:
    """What a file's first line is, by its id's prefix; an empty file may be anything."""
    try:
        with path.open(encoding="utf-8") as stream:
            first = stream.readline()
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; make held-out PyX with its rule.") from error
    try:
        prefix = json.loads(first or '{"id": "test-"}')["id"].rpartition("-")[0]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: the first line is no record; give files of held-out PyX.") from error
    for kind in _KINDS:
        if kind.prefix == prefix:
            return kind
    raise UserError(f"{path}: holds {prefix} records, not problems, programs or tests of PyX.")
