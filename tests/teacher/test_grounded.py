import ast
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semcoder.errors import UserError
from semcoder.execution import literals
from semcoder.execution.api import Call
from semcoder.records import Problem, Program, Seed
from semcoder.teacher.choose import teacher_from
from semcoder.teacher.grounded import GroundedTeacher, plain, read_call
from semcoder.teacher.interface import Failed, Proposal, Refusal

CODE = '''@cache
def area(width, height=1.5, *, unit="cm"):
    """Return the area of a rectangle in square units.

    >>> area(2, height=3)
    6
    >>> area(width=other)
    """
    # Comments go.
    return f"{width * height * SCALE} {unit}2"
'''
CONTEXT = '"""About the file."""\nfrom functools import cache\nSCALE = 1  # of the map\n'


def seed(code: str = CODE, context: str = CONTEXT, **more: Any) -> Seed:
    fields = {"kind": "function", "source": "a.py", "first_line": 1, "last_line": 9, "licence": "MIT", **more}
    return Seed.model_validate({"code": code, "context": context, **fields})


def program(code: str) -> Program:
    return Program(code=code, entry_point="f")


def inputs(code: str, *known: Call) -> list[Call]:
    ((_, calls),) = GroundedTeacher().inputs([(program(code), known)])
    return list(calls)


def values(calls: list[Call], place: int = 0) -> list[Any]:
    return [literals.parse(call.args[place]) for call in calls]


def test_a_function_with_a_docstring_becomes_a_proposal() -> None:
    one = seed(calls=("area(4, unit='m')", "area(size)"))
    ((back, proposal),) = GroundedTeacher().propose([one])
    assert isinstance(proposal, Proposal) and back == one
    assert proposal.problem.parents == (one.id,) and proposal.program.parents == (proposal.problem.id,)
    assert proposal.problem.instruction.endswith(
        "Return the area of a rectangle in square units.\n\nAny of `height`, `unit` may be left out."
    )
    assert proposal.program.entry_point == "area"
    assert proposal.program.code == (
        "from functools import cache\nSCALE = 1\n\n@cache\ndef area(width, height=1.5, *, unit='cm'):\n"
        "    return f'{width * height * SCALE} {unit}2'\n"
    )
    assert proposal.inputs == (
        ("doctest", Call(("2",), {"height": "3"})),
        ("call site", Call(("4",), {"unit": "'m'"})),
    )


def test_what_is_no_function_is_refused() -> None:
    bad = [
        seed(kind="statements"),
        seed("async def f(x):\n    'Return what there is to wait for.'\n    return x\n"),
        seed("def f(x):\n    return x\n"),
    ]
    reasons = [answer.reason for _, answer in GroundedTeacher().propose(bad) if isinstance(answer, Refusal)]
    assert reasons == ["not a function", "not a function", "no docstring"]


def test_it_neither_repairs_nor_explains() -> None:
    teacher = GroundedTeacher()
    proposal = Proposal(Problem(instruction="a", teacher="b"), program("def f(x): return x"))
    assert [type(answer) for answer in teacher.repair([Failed(proposal, "error")])] == [Refusal]
    assert list(teacher.explain("forward", [])) == []


def test_plain_code_keeps_what_runs() -> None:
    assert plain("def f():\n    'Only words.'\n") == "def f():\n    pass\n"
    assert (
        plain("class A:\n    'Words.'\n    def g(self): 'More.'\n")
        == "class A:\n\n    def g(self):\n        pass\n"
    )
    assert plain("x = 'kept'\n'dropped'\n") == "x = 'kept'\n"


@pytest.mark.parametrize("text", ["f(x)", "f(*[1])", "f(**{})", "f(", "1 + 1", "f(1)(2)[0]", "g"])
def test_calls_that_are_no_literals(text: str) -> None:
    assert read_call(text) is None


def test_calls_are_read_in_canonical_form() -> None:
    assert read_call('f( "a", -1, b={2,1})') == Call(("'a'", "-1"), {"b": "{1, 2}"})


def test_inputs_have_the_types_that_the_code_asks_for() -> None:
    calls = inputs("def f(text, n):\n    return text.upper()[:n]\n")
    assert len(calls) == 40 == len({repr(call) for call in calls})
    assert all(type(value) is str for value in values(calls)) and all(
        type(v) is int for v in values(calls, 1)
    )


def test_inputs_hold_what_the_code_compares_with() -> None:
    code = "def f(mode):\n    if mode == 'rt+': return 1\n    return len(mode)\n"
    assert "rt+" in values(inputs(code))
    code = "import re\ndef f(text):\n    return re.match(r'(\\d+)-(\\d+)$', text).groups()\n"
    assert sum(bool(re.match(r"\d+-\d+$", value)) for value in values(inputs(code))) > 3


def test_known_inputs_settle_the_types() -> None:
    code = "def f(thing):\n    return [thing, thing]\n"
    assert len({type(value) for value in values(inputs(code))}) > 3
    assert {type(value) for value in values(inputs(code, Call(("(1, 'a')",))))} == {tuple}


def test_optional_arguments_come_and_go() -> None:
    calls = inputs("def f(x, base=10, *, sep=None, _memo=[]):\n    return x // base\n")
    assert {tuple(call.kwargs) for call in calls} >= {(), ("base",)}
    assert not any("_memo" in call.kwargs for call in calls)
    positional = inputs("def f(x, /, base=10):\n    return x // base\n")
    assert all(len(call.args) == 1 for call in positional)
    many = inputs("def f(*words):\n    return '-'.join(word.upper() for word in words)\n")
    assert {len(call.args) for call in many} == {0, 1, 2, 3}


def test_an_unread_parameter_gets_none_and_an_object_gets_nothing() -> None:
    assert {call.args[1] for call in inputs("def f(x, unused):\n    return x + 1\n")} == {"None"}
    assert inputs("def f(x, node):\n    return node.lineno_of_something + x\n") == []


def test_inputs_depend_on_the_program_alone() -> None:
    code = "def f(names, width):\n    return [name.ljust(width) for name in names]\n"
    assert inputs(code) == inputs(code)
    both = list(GroundedTeacher().inputs([(program("def f(x): return x + 1"), ()), (program(code), ())]))
    assert list(both[1][1]) == inputs(code)
    ((_, other),) = GroundedTeacher(seed=7).inputs([(program(code), ())])
    assert list(other) != inputs(code)


NAMES = ["x", "path", "url", "n", "words", "data", "flag"]
BODIES = [
    "{0}.split()",
    "len({0})",
    "{0} + 1",
    "{0}[0]",
    "[y for y in {0}]",
    "{0}['k']",
    "{0} is None",
    "{0}",
]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(BODIES)), min_size=1, max_size=3))
def test_every_input_is_a_canonical_literal(parts: list[tuple[str, str]]) -> None:
    names = list(dict.fromkeys(name for name, _ in parts))
    body = ", ".join(body.format(name) for name, body in parts)
    code = f"def f({', '.join(names)}):\n    return [{body}]\n"
    ast.parse(code)
    for call in inputs(code):
        for text in (*call.args, *call.kwargs.values()):
            assert literals.render(literals.parse(text)) == text


def test_the_teacher_is_chosen_by_its_settings() -> None:
    assert isinstance(teacher_from('{"kind": "grounded"}'), GroundedTeacher)
    for text in ("", "{}", '{"kind": "oracle"}', '{"kind": "grounded", "sed": 1}'):
        with pytest.raises(UserError, match="--teacher"):
            teacher_from(text)
