"""Lines and statements."""

import ast

import pytest
from traced import NAMES, example, record, run

from semcoder.tracing.structure import parameters, statement_at, statement_lines


def test_lines_lead_to_the_first_line_of_their_statement() -> None:
    code, _ = example("long_statements")
    lines = statement_lines(code)
    groups = {
        first: [line for line in lines if lines[line] == first] for first in sorted(set(lines.values()))
    }
    assert groups[2] == [2, 3, 4, 5]
    assert groups[6] == [6, 7]
    assert groups[8] == [8, 9, 10, 11]
    assert groups[12] == [12, 13, 14, 15]
    assert groups[16] == [16, 17, 18, 19]
    assert groups[26] == [26, 27]
    assert groups[29] == [29, 30]
    assert 35 not in lines


def test_decorators_lead_to_the_definition() -> None:
    code = "@one\n@two(\n    1\n)\ndef f():\n    @three\n    class P:\n        x = 1\n    return P\n"
    assert dict(statement_lines(code)) == {1: 5, 2: 5, 3: 5, 4: 5, 5: 5, 6: 7, 7: 7, 8: 8, 9: 9}
    assert isinstance(statement_at(code)[5], ast.FunctionDef)
    assert isinstance(statement_at(code)[7], ast.ClassDef)


def test_statements_on_one_line_are_the_first_one() -> None:
    code = "if x: y = (\n    1)\na = 1; b = [\n    2]\n"
    assert dict(statement_lines(code)) == {1: 1, 2: 1, 3: 3, 4: 3}
    assert isinstance(statement_at(code)[1], ast.If)
    assert isinstance(statement_at(code)[3], ast.Assign)


def test_branches_handlers_and_cases_own_their_headers() -> None:
    code = (
        "try:\n    a\nexcept (\n    E\n):\n    b\nelse:\n    c\nfinally:\n    d\n"
        "match x:\n    case (\n        1\n    ):\n        e\n"
    )
    assert dict(statement_lines(code)) == {
        **{1: 1, 2: 2, 3: 3, 4: 3, 5: 3, 6: 6, 8: 8, 10: 10},
        **{11: 11, 12: 12, 13: 12, 14: 12, 15: 15},
    }
    assert isinstance(statement_at(code)[3], ast.ExceptHandler)
    assert isinstance(statement_at(code)[12], ast.match_case)


@pytest.mark.parametrize("odd", ["\f", "\x1c", "\u2028", "\x85"])
def test_lines_end_where_pythons_do(odd: str) -> None:
    code = f"x = '{odd}'\r\nmatch x:\n    case (\n        '{odd}'\n    ):\n        y = 1\n"
    assert dict(statement_lines(code)) == {1: 1, 2: 2, 3: 3, 4: 3, 5: 3, 6: 6}


@pytest.mark.parametrize("name", NAMES)
def test_every_event_stands_at_a_statement(name: str) -> None:
    code, call = example(name)
    assert {event.line for event in record(run(code, call)).events} <= set(statement_at(code))


def test_parameters_in_the_order_of_the_signature() -> None:
    def f(a: int, /, b: int, *c: int, d: int, e: int = 1, **g: int) -> None:
        z = 1
        del z

    assert parameters(f.__code__) == ("a", "b", "c", "d", "e", "g")
    assert parameters((lambda x, *, y: 0).__code__) == ("x", "y")
