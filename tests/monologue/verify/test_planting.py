"""Planted errors of every kind are found in true monologues, and the true ones pass."""

import random

import pytest
from freeform import PROGRAMS, traced

from benchmarks.planting import KINDS, planted
from semcoder.monologue.verify import verify
from semcoder.monologue.write import monologue
from semcoder.records import Direction, Monologue, Program, TestCase, Trace

Told = tuple[str, Direction, Trace, str]


def told() -> list[Told]:
    """Grounded monologues of the small programs, in both directions, two wordings, and in short."""
    found: list[Told] = []
    for code, args in PROGRAMS.values():
        events = traced(code, *args)
        if events[-1].kind != "return":
            continue
        program = Program(code=code, entry_point="f")
        test = TestCase(parents=(program.id,), args=args, output=events[-1].value, origin="type")
        trace = Trace(parents=(test.id, program.id), events=events)
        for direction in ("forward", "backward"):
            for seed, most in ((0, 3000), (1, 3000), (2, 900)):
                row = monologue(program, test, trace, direction, max_chars=most, seed=seed)  # type: ignore[arg-type]
                assert isinstance(row, Monologue) or most == 900
                if isinstance(row, Monologue):
                    found.append((row.text, row.direction, trace, code))
    return found


TOLD = told()


def test_no_true_monologue_is_flagged() -> None:
    assert len(TOLD) > 250
    flagged = [
        (text, found.reason)
        for text, direction, trace, code in TOLD
        if not (found := verify(text, direction, trace.events, code)).accepted
    ]
    assert flagged == []


@pytest.mark.parametrize("kind", KINDS)
def test_planted_errors_are_found(kind: str) -> None:
    rng = random.Random(kind)
    made: dict[str, bool] = {}
    rare = kind in ("wrong exception", "false invariant", "false constraint")
    for _ in range(6 if rare else 1):
        for text, direction, trace, code in TOLD:
            error = planted(text, trace, kind, rng)
            if error is None:
                continue
            assert error.text != text and error.kind == kind
            found = verify(error.text, direction, trace.events, code)
            made[error.text] = any(
                claim.status == "contradicted" and claim.start < error.end and error.start < claim.end
                for claim in found.claims
            )
    assert len(made) >= (4 if rare else 50)
    assert sum(made.values()) >= 0.98 * len(made), [text for text, hit in made.items() if not hit][:2]


def test_the_planter_is_reproducible() -> None:
    text, _, trace, _ = TOLD[0]
    one, other = (planted(text, trace, "wrong value", random.Random(3)) for _ in range(2))
    assert one is not None and one == other
