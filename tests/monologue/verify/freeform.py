"""Free-form monologues that nobody's templates wrote, with what is false in them marked by hand.

The programs are in programs.txt, each with the call that is spoken of as its last line; the texts in freeform_*.txt: a heading line `@@ PROGRAM DIRECTION STYLE`, then the text, in which each false
statement stands between ⟦ and ⟧. They were written and marked before the verifier had read any of them, by one hand,
which also wrote the verifier. The first three files are what it was developed on; afterwards two false statements
were marked that had been overlooked. freeform_d.txt, about other programs, was written when the rest was done and is
held out: it was measured and not developed on.
"""

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from semcoder.monologue.verify import Verified, verify
from semcoder.records import Event
from semcoder.tracing import tracer

HERE = Path(__file__).parent
_HEADING = re.compile(r"^@@ (\w+) (forward|backward) ([\w-]+)\n", re.MULTILINE)


def _programs() -> dict[str, tuple[str, tuple[str, ...]]]:
    """{name: (code, arguments)}."""
    found = {}
    for piece in (HERE / "programs.txt").read_text(encoding="utf-8").split("@@ ")[1:]:
        name, _, body = piece.strip("\n").partition("\n")
        code, _, call = body.rpartition("\n# ")
        node = ast.parse(call, mode="eval").body
        assert isinstance(node, ast.Call)
        found[name] = (code + "\n", tuple(map(ast.unparse, node.args)))
    return found


PROGRAMS = _programs()


class Freeform(NamedTuple):
    """One text, without its marks; `false` are the places, in characters, of its false statements."""

    id: str
    program: str
    direction: str
    style: str
    text: str
    false: tuple[tuple[int, int], ...]
    held_out: bool


class Measured(NamedTuple):
    """How often the verifier is right. Precision: of what it says; recall: of what there is."""

    texts: int
    false: int
    contradicted: int
    claim_precision: float
    claim_recall: float
    text_precision: float
    text_recall: float
    mistaken: tuple[str, ...]
    """What is called false and is not."""
    missed: tuple[str, ...]
    """What is false and not found."""


def texts() -> list[Freeform]:
    """Every text, in file order."""
    found: list[Freeform] = []
    for path in sorted(HERE.glob("freeform_*.txt")):
        parts = _HEADING.split(path.read_text(encoding="utf-8"))[1:]
        for at in range(0, len(parts), 4):
            program, direction, style, marked = parts[at : at + 4]
            text, false = _unmarked(marked.strip("\n"))
            name = f"{program}-{len(found)}"
            found.append(Freeform(name, program, direction, style, text, false, path.stem == "freeform_d"))
    return found


def _unmarked(marked: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    plain, false = "", []
    for piece in re.split(r"(⟦.*?⟧)", marked):
        if piece.startswith("⟦"):
            false.append((len(plain), len(plain) + len(piece) - 2))
            piece = piece[1:-1]
        plain += piece
    return plain, tuple(false)


@cache
def traced(code: str, *args: str) -> tuple[Event, ...]:
    """The events of `f` called with arguments in Python; our own code, traced in this process."""
    return tuple(Event(**event) for event in tracer.trace(code, "f", list(args), {}, 2000, 2000)["events"])


def verified(each: Freeform) -> Verified:
    """What the verifier says of a text."""
    code, args = PROGRAMS[each.program]
    return verify(each.text, each.direction, traced(code, *args), code)  # type: ignore[arg-type]


def measure(chosen: list[Freeform]) -> Measured:
    """Hold the verifier against the marks."""
    right = contradicted = found = false = 0
    rejected = wrongly = bad = 0
    mistaken, missed = [], []
    for each in chosen:
        claims = [claim for claim in verified(each).claims if claim.status == "contradicted"]
        hits = [any(claim.start < end and start < claim.end for start, end in each.false) for claim in claims]
        mistaken += [
            f"{each.id}: {c.text!r} ({c.truth})" for c, hit in zip(claims, hits, strict=True) if not hit
        ]
        contradicted, right = contradicted + len(claims), right + sum(hits)
        for start, end in each.false:
            false += 1
            if any(claim.start < end and start < claim.end for claim in claims):
                found += 1
            else:
                missed.append(f"{each.id}: {each.text[start:end]!r}")
        bad += bool(each.false)
        rejected += bool(claims)
        wrongly += bool(claims) and not each.false
    return Measured(
        len(chosen), false, contradicted,
        right / max(contradicted, 1), found / max(false, 1),
        (rejected - wrongly) / max(rejected, 1), (rejected - wrongly) / max(bad, 1),
        tuple(mistaken), tuple(missed),
    )  # fmt: skip
