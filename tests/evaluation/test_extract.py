"""Extraction: no right answer lost, no wrong one granted."""

import ast
import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semcoder.evaluation.extract import input_answer, output_answer, program
from semcoder.execution import literals

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False)
    | st.text(alphabet="ab ='\"\\\n[]()`,:#é", max_size=8)
    | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.sets(st.integers(0, 9), max_size=3)
    ),
    max_leaves=8,
)
BEFORE = (
    "",
    "Let us see: f sorts, so x == y.\n\n",
    "### Conclusion\nTherefore the call returns `3`.\n[/MONOLOGUE]\n",
    "I give it between [ANSWER] and [/ANSWER].\n[/THOUGHT]\n",
    "First assert g(1) == 2, then assert f(1) == ?? is to be completed.\n",
)
"""Chain of thought and monologues before the block; nothing in direct prediction."""
OPENED = ("[ANSWER]\n", "[ANSWER]", "[ANSWER]\n```python\n", "[ANSWER]\n`", "ANSWER]\n", "[ANSWER]\n```\n")
WRITTEN = (
    "assert f({args}) == {value}",
    "f({args}) == {value}",
    "assert {value} == f({args})",
    "assert f({args}) == \\\n    {value}",
    "assert f(\n    {args}\n) == (\n    {value}\n)",
    "assert f({args}) == {value}  # as computed",
    "The completed assertion: assert f({args}) == {value}",
    "def f(x):\n    return f(x) if x else g(x)\nassert f({args}) == {value}",
)
CLOSED = (
    "\n[/ANSWER]",
    "[/ANSWER]",
    "\n[/ANSWER]\nHope this helps! assert f(0) == 0",
    "\n```\n[/ANSWER]\nDone.",
    "",
    "\n",
    "\n\n[PYTHON]\ndef f(x):\n    return x\n[/PYTHON]\n[ANSWER]\nassert f(0) == 0",
)
UNTAGGED = "Therefore, the correct assertion would be:\n\nassert f({args}) == {value}\n\nThat is all."


def dressed(before: str, opened: str, written: str, closed: str) -> str:
    if opened.endswith("`") and not opened.endswith("```"):
        closed = f"`{closed}"
    return f"{before}{opened}{written}{closed}"


STYLES = st.just(UNTAGGED) | st.builds(
    dressed,
    *map(st.sampled_from, (BEFORE, OPENED, WRITTEN, CLOSED)),  # type: ignore[arg-type]
)


def quoted(value: object) -> str:
    """The literal of a value, its texts in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(map(quoted, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)}: {quoted(inner)}" for key, inner in value.items()) + "}"
    return literals.render(value)


@given(values, st.lists(values, max_size=3), STYLES, st.sampled_from([literals.render, quoted]))
@settings(max_examples=600, deadline=None)
def test_what_is_rendered_in_any_style_is_found(
    value: object, args: list[object], style: str, render: Callable[[object], str]
) -> None:
    arguments = ", ".join(map(render, args))
    text = style.replace("{args}", arguments).replace("{value}", render(value))
    found = output_answer(text, "f", inside=False)
    assert found is not None and literals.parse(found) == value
    answer = input_answer(text, "f", inside=False)
    assert answer is not None
    call = ast.parse(f"_({answer})", mode="eval").body
    assert isinstance(call, ast.Call) and [literals.parse(ast.unparse(a)) for a in call.args] == args


@given(values)
@settings(max_examples=100, deadline=None)
def test_a_bare_value_is_an_answer(value: object) -> None:
    found = output_answer(f"[ANSWER]\n{literals.render(value)}\n[/ANSWER]", "f", inside=False)
    assert found is not None and literals.parse(found) == value


@pytest.mark.parametrize(
    ("text", "inside", "value", "arguments"),
    [
        ("assert f(-4) == 31\n[/ANSWER]", True, "31", "-4"),
        ("assert f(-4) == 31\n\n[PYTHON]\ndef f(x)...\n[ANSWER]\nassert f(1) == 3", True, "31", "-4"),
        ("assert f([1,\n   2]) == [3,\n   4]\n", True, "[3,\n   4]", "[1,\n   2]"),
        ("assert f(1) ==\n    2\n", True, "2", "1"),
        ("assert f(1) == 2 which is right.", True, "2", "1"),
        ("assert f(1) == 2  # because", True, "2", "1"),
        ("assert f(1) is None", True, "None", "1"),
        ("`assert f(1) == 2`", True, "2", "1"),
        ("assert Solution().f(3, k=2) == 4", True, "4", "3, k=2"),
        ("x=1, y='a'", True, None, "x=1, y='a'"),
        ("f(1, 'b')", True, None, "1, 'b'"),
        ("result == [1]", True, "[1]", None),
        ("def f(x):\n    return f(x - 1)\nprint(f(3)) # it is", True, None, "3"),
        ("assert g(1) == 2\nassert f(3) == 4", True, "4", "3"),
        # an apostrophe turned into a double quote (upstream prompts) spoils one half, not the other
        ('assert f("it"s") == "a == b"', True, '"a == b"', None),
        ("So `assert f(1) == 2` holds. As asked: assert f(1) == ??", False, "2", "1"),
        ("assert f(1) == 2; assert f(2) == 3", True, "2", "1"),
        ("[ANSWER]\n[/ANSWER]\n[ANSWER]\nassert f(1) == 2\n[/ANSWER]", False, "2", "1"),
    ],
)
def test_answers_in_odd_dress(text: str, inside: bool, value: str | None, arguments: str | None) -> None:
    assert output_answer(text, "f", inside) == value
    assert input_answer(text, "f", inside) == arguments


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[ANSWER]\n[/ANSWER]",
        "[ANSWER]\nassert f(1) == ??\n[/ANSWER]",
        "[ANSWER]\nassert f(1) == 2 or True\n[/ANSWER]",
        "[ANSWER]\nassert f(1) == 1 == 1\n[/ANSWER]",
        "[ANSWER]\n1 or 2\n[/ANSWER]",
        "[ANSWER]\nassert g(1) == 2\n[/ANSWER]",
        "[ANSWER]\nassert len(f(1)) == 2\n[/ANSWER]",
        "[ANSWER]\nassert f(1).size == 2\n[/ANSWER]",
        "[ANSWER]\nassert f(1) % 3 == 2\n[/ANSWER]",
        "[ANSWER]\nassert 0 == True\n[/ANSWER]",
        "assert [f(1), 3] == [2, 3]",
        "[ANSWER]\nassert f(1) + 1 == 2\n[/ANSWER]",
        "[ANSWER]\nassert f(1)[0] == 2\n[/ANSWER]",
        "[ANSWER]\nassert f(1) == 01\n[/ANSWER]",
        "[ANSWER]\nassert f(1) == 'it's so'\n[/ANSWER]",
        "[ANSWER]\nprint(f(1))\n[/ANSWER]",
        "def g(x):\n    return x\nassert g(1) == 2",
        "[ANSWER]\n10 is the length of it\n[/ANSWER]",
        "[ANSWER]\nassert f(1) in (1, 2, 3)\n[/ANSWER]",
        "[ANSWER]\nassert True\n[/ANSWER]",
        "[ANSWER]\nI do not know what it returns.\n[/ANSWER]",
        "no idea",
    ],
)
def test_hedges_and_blanks_are_no_answers(text: str) -> None:
    assert output_answer(text, "f", inside=False) is None


@pytest.mark.parametrize("text", ["", "\n", "``", "```python\n```", "[ANSWER]\n[/ANSWER]", "\n[/ANSWER]"])
def test_nothing_written_is_no_call_without_arguments(text: str) -> None:
    assert input_answer(text, "f", inside=True) is None


def test_a_call_without_arguments_is_an_answer() -> None:
    assert input_answer("assert f() == 1\n[/ANSWER]", "f", inside=True) == ""


START = 'def f(x):\n    """Return x."""'


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("\n    return x\n", START),
        ("    return x\n", START),
        ("\n    return x\n```\nThis returns x.\n```python\ndef f(x):\n    return 0\n```", START),
        ("\n    return x\n\nHere is how it works: it returns", START),
        ("```python\ndef f(x):\n    return x\n```", START),
        ("Here it is:\n```python\ndef f(x):\n    return x\n```", START),
        ("\ndef f(x):\n    return x\n```\n", ""),
        ("Sure.\n\n```py\ndef g(x):\n    return x\n```\n```python\ndef f(x):\n    return x\n```", None),
        ("Sure.\n\ndef f(x):\n    return x\n\nThat is it.", None),
        (
            "First [MONOLOGUE] ... [/MONOLOGUE]\n[Refined]\n```python\ndef f(x):\n    return x\n```\n[/Refined]",
            None,
        ),
        ("```python\nimport math\n\ndef f(x):\n    return x\n\nprint(f(math.", None),
        ("\n    return x```", START),
        ("    return x\n", 'def f(x):\n    import math\n    """Return x."""'),  # as HumanEval/115 begins
        ("Here it is: ```\ndef f(x):\n    return x ```\nDone.", None),
        ("1. So:\n\n   ```python\n   def f(x):\n       return x\n   ```\n", None),
        ("from the start,\nimport nothing:\n\ndef f(x):\n    return x\n", None),
        ("\n\nSure! Here it is:\n\ndef f(x):\n    return x\n", START),
        (
            "It goes between [Refined] and [/Refined].\n[Refined]\n```\ndef f(x):\n    return x\n```\n[/Refined]",
            None,
        ),
        (
            "[Refined]\ndef f(x):\n    return 0\n[/Refined]\nNo.\n[Refined]\ndef f(x):\n    return x\n[/Refined]",
            None,
        ),
        ("[Refined]\n[/Refined]\n```python\ndef f(x):\n    return x\n```", None),
        ("```python\nfrom typing import Any\nf: Any = lambda x: x\n```", None),
        ("```python\nif True:\n    def f(x):\n        return x\n```", None),
    ],
)
def test_programs_are_found(text: str, start: str | None) -> None:
    code = program(text, "f", start)
    assert code is not None
    namespace: dict[str, object] = {}
    exec(code, namespace)  # this test's own text
    assert namespace["f"](5) == 5  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("", START),
        ("I cannot.", START),
        ("\n# Example:\nf(1)\n", START),
        ("\n\n", START),
        ("```python\ndef g(x):\n    return x\n```", None),
        ("def f(x", ""),
    ],
)
def test_no_program_is_made_up(text: str, start: str | None) -> None:
    assert program(text, "f", start) is None


def test_a_text_in_a_program_keeps_its_blanks() -> None:
    code = 'def f(x):\n    return """a\n  \nb"""'
    assert program(f"```python\n{code}\n```", "f", None) == code


def test_a_script_needs_no_name() -> None:
    assert program("```python\nprint(input())\n```", "", None) == "print(input())"
    shown = "It prints ```5```\n```python\nprint(input())```\nfor ```5```"
    assert program(shown, "", None) == "print(input())"


@pytest.mark.parametrize(
    "answer", ["1" + "+1" * 3000, "[" * 3000, "(1)" + "[0]" * 2000, "'a'" + ".strip()" * 1000]
)
def test_endless_answers_cost_no_endless_time(answer: str) -> None:
    started = time.process_time()
    for inside in (True, False):
        output_answer(f"[ANSWER]\nassert f(1) == {answer}\n[/ANSWER]", "f", inside)
        input_answer(f"assert f({answer}) == 1", "f", inside)
    assert time.process_time() - started < 10
