"""Shards part the records: each belongs to exactly one, and both spellings mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semcoder.errors import UserError
from semcoder.shards import Shard


@given(st.text(), st.integers(1, 20))
def test_every_key_belongs_to_exactly_one_shard(key: str, count: int) -> None:
    key = key.encode("utf-8", "replace").decode()
    assert sum(Shard(index, count).holds(key) for index in range(1, count + 1)) == 1


def test_snakemakes_spelling() -> None:
    assert Shard.parse("3-of-16") == Shard.parse("3/16") == (3, 16)


@pytest.mark.parametrize("text", ["0/2", "3/2", "x", "1", "1/0", "-1/2", ""])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="write it as 3/16"):
        Shard.parse(text)
