"""Which pairs every format can tell."""

from hypothesis import given
from hypothesis import strategies as st

from semcoder.records import Example
from semcoder.training.pairs import Row, left_out, pair_of

ROWS = st.lists(st.tuples(st.integers(0, 8), st.integers(1, 12), st.integers(0, 20)), max_size=12)


def row(name: str, pair: int, tokens: int, text: int) -> Row:
    example = Example(task="forward", prompt=f"{name} {text}", response="")
    return Row(f"test-{pair} forward", example, tokens)


@given(st.dictionaries(st.sampled_from(["monologue", "next", "direct"]), ROWS, min_size=1))
def test_what_is_left_has_one_short_row_of_its_own_in_each_format(
    drawn: dict[str, list[tuple[int, int, int]]],
) -> None:
    rows = {name: [row(name, *each) for each in found] for name, found in drawn.items()}
    faults = left_out(rows, max_tokens=10)
    pairs = {each.pair for found in rows.values() for each in found}
    left = pairs - faults.keys()
    assert faults.keys() <= pairs
    for found in rows.values():
        first = {each.pair: each for each in reversed(found)}
        assert left <= first.keys()
        assert all(first[pair].tokens <= 10 for pair in left)
        assert len({first[pair].example.id for pair in left}) == len(left)


def test_faults_are_named() -> None:
    rows = {
        "next": [row("next", 1, 30, 1), row("next", 2, 5, 2), row("next", 3, 5, 2)],
        "direct": [row("direct", 2, 1, 0)],
    }
    rows["direct"].append(row("direct", 3, 1, 1))
    assert left_out(rows, 10) == {
        "test-1 forward": "30 tokens as next",
        "test-3 forward": "the same as another as next",
    }
    assert (
        left_out({**rows, "direct": rows["direct"][:1]}, 10)["test-3 forward"]
        == "the same as another as next"
    )


def test_a_pair_is_a_test_in_one_direction() -> None:
    assert pair_of(("trace-1", "test-2", "program-3"), "backward") == "test-2 backward"
