"""A string that no file can hold is still written, and read back."""

import json

from semcoder.tracing.states import from_json, to_json


def test_half_a_surrogate_pair_is_escaped_and_read_back() -> None:
    shown = {"s": r"'a\udcacä'"}
    text = to_json(shown)
    assert text.encode() and "ä" in text
    assert from_json("line", json.loads(text)) == shown
