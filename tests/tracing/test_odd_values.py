"""Values that are written with care: halves of surrogate pairs, classes under a borrowed module name."""

import decimal
import json

from semcoder.tracing.states import from_json, to_json
from semcoder.tracing.values import show


def test_half_a_surrogate_pair_is_escaped_and_read_back() -> None:
    shown = {"s": r"'a\udcacä'"}
    text = to_json(shown)
    assert text.encode() and "ä" in text
    assert from_json("line", json.loads(text)) == shown


def test_a_class_that_claims_to_be_of_the_decimal_module_does_not_write_itself() -> None:
    namespace = {"__name__": "decimal"}
    exec("class Memo:\n    def __repr__(self):\n        return 'ran'", namespace)
    assert (
        show(namespace["Memo"](), 100) == ("Memo()", True)
        or show(namespace["Memo"](), 100)[0] == "<Memo object>"
    )
    assert show(decimal.Decimal("1.5"), 100)[0] == "Decimal('1.5')"
