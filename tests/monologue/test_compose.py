"""Monologues of random programs are true; the wording varies by seed; what does not fit is told in less detail."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monologue_cases import LABEL, case, false_claims, uncited

from semcoder.monologue.activations import Untellable
from semcoder.monologue.compose import TooLong, compose, concluded
from semcoder.records import Trace

NAMES = ["a", "b", "xs"]
EXPRESSIONS = [
    "a + 1",
    "b - a",
    "a * 2 if b > 0 else b",
    "len(xs)",
    "sum(xs)",
    "a % 3",
    "helper(a, b)",
    "-b",
    "a",
]
TESTS = [
    "a > b",
    "a % 2 == 0",
    "not xs",
    "b in xs",
    "a > 3 and b < 5",
    "a < 0 or len(xs) > 2",
    "helper(b, 1) > 2",
]
SIMPLE = [
    "{n} = {e}",
    "{n} += {e}",
    "xs.append({e})",
    "a, b = b, {e}",
    "xs = xs[:3]",
    "xs.sort()",
    "{n}: int = {e}",
]
HELPER = "def helper(x, y):\n    if x > y:\n        return x - y\n    z = x + y\n    return z % 5\n\n\n"


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


@st.composite
def simple(draw: st.DrawFn) -> list[str]:
    form = draw(st.sampled_from(SIMPLE))
    return [form.format(n=draw(st.sampled_from("ab")), e=draw(st.sampled_from(EXPRESSIONS)))]


def compound(inner: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    body = st.lists(inner, min_size=1, max_size=3).map(
        lambda blocks: [line for block in blocks for line in block]
    )

    @st.composite
    def build(draw: st.DrawFn) -> list[str]:
        kind = draw(st.sampled_from(["if", "else", "for", "try", "leave"]))
        test, block = draw(st.sampled_from(TESTS)), indented(draw(body))
        if kind == "if":
            return [f"if {test}:", *block]
        if kind == "else":
            return [f"if {test}:", *block, "else:", *indented(draw(body))]
        if kind == "try":
            risky = draw(st.sampled_from(["a //= b", "b = xs[a]", "xs.remove(a)"]))
            return [
                "try:",
                f"    {risky}",
                *block,
                "except (ValueError, IndexError, ZeroDivisionError):",
                "    b += 1",
            ]
        over = draw(st.sampled_from(["range(3)", "list(xs)[:4]", "(a, 2, 5)"]))
        if kind == "leave":
            word = draw(st.sampled_from(["break", "continue", "return a, b, xs"]))
            return [f"for k in {over}:", "    a += k", f"    if {test}:", f"        {word}", *block]
        return [f"for k in {over}:", *block]

    return build()


STATEMENTS = st.recursive(simple(), compound, max_leaves=6)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(STATEMENTS, min_size=1, max_size=4), st.integers(-3, 6), st.integers(-3, 6))
def test_random_programs_are_told_truly(blocks: list[list[str]], a: int, b: int) -> None:
    body = indented([line for block in blocks for line in block])
    code = HELPER + "\n".join(["def f(a, b, xs):", *body, "    return a, b, xs"])
    try:
        traced = case(code, str(a), str(b), "[3, 1, 2]")
    except AssertionError:
        return  # raised, or ran on for too long
    text = compose(*traced, "forward", max_chars=10**6)
    assert false_claims(text, traced) == []
    assert uncited(text, traced) == set()
    for limit in (2400, 1500):
        for direction in ("forward", "backward"):
            try:
                short = compose(*traced, direction, max_chars=limit)
            except TooLong:
                continue
            assert len(short) <= limit
            assert false_claims(short, traced) == []
            assert direction == "backward" or uncited(short, traced) == set()


LOOP = case(
    """
    def f(n):
        total = 0
        for k in range(n):
            if k % 3 == 1:
                total += k
        return total
    """,
    "40",
)


def test_long_loops_keep_first_and_last_iterations_and_a_true_middle() -> None:
    text = compose(*LOOP, "forward", max_chars=1500)
    assert false_claims(text, LOOP) == []
    assert "**Iteration 1**" in text and "**Iteration 40**" in text
    first, last = re.search(r"\*\*Iterations (\d+) to (\d+)\*\*", text).groups()  # type: ignore[union-attr]
    shown = {int(n) for n in re.findall(r"\*\*Iteration (\d+)\*\*", text)}
    assert shown | set(range(int(first), int(last) + 1)) == set(range(1, 41))
    assert f"is true in {len([k for k in range(int(first) - 1, int(last)) if k % 3 == 1])} of them" in text


def test_inner_loops_are_shortened_before_outer_ones() -> None:
    nested = case(
        """
        def f(n):
            t = 0
            for i in range(4):
                for j in range(n):
                    t += i * j
            return t
        """,
        "12",
    )
    text = compose(*nested, "forward", max_chars=3200)
    outer = [line for line in text.splitlines() if re.match(r"   - \*\*Iteration \d+\*\*", line)]
    assert len(outer) == 4
    assert "**Iterations 3 to 11**" in text


def test_what_does_not_fit_is_refused_with_its_length() -> None:
    with pytest.raises(TooLong, match=r"^\d{3,} characters"):
        compose(*LOOP, "forward", max_chars=300)


def test_what_a_short_telling_leaves_out_is_told_once() -> None:
    """A line that only runs in iterations told in short is still spoken of."""
    rare = case(
        """
        def f(n):
            odd = 0
            for k in range(n):
                if k == 20:
                    odd = k
                    continue
            return odd
        """,
        "40",
    )
    text = compose(*rare, "forward", max_chars=1500)
    assert "**Iterations" in text and text.count("[L5]") == text.count("[L6]") == 1
    assert "`odd = 20`" in text and false_claims(text, rare) == []


def test_question_and_monologue_share_a_bound_as_far_as_that_goes() -> None:
    full = compose(*LOOP, "forward", max_chars=10**6)
    question = 400 + len(LOOP.program.code)
    assert compose(*LOOP, "forward", max_chars=10**6, max_total_chars=len(full) + question + 100) == full
    short = compose(*LOOP, "forward", max_chars=10**6, max_total_chars=1800)
    assert len(short) < 1800 - len(LOOP.program.code)
    shortest = compose(*LOOP, "forward", max_chars=10**6, max_total_chars=1)
    assert shortest == compose(*LOOP, "forward", max_chars=len(shortest))


def test_wording_depends_on_seed_and_nothing_else() -> None:
    texts = [compose(*LOOP, "forward", max_chars=2400, seed=seed) for seed in (0, 0, 1, 2, 3)]
    assert texts[0] == texts[1]
    assert len(set(texts)) >= 4


def test_labels_are_lines_plus_offset() -> None:
    plain, shifted = (compose(*LOOP, "forward", max_chars=2400, label_offset=n) for n in (0, 4))
    moved = LABEL.sub(lambda found: f"[L{int(found[1]) + 4}]", plain)
    assert moved == shifted


def test_conclusion_survives_quotes_and_backticks() -> None:
    odd = case("def f(s):\n    return [s + '`', {'a\"b': 1}]", "'it`s ``\"==\"`` 1'")
    assert concluded(compose(*odd, "forward", max_chars=2400), "forward") == odd.test.output
    assert concluded(compose(*odd, "backward", max_chars=2400), "backward") == odd.test.call_arguments


def test_a_planted_error_is_seen_by_the_checks() -> None:
    """The reader that the other tests rely on does find a wrong value, test, operand and line."""
    text = compose(*LOOP, "forward", max_chars=10**6)
    for right, wrong in (
        ("`total = 5`", "`total = 6`"),
        ("is true", "is false"),
        ("`k % 3` is `1`", "`k % 3` is `2`"),
        ("[L5]", "[L7]"),
    ):
        assert right in text
        assert false_claims(text.replace(right, wrong, 1), LOOP)


def test_a_trace_that_is_not_one_whole_call_is_not_told() -> None:
    broken = Trace(parents=LOOP.trace.parents, events=LOOP.trace.events[:-1])
    with pytest.raises(Untellable, match="does not return"):
        compose(LOOP.program, LOOP.test, broken, "forward", max_chars=2400)
    other = LOOP.test.model_copy(update={"output": "1"})
    with pytest.raises(Untellable, match="recorded output"):
        compose(LOOP.program, other, LOOP.trace, "forward", max_chars=2400)
