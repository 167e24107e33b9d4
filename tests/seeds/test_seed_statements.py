"""Statement seeds: they parse, keep to their bounds, and depend on file and seed alone."""

import ast

from hypothesis import given, settings
from hypothesis import strategies as st

from semcoder.seeds.slicing import Module
from semcoder.seeds.statements import Span, sample

FILE = '''"""The module's docstring."""
import os
import sys

LIMIT = 3


def first(x):
    # a comment
    for i in range(x):
        if i:
            print(i)
        else:
            print(x)
    return x


class Box:
    def get(self):
        while self:
            self.a()
            self.b()


first(LIMIT)
'''


def spans(text: str = FILE, seed: int = 0, how_many: int = 3, low: int = 3, high: int = 12) -> list[Span]:
    return list(sample(Module(text), "code/a.py", seed, how_many, low, high, set()))


def test_both_kinds_are_drawn_and_each_is_a_piece_of_the_file() -> None:
    drawn = {span for seed in range(60) for span in spans(seed=seed)}
    codes = {span.code for span in drawn}
    assert "for i in range(x):\n    if i:\n        print(i)\n    else:\n        print(x)\n" in codes
    assert any(len(ast.parse(code).body) > 1 for code in codes)
    lines = FILE.split("\n")
    for span in drawn:
        assert 3 <= span.last - span.first + 1 <= 12
        original = [line.strip() for line in lines[span.first - 1 : span.last]]
        assert [line.strip() for line in span.code.split("\n")[:-1]] == original


def test_imports_and_docstrings_alone_are_no_seed() -> None:
    assert spans('"""Doc."""\nimport os\nimport sys\nfrom a import b\n') == []


def test_spans_are_distinct_and_leave_out_what_is_taken() -> None:
    drawn = spans(how_many=50)
    assert len({(span.first, span.last) for span in drawn}) == len(drawn) > 5
    taken = {(span.first, span.last) for span in drawn[:3]}
    again = list(sample(Module(FILE), "code/a.py", 0, 50, 3, 12, taken))
    assert not taken & {(span.first, span.last) for span in again}


def test_the_draw_depends_on_the_seed_and_nothing_else() -> None:
    assert spans(seed=1) == spans(seed=1)
    assert len({tuple(spans(seed=seed)) for seed in range(20)}) > 5


def test_a_branch_that_starts_with_elif_is_never_a_seed() -> None:
    text = "if a:\n    x = 1\n    y = 1\nelif b:\n    x = 2\n    y = 2\n"
    assert {span.code for seed in range(20) for span in spans(text, seed, low=2)} == {text}


@given(
    st.lists(
        st.sampled_from(
            ["x = 1", "for i in y:\n    z()\n    w()", "def f():\n  '''a\nb'''\n  return 1", "a; b"]
        ),
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None)
def test_every_seed_parses(parts: list[str]) -> None:
    for span in spans("\n".join(parts) + "\n", how_many=4, low=2):
        ast.parse(span.code)
