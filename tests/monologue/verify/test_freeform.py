"""The verifier on texts that no writer of ours made, against marks set by hand."""

from freeform import PROGRAMS, measure, texts


def test_the_corpus_is_large_and_varied() -> None:
    every = texts()
    assert len(every) >= 300 and len({each.program for each in every}) == len(PROGRAMS) >= 75
    assert {each.direction for each in every} == {"forward", "backward"}
    assert len({each.text for each in every}) == len(every)
    assert sum(bool(each.false) for each in every) >= 140
    assert all(0 <= start < end <= len(each.text) for each in every for start, end in each.false)
    assert sum(each.held_out for each in every) >= 100


def test_what_is_called_false_is_false_on_texts_it_was_developed_on() -> None:
    found = measure([each for each in texts() if not each.held_out])
    assert found.claim_precision >= 0.99 and found.claim_recall >= 0.95, (found.mistaken, found.missed)
    assert found.text_precision >= 0.99 and found.text_recall >= 0.97


def test_what_is_called_false_is_false_on_held_out_texts() -> None:
    found = measure([each for each in texts() if each.held_out])
    assert found.claim_precision >= 0.97 and found.claim_recall >= 0.85, f"{found.claim_precision:.3f}"
    assert found.text_precision >= 0.97 and found.text_recall >= 0.90
