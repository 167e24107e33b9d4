"""What a person writes by hand: programs, and tests of them, lines of `assert f(1, 2) == 3`."""

import ast
from collections.abc import Sequence
from typing import Any, NamedTuple

from semcoder.errors import UserError
from semcoder.evaluation.checking import NO_PROGRAM, Expected, Ruling, Run, Trial, judge
from semcoder.execution import literals
from semcoder.execution.api import Call

FORM = "write each test as `assert f(1, 2) == 3`, with a plain value on the right"


class Assertion(NamedTuple):
    """One assertion: a call, and the value that it must give."""

    source: str
    arguments: str
    """The text between the parentheses."""
    call: Call
    expected: Any


class Assertions(NamedTuple):
    """Assertions about one function."""

    entry_point: str
    tests: tuple[Assertion, ...]


def read_tests(text: str) -> Assertions:
    """The assertions of a text, all about one function. Raises UserError naming the line of what is none."""
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        raise UserError(f"tests, line {line}: not Python; {FORM}.") from error
    found = [_test(statement, text) for statement in statements]
    names = list(dict.fromkeys(name for name, _ in found))
    if len(names) != 1:
        what = f"they call {' and '.join(names)}; test one function" if names else f"there are none; {FORM}"
        raise UserError(f"tests: {what}.")
    return Assertions(names[0], tuple(test for _, test in found))


def _test(statement: ast.stmt, text: str) -> tuple[str, Assertion]:
    source = ast.get_source_segment(text, statement) or ""
    match statement:
        case ast.Assert(
            test=ast.Compare(
                left=ast.Call(func=ast.Name(id=name)) as call, ops=[ast.Eq() | ast.Is()], comparators=[right]
            )
        ):
            try:
                expected = literals.parse(ast.unparse(right))
            except ValueError as error:
                raise UserError(
                    f"tests, line {right.lineno}: {ast.unparse(right)} is no plain value; {FORM}."
                ) from error
            return name, Assertion(source, *_arguments(call), expected)
    raise UserError(f"tests, line {statement.lineno}: not an assertion about a call; {FORM}.")


def _arguments(call: ast.Call) -> tuple[str, Call]:
    named = {each.arg: ast.unparse(each.value) for each in call.keywords if each.arg}
    if len(named) < len(call.keywords) or any(isinstance(each, ast.Starred) for each in call.args):
        raise UserError(f"tests, line {call.lineno}: unpacked arguments; write them out.")
    args = [ast.unparse(each) for each in call.args]
    shown = ", ".join([*args, *(f"{name}={source}" for name, source in named.items())])
    return shown, Call(tuple(args), named)


def check_program(code: str) -> None:
    """Raises UserError naming the line where a program is not Python."""
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        raise UserError(f"program, line {line}: not Python ({getattr(error, 'msg', error)}).") from error


def judge_programs(run: Run, tests: Assertions, programs: Sequence[str | None]) -> list[Ruling]:
    """The ruling on each program; `failed` is the number of the first test that it fails, from 0."""
    calls = tuple(test.call for test in tests.tests)
    expected = Expected(tuple(test.expected for test in tests.tests))
    trials = [
        Trial(str(number), code, tests.entry_point, calls, expected)
        for number, code in enumerate(programs)
        if code is not None
    ]
    rulings = iter(judge(run, trials))
    return [NO_PROGRAM if code is None else next(rulings) for code in programs]


def judge_each(run: Run, tests: Assertions, program: str) -> list[Ruling]:
    """The ruling on one program for each test."""
    trials = [
        Trial(str(number), program, tests.entry_point, (test.call,), Expected((test.expected,)))
        for number, test in enumerate(tests.tests)
    ]
    return judge(run, trials)
