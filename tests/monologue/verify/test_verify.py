"""Kinds of claims, one by one, and what narrows the moments that they can be about."""

import pytest
from freeform import traced

from semcoder.monologue.verify import Verified, verify
from semcoder.records import Direction

LOOP = "def f(xs):\n    t = 0\n    for x in xs:\n        t += x\n    return t\n"
BRANCH = "def f(n):\n    if n > 3:\n        m = [n]\n    else:\n        m = (n,)\n    return m\n"
NESTED = """\
def f(a):
    s = ''
    for i in range(2):
        for j in range(i + 1):
            s += a[j]
    return s
"""
CALLS = "def g(k):\n    return k * 2\n\ndef f(n):\n    r = g(n) + g(n + 1)\n    return r\n"
RAISES = "def f(d):\n    try:\n        v = d['k']\n    except KeyError:\n        v = None\n    return v\n"
COMPREHENSION = "def f(x):\n    ys = [x * 2 for x in range(3)]\n    return ys, x\n"
DICT = "def f(d):\n    d['a'] = 1\n    d['b'] = d['a'] + 1\n    return d\n"
OBJECTS = """\
from collections import deque

def take(c):
    return c.popleft()

def f(xs):
    q = deque(xs)
    return [take(q) for _ in xs]
"""
TOLD = """\
- [L5]: This makes 2 calls:
  - Call `g`.
    - [L2]: `k * 2` is `%s`.
  - `g` is called.
    - [L2]: `k * 2` is `%s`."""
TAKEN = """\
- [L8]: This makes 2 calls:
  - Call `take(deque([3, 5]))`.
    - [L4]: Return `c.popleft()`, which is `%s`.
  - `take(deque([5]))` is called.
    - [L4]: Return `c.popleft()`, which is `%s`."""
PARTS = """\
def f(i, k=0):
    if not i and not k:
        return 0
    i = i[1:]
    if not i:
        return 1
    return 2
"""


def check(code: str, args: str, text: str, direction: str = "forward", offset: int = 0) -> Verified:
    return verify(text, direction, traced(code, args), code, label_offset=offset)  # type: ignore[arg-type]


SUPPORTED = [
    (LOOP, "[3, 5]", "`t` starts at `0`, and at the end `t` is `8`."),
    (LOOP, "[3, 5]", "[L4]: In the second iteration `t` becomes `8`."),
    (LOOP, "[3, 5]", "**Iteration 1**: x = 3. [L4]: `t = 3`"),
    (LOOP, "[3, 5]", "Iteration 0: x = 3\nIteration 1: x = 5"),
    (LOOP, "[3, 5]", "The loop runs twice: t goes from 0 to 3 and then from 3 to 8."),
    (LOOP, "[3, 5]", "| iteration | x | t |\n|---|---|---|\n| 1 | 3 | 3 |\n| 2 | 5 | 8 |"),
    (LOOP, "[3, 5]", "When x is 5, t becomes 3 + 5 = 8."),
    (LOOP, "[3, 5]", "`xs` is a list of 2 integers. It has 2 items."),
    (LOOP, "[3, 5]", "[L5]: `return t` gives `8`."),
    (BRANCH, "5", "`n > 3` is true, so `m` is `[5]`."),
    (BRANCH, "5", "5 > 3 is true. [L3]: set `m` to `[5]`."),
    (NESTED, "'xy'", "The outer loop makes 2 iterations; the output is 'xxy'."),
    (CALLS, "4", "`g(4)` returns `8`, `g(5)` returns 10, and `r` is 18."),
    (RAISES, "{}", "A KeyError is raised and caught; `v` becomes None."),
    (DICT, "{}", "[L3]: `d['b'] = 2`, so `d` is `{'b': 2, 'a': 1}`."),
    (LOOP, "[]", "The loop body never runs and 0 is returned."),
    (LOOP, "[3, 5]", "[L3]: loop\n- **Iterations 1 to 2**: once iteration k is done, `t == sum(xs[:k])`."),
    (LOOP, "[3, 5]", "At the end of each iteration k, `x == xs[k - 1]` and `t >= 3 * k`."),
    (LOOP, "[3, 5]", "`len(xs) > 1` must hold, and the input must satisfy `sum(xs) == 8`."),
    (LOOP, "[3, 5]", "`t` never decreases in the loop. `xs` is only read, never changed."),
    (LOOP, "[3, 5]", "The output is an integer."),
    (NESTED, "'xy'", "The loop only adds to the end of `s`. The output is a string of 3 characters."),
    (BRANCH, "5", "### Constraints\n- The code works with an integer for `n`."),
    (CALLS, "4", "[L5]: `g` runs 2 times and returns `8`, `10` in turn."),
    (DICT, "{}", "`sum([x * 2 for x in d.values()])` is `6`."),
    (CALLS, "4", TOLD % (8, 10)),
    (OBJECTS, "[3, 5]", TAKEN % (3, 5)),
    (OBJECTS, "[3, 5]", "- [L8]: Here\n  - call `take(deque([5]))`.\n    - [L4]: `c.popleft()` is `5`."),
]
CONTRADICTED = [
    (LOOP, "[3, 5]", "At the end `t` is `9`.", "`t` is `9`", "t is only ever 0, 3, 8"),
    (LOOP, "[3, 5]", "**Iteration 2**: `x = 3`.", "`x = 3`", "x = 5"),
    (LOOP, "[3, 5]", "[L4]: In iteration 2, add `5`: `t = 3`.", "`t = 3`", "t = 8"),
    (LOOP, "[3, 5]", "1. [L3]: loop\n   - **Iteration 3**: `x = 5`.", "Iteration 3", "2 iterations"),
    (LOOP, "[3, 5]", "The loop ends after 3 iterations.", "3 iterations", "2 times"),
    (LOOP, "[3, 5]", "The function returns `'8'`.", "`'8'`", "returns 8"),
    (LOOP, "[3, 5]", "Since 3 + 5 = 9, we go on.", "3 + 5 = 9", "3 + 5 is 8"),
    (BRANCH, "5", "[L2]: `n > 3` is false.", "`n > 3` is false", "n > 3 is true"),
    (BRANCH, "5", "[L5]: `m = (5,)`.", "[L5]", "line 5 does not run"),
    (BRANCH, "5", "So `m` becomes `(5,)`.", "`(5,)`", "[5]"),
    (BRANCH, "5", "[L2]: `n > 3` is true, so skip the branch.", "skip the branch", "taken"),
    (CALLS, "4", "`g(5)` returns `8`.", "`g(5)` returns `8`", "g returns 10"),
    (CALLS, "4", "[L5]: This calls `g(7)`.", "`g(7)`", "the call is g(4)"),
    (RAISES, "{}", "[L3]: `d['k']` raises `IndexError`.", "`IndexError`", "KeyError: 'k'"),
    (RAISES, "{}", "[L3]: `v = 1`.", "`v = 1`", "None"),
    (DICT, "{}", "[L3]: `d['b']` becomes `3`.", "`d['b']` becomes `3`", "d['b'] is 2"),
    (LOOP, "[3, 5]", "`xs` has 3 items.", "3 items", "[3, 5]"),
    (LOOP, "[3, 5]", "`len(xs) == 3` must hold: one for each of them.", "must hold", "false"),
    (LOOP, "[3, 5]", "[L99]: `t = 8`.", "[L99]", "the program has 5 lines"),
    (LOOP, "[3, 5]", "After every iteration k, `t == sum(xs[:k]) + 1`.", "+ 1", "once iteration 1 is done"),
    (LOOP, "[3, 5]", "Once iteration k is done, `t == 3 * k`.", "3 * k", "once iteration 2 is done"),
    (LOOP, "[3, 5]", "`len(xs) > 2` has to hold.", "has to hold", "false"),
    (LOOP, "[3, 5]", "The input must satisfy `sum(xs) == 9`.", "sum(xs) == 9", "the recorded input"),
    (LOOP, "[3, 5]", "`t` never increases in the loop.", "never increases", "from 0 to 3"),
    (DICT, "{}", "`d` is only read, never changed.", "only read", "line 2"),
    (LOOP, "[3, 5]", "The output is a string of 1 character.", "he output is a string", "returns 8"),
    (BRANCH, "5", "### Constraints\n- The code works with a list for `n`.", "list for `n`", "5"),
    (CALLS, "4", TOLD % (8, 8), "`k * 2` is `8`", "k * 2 is 10"),
    (OBJECTS, "[3, 5]", TAKEN % (3, 3), "`3`", "c.popleft() is 5"),
    (LOOP, "[3, 5]", "`t = 9` comes from adding, and `xs` may be anything.", "`t = 9`", "0, 3, 8"),
]
UNCHECKABLE = [
    (LOOP, "[3, 5]", "If `xs` were empty, `t` would be `7`."),
    (LOOP, "[3, 5]", "`t` is not `7`."),
    (LOOP, "[3, 5]", "The result is good and the weather is 7 degrees."),
    (LOOP, "[3, 5]", "### Understanding the Function\nIt sets `t` to `7` and returns `9`."),
    (COMPREHENSION, "9", "In the comprehension `x` is `2`, and then `x = 4`."),
    (BRANCH, "5", "[L5]: the `else` branch is skipped, otherwise `m = (5,)`."),
    (LOOP, "[3, 5]", "`xs` is `[3, ...]`."),
    (LOOP, "[3, 5]", "`t` may be `7`, and any of them may be `9`."),
    (LOOP, "[]", "`xs` holds these items; items for which `x > 0` does not hold are left out."),
    (COMPREHENSION, "9", "After every iteration k, `unknown(k) == 3`."),
]


@pytest.mark.parametrize(("code", "args", "text"), SUPPORTED)
def test_true_claims_are_supported(code: str, args: str, text: str) -> None:
    found = check(code, args, text)
    assert found.claims and {claim.status for claim in found.claims} == {"supported"}, found.claims
    assert found.accepted and found.score == 1.0 and found.reason == ""


@pytest.mark.parametrize(("code", "args", "text", "said", "truth"), CONTRADICTED)
def test_false_claims_are_found_with_the_truth(
    code: str, args: str, text: str, said: str, truth: str
) -> None:
    found = check(code, args, text)
    false = [claim for claim in found.claims if claim.status == "contradicted"]
    assert any(said in claim.text and truth in claim.truth for claim in false), found.claims
    assert not found.accepted and found.first_false in false and truth in found.reason


def test_a_part_of_a_test_is_that_tests_where_it_is_another_line_too() -> None:
    text = "`not i and not k` must be false, since `not %s` is false (`%s`)."
    found = check(PARTS, "'+'", text % ("i", "i = '+'"), "backward")
    assert found.accepted and "supported" in {claim.status for claim in found.claims}
    assert not check(PARTS, "'+'", text % ("k", "k = 0"), "backward").accepted


@pytest.mark.parametrize(("code", "args", "text"), UNCHECKABLE)
def test_what_is_not_certainly_claimed_is_never_false(code: str, args: str, text: str) -> None:
    assert check(code, args, text).accepted


def test_labels_carry_an_offset_and_only_forward() -> None:
    assert check(LOOP, "[3, 5]", "[L6]: `t = 0`.", offset=4).accepted
    assert not check(LOOP, "[3, 5]", "[L6]: `t = 8`.", offset=4).accepted
    assert check(LOOP, "[3, 5]", "[L2]: `t = 0`.", "backward", offset=4).accepted


def test_a_stale_value_is_false_at_its_label_only() -> None:
    text = "[L3]: loop\n- Iteration 2: `x = 5`. [L4]: `t = {}`."
    assert (
        check(LOOP, "[3, 5]", text.format(8)).accepted and not check(LOOP, "[3, 5]", text.format(3)).accepted
    )
    assert check(LOOP, "[3, 5]", "Somewhere t is 3, and t is 8.").accepted


def test_an_inner_loop_has_its_own_iterations() -> None:
    text = (
        "[L3]: loop\n- Iteration {}: `i = 1`\n  - [L4]: loop\n    - Iteration {}: `j = {}`. [L5]: `s = {}`."
    )
    assert check(NESTED, "'xy'", text.format(2, 2, 1, "'xxy'")).accepted
    assert not check(NESTED, "'xy'", text.format(2, 2, 1, "'xx'")).accepted
    assert not check(NESTED, "'xy'", text.format(2, 3, 1, "'xxy'")).accepted


def test_constraints_and_the_recorded_input_are_checked_backward() -> None:
    good = "`xs` must have 2 items, and `len(xs)` has to be `2`.\n### Conclusion\nOne such input is `[3, 5]`."
    found = check(LOOP, "[3, 5]", good, "backward")
    assert found.accepted and {claim.kind for claim in found.claims} == {"constraint", "value", "input"}
    assert not check(LOOP, "[3, 5]", good.replace("2 items", "3 items"), "backward").accepted
    other = check(LOOP, "[3, 5]", good.replace("[3, 5]", "[4, 4]"), "backward")
    assert [claim.status for claim in other.claims if claim.kind == "input"] == ["not_checkable"]


def test_without_code_states_and_returns_are_still_checked() -> None:
    events = traced(LOOP, "[3, 5]")
    assert verify("t is 8 and 8 is returned.", "forward", events).accepted
    assert not verify("`t` is `9`.", "forward", events).accepted
    assert verify("The loop ends after 7 iterations.", "forward", events).accepted


def test_what_a_cut_trace_does_not_hold_may_have_happened() -> None:
    events = traced(LOOP, "[3, 5]")[:5]
    assert verify("At the end `t` is `9`.", "forward", events, LOOP, truncated=True).accepted
    assert not verify("At the end `t` is `9`.", "forward", events, LOOP).accepted


def test_coverage_is_the_share_of_lines_with_an_effect() -> None:
    assert check(LOOP, "[3, 5]", "Nothing is said.").coverage == 0
    assert check(LOOP, "[3, 5]", "[L2]: `t = 0`. [L4]: `t = 3`").coverage == pytest.approx(2 / 4)
    told = "[L2]: `t = 0`. [L3]: `x = 3`. [L4]: `t = 3`. [L5]: return `8`."
    assert check(LOOP, "[3, 5]", told).coverage == 1


def test_a_call_that_raises_returns_nothing() -> None:
    code = "def f(x):\n    y = 1 // x\n    return y\n"
    assert check(code, "0", "`1 // x` raises a ZeroDivisionError.").accepted
    assert not check(code, "0", "The function returns `1`.").accepted
    assert not check(code, "0", "[L2]: `y = 1`.").accepted


def test_what_was_told_in_short_is_told_of_the_past() -> None:
    text = (
        "1. [L4]: The call enters `f` with `n = 4`.\n2. [L5]: `r = 18`.\n"
        "   - In what was told in short, this happened too: [L2]: Return `k * 2`, which is `{}`.\n"
        "3. [L6]: Return `r`, which is `18`."
    )
    assert check(CALLS, "4", text.format(8)).accepted
    assert not check(CALLS, "4", text.format(9)).accepted


def test_proposed_arguments_are_no_tuple() -> None:
    found = check(LOOP, "[3, 5]", "### Conclusion\nOne such input is `[3, 5], start=0`.", "backward")
    assert [claim.kind for claim in found.claims] == ["input"] and found.accepted


def test_a_name_that_is_also_a_word_is_no_subject_in_prose() -> None:
    code = "def f(condition, strings):\n    return strings if condition else []\n"
    text = "The condition is false. There are 4 strings and `condition` are each a boolean."
    assert check(code, "True, ['a']", text).accepted


COUNTED = (
    "def f(a):\n    global total\n    total = 0\n    n = len(a)\n"
    "    if n > 2:\n        n = n * 2\n    return n + 1\n"
)


@pytest.mark.parametrize(
    "text",
    [
        "def f(a=0, n=9):\n    raise ValueError('no')\nraise ValueError('no')",
        "[L2]: `total` is `0`.",
        "[L3]: `n > 2` is true (`n = 3`).",
        "### Conclusion\nSo the call returns `n + 1`.",
        "[L7]: The function returns `n + 1`.",
        "### Conclusion\nIn terms of its argument the function returns `len(a) * 2 + 1`.",
        "- `n > 2`: the function returns `n * 2`.",
    ],
)
def test_code_declarations_and_what_is_told_too_early_are_not_false(text: str) -> None:
    assert verify(text, "forward", traced(COUNTED, "[1, 2, 3]"), COUNTED).accepted


def test_a_test_told_at_another_line_is_held_against_its_own() -> None:
    found = verify("[L3]: `n > 7` is true.", "forward", traced(COUNTED, "[1, 2, 3]"), COUNTED)
    assert [claim.truth for claim in found.claims if claim.status == "contradicted"] == ["n > 7 is false"]


def test_an_expression_without_a_truth_value_is_not_checkable() -> None:
    code = "def f(xs):\n    return [g for g in (x for x in xs)]\n"
    assert check(code, "[1]", "`(x for x in xs)` is true and `lambda: 1` is false.").accepted


@pytest.mark.parametrize(("value", "accepted"), [("[1]", True), ("[2]", False)])
def test_a_part_of_what_the_line_quotes_may_stand_elsewhere_too(value: str, accepted: bool) -> None:
    code = "def f(d):\n    x = d['a']\n    x.append(1)\n    return len(d['a'])\n"
    text = f"1. The output `1` is the value of `len(d['a'])`. Take `d = {{'a': [1]}}`. `d['a']` is `{value}`."
    assert verify(text, "backward", traced(code, "{'a': []}"), code).accepted is accepted


ANNOTATED = "def f(n):\n    if n > 3:\n        m: int = n + 1\n    else:\n        m: int = 2\n    return m\n"
SUMMED = "def f(xs):\n    t = 0\n    for x in xs:\n        t += x\n    return t\n"


@pytest.mark.parametrize(
    ("code", "args", "direction", "text"),
    [
        (ANNOTATED, "5", "forward", "[L5]: Now the else branch: `m = 6`."),
        (SUMMED, "[3, 5]", "backward", "1. `t += x`: `t = 3`. `return t`: `t = 3`."),
        (SUMMED, "[3, 5]", "forward", "def f(xs): returns 9"),
        (SUMMED, "[3, 5]", "forward", "raise TypeError"),
    ],
)
def test_what_looks_like_code_or_was_quoted_before_excuses_nothing(
    code: str, args: str, direction: Direction, text: str
) -> None:
    assert not verify(text, direction, traced(code, args), code).accepted


@pytest.mark.parametrize(
    ("direction", "answer", "status"),
    [
        ("forward", "[ANSWER]\nassert f([3, 5]) == 8\n[/ANSWER]", "supported"),
        ("forward", "[ANSWER] 8 [/ANSWER]", "supported"),
        ("forward", "So.\nassert f([3, 5]) == 8", "supported"),
        ("forward", "[ANSWER]\nassert f([3, 5]) == 7", "contradicted"),
        ("forward", "[ANSWER] '8' [/ANSWER]", "contradicted"),
        ("forward", "So.\nassert f([3, 5]) == 7\n", "contradicted"),
        ("forward", "[ANSWER]\nassert f([3]) == 7\n[/ANSWER]", "not_checkable"),
        ("backward", "[ANSWER]\nassert f([9, 9]) == 8\n[/ANSWER]", "not_checkable"),
        ("backward", "[ANSWER]\nassert f([3, 5]) == 9\n[/ANSWER]", "contradicted"),
        ("forward", "[ANSWER]\nassert f([3, 5]) == ??\n[/ANSWER]", None),
        ("forward", "assert f([3, 5]) == 7\nis what to complete.", None),
        ("forward", "[ANSWER]\nassert g([3, 5]) == 7\n[/ANSWER]", None),
        ("backward", "[ANSWER]\n[3, 5]\n[/ANSWER]", None),
    ],
)
def test_the_answer_is_a_claim(direction: Direction, answer: str, status: str | None) -> None:
    found = verify(f"We go through it.\n{answer}", direction, traced(SUMMED, "[3, 5]"), SUMMED)
    assert [claim.status for claim in found.claims] == ([status] if status else [])
