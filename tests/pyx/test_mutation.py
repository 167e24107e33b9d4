import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from semcoder.execution import literals
from semcoder.execution.api import Call
from semcoder.pyx.mutation import MAX_CHARS, MAX_INT, MAX_ITEMS, Mutator

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=20)
)
hashable = st.integers() | st.text(max_size=5) | st.tuples(st.integers(), st.booleans())
values = st.recursive(
    scalars | st.sets(hashable, max_size=4) | st.frozensets(hashable, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=5) | st.tuples(inner, inner) | st.dictionaries(hashable, inner, max_size=4)
    ),
    max_leaves=12,
)


def call(*args: Any, **kwargs: Any) -> Call:
    return Call(tuple(literals.render(a) for a in args), {k: literals.render(v) for k, v in kwargs.items()})


@given(st.lists(values, min_size=1, max_size=3), st.integers())
def test_mutants_are_literals_of_the_same_types(args: list[Any], seed: int) -> None:
    known = call(*args, word=args[0])
    for mutant in Mutator(random.Random(seed), [known]).mutants(6):
        assert mutant != known
        assert len(mutant.args) == len(known.args) and mutant.kwargs.keys() == known.kwargs.keys()
        pairs = zip(
            (*known.args, *known.kwargs.values()), (*mutant.args, *mutant.kwargs.values()), strict=True
        )
        for before, after in pairs:
            assert type(literals.parse(after)) is type(literals.parse(before))


@given(values, st.integers())
def test_the_seed_decides(value: Any, seed: int) -> None:
    runs = [list(Mutator(random.Random(seed), [call(value)]).mutants(8)) for _ in range(2)]
    assert runs[0] == runs[1]
    assert len({repr(mutant) for mutant in runs[0]}) == len(runs[0])


@given(st.sets(st.text(max_size=5), min_size=2, max_size=6), st.integers())
def test_sets_mutate_alike_whatever_their_order(value: set[str], seed: int) -> None:
    again: set[str] = set()
    for item in sorted(value, reverse=True):
        again.add(item)
    one, other = (Mutator(random.Random(seed), []).mutate(each) for each in (value, again))
    assert one == other


def test_mutants_do_not_grow_without_end() -> None:
    mutator = Mutator(random.Random(0), [])
    number, text, items = 3, "abc", [1, 2]
    for _ in range(3000):
        number, text, items = mutator.mutate(number), mutator.mutate(text), mutator.mutate(items)
        assert abs(number) <= MAX_INT and len(text) <= MAX_CHARS and len(items) <= MAX_ITEMS


def test_pieces_of_known_inputs_come_back() -> None:
    known = [call("left"), call("right"), call("middle")]
    mutants = {text for mutant in Mutator(random.Random(1), known).mutants(60) for text in mutant.args}
    assert len(mutants) == 60 and not mutants & {"'left'", "'right'", "'middle'"}
    pairs = [call("left", 1), call("right", 2)]
    mixed = {mutant.args for mutant in Mutator(random.Random(1), pairs).mutants(60)}
    assert ("'left'", "2") in mixed or ("'right'", "1") in mixed


def test_nothing_to_mutate() -> None:
    assert list(Mutator(random.Random(0), []).mutants(5)) == []
    assert list(Mutator(random.Random(0), [Call()]).mutants(5)) == []
    assert list(Mutator(random.Random(0), [call(None)]).mutants(5)) == []
    assert list(Mutator(random.Random(0), [call(True)]).mutants(5)) == [call(False)]
