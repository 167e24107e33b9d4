"""The tracer: golden traces of every construct, an independent oracle on random programs, and the limits."""

import ast
import contextlib
import itertools
import subprocess
import sys
import textwrap
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from traced import NAMES, example, golden, readable, record, run

from semcoder.execution import literals
from semcoder.tracing.structure import statement_at
from semcoder.tracing.tracer import MAX_STACK, trace


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="interpreters differ in which lines they report")
@pytest.mark.parametrize("name", NAMES)
def test_golden(name: str) -> None:
    code, call = example(name)
    assert readable(code, run(code, call)) == golden(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_tracing_does_not_change_what_a_program_does(name: str) -> None:
    code, call = example(name)
    namespace: dict[str, Any] = {"__name__": __name__}
    exec(compile(code, "plain.py", "exec"), namespace)
    try:
        plain = literals.render(eval(call, namespace))
    except Exception as error:
        assert run(code, call)["raised"][0] == type(error).__name__
    else:
        assert run(code, call)["value"] == plain


@pytest.mark.parametrize("name", NAMES)
def test_calls_and_returns_are_nested(name: str) -> None:
    result = run(*example(name))
    depths = [event.depth for event in record(result).events]
    assert depths[0] == 0
    assert all(after - before <= 1 for before, after in itertools.pairwise(depths))
    for before, after in itertools.pairwise(record(result).events):
        if after.depth > before.depth:
            assert after.kind == "call"


def test_traces_do_not_depend_on_the_hash_seed() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import json, traced\n"
        "print(json.dumps([traced.run(*traced.example(name)) for name in traced.NAMES]))"
    )
    command = [sys.executable, "-c", program, str(golden("x").parents[1])]
    outputs = {
        subprocess.run(command, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


# An oracle that works in another way: the program itself, made to report its variables after each statement.

NAME = st.sampled_from(["a", "b", "c"])
LIST = st.sampled_from(["xs", "ys", "d['k']"])
NUMBER = st.one_of(st.integers(-3, 3).map(str), NAME, LIST.map(lambda xs: f"len({xs})"))
SIMPLE = st.one_of(
    st.builds("{} = {} + {}".format, NAME, NUMBER, NUMBER),
    st.builds("{} -= {}".format, NAME, NUMBER),
    st.builds("{} = {} * {} % 97".format, NAME, NAME, NUMBER),  # unbounded, squares of squares never end
    st.builds("{}.append({})".format, LIST, NUMBER),
    st.builds("{} = {}".format, LIST, LIST),
    st.builds("{} = [v * {} % 97 for v in {}]".format, LIST, NAME, LIST),
    st.builds("{} = helper(\n    {},\n    {},\n)".format, NAME, LIST, NUMBER),
    st.builds("{}, {} = {}, {}".format, NAME, NAME, NUMBER, NUMBER),
    st.builds("del {}[:1]".format, LIST),
    st.builds("new = {} // {}".format, NUMBER, NUMBER),
)


def _indent(body: list[str]) -> str:
    return "\n".join("    " + line for statement in body for line in statement.split("\n"))


@st.composite
def _body(draw: st.DrawFn, depth: int) -> str:
    written = []
    for _ in range(draw(st.integers(1, 4))):
        shape = draw(st.sampled_from(["simple", "simple", *BLOCKS])) if depth else "simple"
        if shape == "simple":
            written.append(draw(SIMPLE))
        else:
            name, number, xs = draw(NAME), draw(NUMBER), draw(LIST)
            inner = [draw(_body(depth - 1)) for _ in range(shape.count("BODY"))]
            for body in inner:
                shape = shape.replace("BODY", body, 1)
            written.append(shape.replace("NAME", name).replace("NUMBER", number).replace("LIST", xs))
    return textwrap.indent("\n".join(written), "    ")


BLOCKS = [
    "for NAME in range(2):\nBODY",
    "for NAME in list(LIST):\nBODY\n    if NAME > 1: break",
    "if NUMBER > 0:\nBODY\nelse:\nBODY",
    "try:\nBODY\nexcept ZeroDivisionError as error:\nBODY\nfinally:\nBODY",
]
HELPER = """def helper(items, n):
    if len(items) > 20:
        items.clear()
    items.insert(0, n)
    size = len(items)
    return size % 5
"""


class _Reporting(ast.NodeTransformer):
    """Adds `_report(LINE, locals())` behind each simple statement that binds, deletes or calls."""

    def visit(self, node: ast.AST) -> Any:
        self.generic_visit(node)
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Delete | ast.Expr):
            report = ast.parse(f"_report({node.lineno}, locals())").body[0]
            return [node, report]
        return node


def _reported(code: str) -> list[tuple[int, dict[str, str]]]:
    seen = []

    def report(line: int, variables: dict[str, Any]) -> None:
        variables.pop(
            "error", None
        )  # its end belongs to the handler's last statement, but comes after the report
        seen.append((line, {name: literals.render(value) for name, value in variables.items()}))

    namespace: dict[str, Any] = {"_report": report}
    exec(compile(ast.fix_missing_locations(_Reporting().visit(ast.parse(code))), "oracle", "exec"), namespace)
    with contextlib.suppress(ZeroDivisionError):
        namespace["f"]()
    return seen


def _replayed(code: str) -> list[tuple[int, dict[str, str]]]:
    """The variables after each simple statement that finished, from the trace's changes alone."""
    result = run(code, "f()", 20_000, 100_000)
    assume(not result["truncated"])
    events = record(result).events
    statements = statement_at(code)
    seen = []
    frames: list[dict[str, str]] = []
    for number, event in enumerate(events):
        del frames[event.depth + (event.kind != "call") :]
        if event.kind == "call":
            frames.append({})
        frames[-1].update(event.changes)
        for name in event.removed:
            frames[-1].pop(name)
        failed = number + 1 < len(events) and events[number + 1].kind == "exception"
        simple = isinstance(statements[event.line], ast.Assign | ast.AugAssign | ast.Delete | ast.Expr)
        if event.kind == "line" and simple and not failed:
            seen.append((event.line, {name: text for name, text in frames[-1].items() if name != "error"}))
    return seen


@settings(max_examples=150, deadline=None)
@given(_body(2))
def test_changes_agree_with_a_program_that_reports_its_own_variables(body: str) -> None:
    start = "    a = 1\n    b = 2\n    c = 0\n    xs = [1, 2]\n    ys = []\n    d = {'k': xs}"
    code = f"{HELPER}\ndef f():\n{start}\n{body}\n    return a\n"
    assert _replayed(code) == _reported(code)


# Limits


def test_too_many_events_are_marked_and_the_call_still_ends() -> None:
    result = run("def f(n):\n    for i in range(n):\n        pass\n    return i\n", "f(1000)", max_events=50)
    assert (result["truncated"], len(result["events"]), result["value"]) == ("events", 50, "999")


@pytest.mark.parametrize("name", ["generators", "with_blocks", "exceptions", "nested_definitions"])
def test_a_trace_cut_anywhere_is_the_beginning_of_the_whole(name: str) -> None:
    code, call = example(name)
    whole = run(code, call)
    for most in range(len(whole["events"])):
        cut = run(code, call, max_events=most)
        assert (cut["events"], cut["truncated"], cut["value"]) == (
            whole["events"][:most],
            "events",
            whole["value"],
        )
    assert run(code, call, max_events=len(whole["events"])) == whole


def test_a_long_value_is_marked_and_described_by_its_size() -> None:
    result = run("def f(n):\n    xs = list(range(n))\n    return 1\n", "f(1000)", max_value_chars=100)
    assert result["truncated"] == "value size"
    assert result["events"][1]["changes"] == {"xs": "<list of 1000 items>"}


def test_a_value_of_exactly_the_limit_is_whole() -> None:
    code = "def f(n):\n    s = 'x' * n\n    return n\n"
    assert run(code, "f(98)", max_value_chars=100)["truncated"] == ""
    assert run(code, "f(99)", max_value_chars=100)["truncated"] == "value size"


def test_shared_parts_do_not_explode() -> None:
    code = "def f(n):\n    xs = []\n    for _ in range(n):\n        xs = [xs, xs]\n    return n\n"
    assert run(code, "f(40)")["truncated"] == "value size"


def test_a_change_inside_a_long_module_variable_is_not_overlooked() -> None:
    code = "TABLE = list(range(1000))\ndef f(n):\n    TABLE[n] = 0\n    return TABLE[0]\n"
    assert run(code, "f(7)")["truncated"] == "value size"
    assert run(code.replace("TABLE[n] = 0", "n = TABLE[n]"), "f(7)")["truncated"] == ""


def test_deep_recursion_is_marked_and_raises_what_it_raises_untraced() -> None:
    code = "def f(n):\n    return f(n + 1)\n"
    result = run(code, "f(0)", max_events=10_000)
    assert result["truncated"] == "depth"
    assert result["raised"][0] == "RecursionError"
    assert max(event.get("depth", 0) for event in result["events"]) == MAX_STACK - 1
    count = "def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\n"
    assert run(count, "f(900)", max_events=10_000)["value"] == "900"


def test_a_program_that_ends_the_tracing_is_marked() -> None:
    code = "import sys\ndef f():\n    sys.settrace(None)\n    return 1\n"
    assert run(code, "f()")["truncated"] == "settrace"


def test_the_callers_own_trace_function_comes_back() -> None:
    def own(*_: Any) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(own)
    try:
        run("def f():\n    return 1\n", "f()")
        assert sys.gettrace() is own
    finally:
        sys.settrace(before)


# What a call can be


def test_a_result_without_a_literal_is_raised() -> None:
    result = run("class P: pass\ndef f():\n    return P()\n", "f()")
    assert result["value"] is None
    assert result["raised"][0] == "NotPlain"


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("def f(:\n", ["SyntaxError", 1]),
        ("x = 1\ny = 1 // 0\n", ["ZeroDivisionError", 2]),
        ("def g(): pass\n", ["NameError", 0]),
        ("import json\ndef f():\n    json.loads('{')\n", ["JSONDecodeError", 3]),
    ],
)
def test_failures_before_and_in_the_call(code: str, raised: list[Any]) -> None:
    kind, _, line = trace(code, "f", [], {}, 10, 10)["raised"]
    assert [kind, line] == raised


def test_arguments_are_evaluated_in_the_program() -> None:
    code = "class P:\n    def __init__(self, x):\n        self.x = x\ndef f(p, q=0):\n    return p.x + q\n"
    result = run(code, "f(P(2), q=len('ab'))")
    assert result["value"] == "4"
    assert [event["kind"] for event in result["events"]] == ["call", "line", "return"]
    assert result["events"][0]["changes"] == {"p": "P(x=2)", "q": "2"}


def test_each_call_starts_from_a_fresh_namespace() -> None:
    code = "seen = []\ndef f():\n    seen.append(1)\n    return len(seen)\n"
    assert [run(code, "f()")["value"] for _ in range(2)] == ["1", "1"]


def test_a_method_can_be_called() -> None:
    code = "class P:\n    n = 1\n    @classmethod\n    def make(cls):\n        return cls().n\n"
    assert run(code, "P.make()")["value"] == "1"


def test_dataclasses_find_their_module() -> None:
    code = (
        "from __future__ import annotations\nimport dataclasses, typing\n"
        "@dataclasses.dataclass\nclass P:\n    x: typing.ClassVar[int] = 1\n    y: int = 2\n"
        "def f():\n    return P(3).y\n"
    )
    assert run(code, "f()")["value"] == "3"
