"""The trace formats: the paper's own example, upstream's defects, and every state read back."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traced import NAMES, example, record, run

from semcoder.execution import literals
from semcoder.records import Event, Trace
from semcoder.tracing.formats import (
    Block,
    concise,
    next_scratchpad,
    parse_concise,
    parse_scratchpad,
    scratchpad,
    visible,
)
from semcoder.tracing.states import State, from_json, states, to_json

PAPER = Path(__file__).parent / "paper"
PROGRAM = (PAPER / "program.txt").read_text(encoding="utf-8")
CALL = "unique_sorted_indices([10.5, 8.2, 10.5, 7.1, 8.2])"


def _expected(name: str) -> str:
    return (PAPER / f"{name}.txt").read_text(encoding="utf-8")


def test_paper_scratchpad() -> None:
    assert scratchpad(PROGRAM, record(run(PROGRAM, CALL))) == _expected("scratchpad")


def test_paper_next_scratchpad() -> None:
    assert next_scratchpad(PROGRAM, record(run(PROGRAM, CALL))) == _expected("next")


def test_paper_concise_trace() -> None:
    """The paper's labels are two more than its program's lines: an import and a decorator stand above."""
    assert concise(record(run(PROGRAM, CALL)), offset=2) + "\n" == _expected("concise")


@pytest.mark.parametrize("name", NAMES)
def test_every_construct_is_read_back(name: str) -> None:
    code, call = example(name)
    trace = record(run(code, call))
    assert parse_scratchpad(scratchpad(code, trace)) == visible(trace, numbered=False)
    assert parse_scratchpad(next_scratchpad(code, trace)) == visible(trace, numbered=True)
    assert parse_concise(concise(trace, 4), 4) == list(states(trace.events))


@pytest.mark.parametrize("name", NAMES)
def test_the_annotated_program_is_still_the_program(name: str) -> None:
    """Also where a statement's first line ends inside a string or in a backslash."""
    code, call = example(name)
    trace = record(run(code, call))
    for text in (scratchpad(code, trace), next_scratchpad(code, trace)):
        assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(code))


def test_the_scratchpad_holds_all_changes_and_nothing_else() -> None:
    code, call = example("closures")
    trace = record(run(code, call))
    written = [
        each.state.shown for each in parse_scratchpad(scratchpad(code, trace)) if each.state.kind == "state"
    ]
    changes = [event.changes for event in trace.events if event.kind == "line" and event.changes]
    assert sorted(map(str, written)) == sorted(map(str, changes))


def test_numbers_run_over_all_states_of_the_execution() -> None:
    code, call = example("recursion")
    code, call = code.replace("return 1", "n = 1\n        return n"), call
    trace = record(run(code, call))
    orders = [block.order for block in visible(trace, numbered=True) if block.order is not None]
    assert orders == list(range(len(orders))) == [0]


def test_more_than_three_states_keep_the_first_two_and_the_last() -> None:
    code = "def f(n):\n    for i in range(n):\n        pass\n"
    for n, shown in ((3, [0, 1, 2]), (4, [0, 1, 3]), (9, [0, 1, 8])):
        text = next_scratchpad(code, record(run(code, f"f({n})")))
        assert [block.order for block in parse_scratchpad(text) if block.order is not None] == shown
        assert (" ... " in text) == (n > 3)


# Upstream's defects (construct_trace.py)


def test_apostrophes_survive() -> None:
    code = "def f(xs):\n    ys = [x + '\"' for x in xs]\n    return ys\n"
    text = scratchpad(code, record(run(code, """f(["it's"])""")))
    assert '[INPUT] {"xs": ["it\'s"]} [/INPUT]' in text
    assert '[STATE] {"ys": ["it\'s\\""]} [/STATE]' in text


def test_what_one_execution_changed_is_one_state_after_an_unchanged_execution() -> None:
    code = "def f():\n    a = b = 0\n    for i in [0, 2]:\n        a, b = a + i, b + i\n    return a\n"
    blocks = parse_scratchpad(scratchpad(code, record(run(code, "f()"))))
    assert [each.state.shown for each in blocks if each.state.line == 4] == [{"a": "2", "b": "2"}]


# Values


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=4),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=3),
        st.sets(st.integers() | st.text(max_size=3), max_size=3),
    ),
    max_leaves=6,
)
DESCRIPTIONS = st.sampled_from(
    [
        *(
            "<generator object>",
            "<list of 9 items>",
            "<class 'P'>",
            "<function f>",
            "<Color.RED>",
            "[<cycle>]",
        ),
        *("P(x=1, y=P())", "[P('a'), {1: <P object>}]", "defaultdict(<class 'int'>, {})", "Decimal('1.5')"),
    ]
)
MARKS = st.sampled_from(
    [
        "[/STATE]",
        " # [STATE] {} [/STATE]",
        "[/L1]",
        "\n",
        "\u2028",
        "'",
        '"',
        "\\",
        "(1, 2)",
        "f(x)",
        "<b>",
        "a.b",
        "()",
    ]
)
TEXTS = st.one_of(
    PLAIN.map(literals.render),
    DESCRIPTIONS,
    # strings that look like the text of another value, once and twice
    st.one_of(PLAIN.map(literals.render), DESCRIPTIONS, st.lists(MARKS).map("".join)).map(repr),
    st.one_of(PLAIN.map(literals.render), DESCRIPTIONS).map(repr).map(repr),
)
SHOWN = st.dictionaries(st.sampled_from(["a", "b", "long_name", "é"]), TEXTS, max_size=3)


@settings(max_examples=200, deadline=None)
@given(SHOWN, TEXTS)
def test_values_are_read_back(shown: dict[str, str], value: str) -> None:
    assert from_json("state", json.loads(to_json(shown))) == shown
    assert from_json("output", json.loads(to_json(value))) == value
    assert "\n" not in to_json(shown) + to_json(value)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{10.5: 0}", '"{10.5: 0}"'),
        ("{'a': [1, None, True]}", '{"a": [1, null, true]}'),
        ("(1, 2)", '"(1, 2)"'),
        ("'(1, 2)'", "\"'(1, 2)'\""),
        ("'plain'", '"plain"'),
        ("'1'", '"1"'),
        ("'([)]'", '"([)]"'),
        ("'<b>bold</b>'", '"<b>bold</b>"'),
        ("float('inf')", "\"float('inf')\""),
        ("P(x=1)", '"P(x=1)"'),
        ("'P(x=1)'", "\"'P(x=1)'\""),
    ],
)
def test_how_values_are_written(text: str, written: str) -> None:
    assert to_json(text) == written


CODE = """def f(a, b):
    x = [
        1,
    ]
    for y in x:
        pass # comment
    s = '''p
    q'''
    return x
"""
LINES = [2, 5, 6, 7]
EVENTS = st.lists(
    st.one_of(
        st.builds(lambda n, c: Event(kind="line", line=n, changes=c), st.sampled_from(LINES), SHOWN),
        st.builds(lambda c: Event(kind="call", line=1, changes=c), SHOWN),
        st.builds(lambda v: Event(kind="return", line=9, value=v), TEXTS),
        st.builds(lambda n: Event(kind="exception", line=n, value="E"), st.sampled_from(LINES)),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(EVENTS, st.sampled_from([0, 4]))
def test_any_trace_is_read_back(events: list[Event], offset: int) -> None:
    trace = Trace(parents=("test", "program"), events=tuple(events))
    assert parse_scratchpad(scratchpad(CODE, trace)) == visible(trace, numbered=False)
    assert parse_scratchpad(next_scratchpad(CODE, trace)) == visible(trace, numbered=True)
    assert parse_concise(concise(trace, offset), offset) == list(states(trace.events))


@pytest.mark.parametrize(
    "text", ["[L1] {} ", "[L1] {]} [/L1]", "[L1] [STATE] 1 [/STATE] [/L1]", "L1", "[L1] {} {} [/L1]"]
)
def test_what_is_no_concise_trace_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_concise(text)


def test_a_program_without_states_has_none() -> None:
    assert parse_scratchpad(PROGRAM) == []
    with pytest.raises(ValueError, match="not a program"):
        parse_scratchpad("def f(:")


def test_states_hold_calls_outputs_and_empty_executions() -> None:
    shown: list[Any] = [
        State(1, "input", {"n": "1"}),
        State(2, "state", {}),
        State(3, "state", {"n": "2"}),
        State(4, "output", "2"),
    ]
    code = "def f(n):\n    pass\n    n += 1\n    return n\n"
    assert list(states(record(run(code, "f(1)")).events)) == shown
    assert visible(record(run(code, "f(1)")), False) == [Block(shown[0]), Block(shown[2]), Block(shown[3])]
