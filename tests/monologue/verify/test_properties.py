"""Whatever the text: no crash, spans within it, true claims supported, time linear."""

import itertools
import time

import pytest
from freeform import PROGRAMS, texts, traced
from hypothesis import given, settings
from hypothesis import strategies as st

from semcoder.monologue.verify import verify

CODE, ARGS = PROGRAMS["running"]
PIECES = """[L2]: [L4] [L99] line 5 **Iteration 2**: iteration 0 first third last `n = -4` `total` `sums = [10]` total n
is becomes true false returns `6` 12 [10, 6] ( ) , . ; : | # ### - 1. ``` ` `` ' " = == 2 + 3 = 5 {1: (' not if when
after the loop runs twice None `i` goes from `0` to `1` ValueError is raised \n \n  - | i | n | list of 3 items"""
WORDS = PIECES.replace("\n", " \n ").split(" ")


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=400),
        st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join),
        st.sampled_from([each.text for each in texts()]).flatmap(
            lambda text: st.integers(0, len(text)).map(lambda at: text[at:] + "\n" + text[:at])
        ),
    ),
    st.sampled_from(["forward", "backward"]),
)
def test_any_text_is_read(text: str, direction: str) -> None:
    found = verify(text, direction, traced(CODE, *ARGS), CODE)  # type: ignore[arg-type]
    assert all(0 <= c.start <= c.end <= len(text) and text[c.start : c.end] == c.text for c in found.claims)
    assert [(c.start, c.end) for c in found.claims] == sorted((c.start, c.end) for c in found.claims)
    assert 0 <= found.coverage <= 1 and (found.score is None or 0 <= found.score <= 1)
    assert all(bool(claim.truth) <= (claim.status == "contradicted") for claim in found.claims)


FORMS = (
    "[L{line}]: `{name} = {value}`.",
    "[L{line}]: `{name}` becomes `{value}`.",
    "At some point `{name}` is `{value}`.",
    "`{name}` is set to `{value}` there.",
    "Line {line}: set `{name}` to `{value}`.",
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(PROGRAMS)), st.data())
def test_a_true_state_is_supported_and_another_value_is_not(name: str, data: st.DataObject) -> None:
    code, args = PROGRAMS[name]
    events = traced(code, *args)
    changes = [
        (event.line, variable, text)
        for event in events
        for variable, text in event.changes.items()
        if event.kind == "line" and not text.startswith("<") and "(" not in text[:12].replace("('", "")
    ]
    if not changes:
        return
    line, variable, value = data.draw(st.sampled_from(changes))
    form = data.draw(st.sampled_from(FORMS))
    true = verify(form.format(line=line, name=variable, value=value), "forward", events, code)
    assert [claim.status for claim in true.claims if claim.kind == "state"] == ["supported"], true.claims
    false = verify(form.format(line=line, name=variable, value="'never this'"), "forward", events, code)
    assert not false.accepted, false.claims


ADVERSARIAL = {
    "backticks": "`" * 7 + " `` ` ",
    "open brackets": "x = [{(",
    "quotes": "x is '\\' \"",
    "spaces": "x    is    ",
    "sums": "1 + 2 + 3 + ",
    "labels": "[L5] [L4]: ",
    "marks": "iteration 1, iteration 2 to 3, first iteration ",
    "names": "total and n and i and sums and ",
    "states": "`total = 10`, `n = 10` and `i = 7`, ",
    "prose": "then the the value of total is set to the the the ",
    "stars": "** * _ ** ",
    "lines": "- **Iteration 1**: `total = 3`.\n",
    "nothing": "a" * 10,
    "comparisons": "n < total <= i == n ",
    "returns": "returns `1`, `2`, `3` and ",
}


@pytest.mark.parametrize("kind", sorted(ADVERSARIAL))
def test_time_is_linear_in_the_text(kind: str) -> None:
    events = traced(CODE, *ARGS)
    piece = ADVERSARIAL[kind]

    def spent(repeats: int) -> float:
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            verify(piece * repeats, "forward", events, CODE)
            best = min(best, time.process_time() - started)
        return best

    small = 8000 // len(piece)
    spent(10)
    assert spent(8 * small) < 8 * 3 * spent(small) + 0.05


def test_time_is_linear_in_the_trace() -> None:
    code = "def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t\n"

    def spent(n: int) -> float:
        events = traced(code, str(n))
        sums = itertools.accumulate(range(n))
        text = "[L3]: loop\n" + "\n".join(
            f"- **Iteration {i + 1}**: `i = {i}`. [L4]: `t = {t}`." for i, t in enumerate(sums)
        )
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            assert verify(text, "forward", events, code).accepted
            best = min(best, time.process_time() - started)
        return best

    spent(50)
    assert spent(800) < 8 * 3 * spent(100) + 0.05
