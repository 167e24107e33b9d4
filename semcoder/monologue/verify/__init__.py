"""The verifier: every claim of a monologue held against what really happened.

`verify` reads any text, ours, a model's or a person's, into claims with their places in it, finds the moments of
the trace that each can be about, and says whether it is supported, contradicted or cannot be checked. A claim is
called contradicted only where the text certainly makes it and no moment that it can be about bears it out.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple

from semcoder.monologue.listing import Listing, listing
from semcoder.monologue.verify.align import Alignment
from semcoder.monologue.verify.answers import answers
from semcoder.monologue.verify.claims import Kind
from semcoder.monologue.verify.frames import Judged
from semcoder.monologue.verify.moments import Moments
from semcoder.monologue.verify.text import lines
from semcoder.records import Direction, Event
from semcoder.tracing.structure import source_lines

Status = Literal["supported", "contradicted", "not_checkable"]

_ZERO = re.compile(r"iteration\s?(?:number\s|#)?0\b")


class Claim(NamedTuple):
    """One statement of a text: `text[start:end]`, in characters, says it."""

    start: int
    end: int
    kind: Kind
    status: Status
    text: str
    truth: str = ""
    """What was really so, where the claim is contradicted."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What the verifier found in one text."""

    claims: tuple[Claim, ...] = field(default=())
    """In text order."""
    coverage: float = 1.0
    """Share of the executed lines with an effect that the text speaks of, 0 to 1."""

    @property
    def counts(self) -> Counter[Status]:
        """How many claims there are of each status."""
        return Counter(claim.status for claim in self.claims)

    @property
    def score(self) -> float | None:
        """Share of the checkable claims that are supported, 0 to 1; None where nothing can be checked."""
        found = self.counts
        checkable = found["supported"] + found["contradicted"]
        return found["supported"] / checkable if checkable else None

    @property
    def first_false(self) -> Claim | None:
        """The first contradicted claim."""
        return next((claim for claim in self.claims if claim.status == "contradicted"), None)

    @property
    def accepted(self) -> bool:
        """Whether no claim is contradicted."""
        return self.first_false is None

    @property
    def reason(self) -> str:
        """The first false claim in words, with what was really so; empty for an accepted text."""
        claim = self.first_false
        if claim is None:
            return ""
        said = " ".join(claim.text.split())
        said = said if len(said) <= 200 else said[:200] + "..."
        return f"{claim.kind}: {said!r} is false: {claim.truth}"


def verify(
    text: str,
    direction: Direction,
    events: Sequence[Event],
    code: str | None = None,
    *,
    label_offset: int = 0,
    truncated: bool = False,
) -> Verified:
    """Check every claim of `text` against the `events` of one traced call.

    Without `code`, or where it does not parse, only what the events alone tell is checked: states, returns and
    exceptions, but no iterations and no conditions of branches. `label_offset` is what was added to line numbers in
    labels. Where the trace is `truncated`, what it does not hold may yet have happened. Never raises for any text.
    """
    moments = Moments(events, _listing(code) if code else None)
    offset = label_offset if direction == "forward" else 0
    alignment = Alignment(
        moments, direction == "backward", offset, _ZERO.search(text.lower()) is not None, truncated
    )
    for line in lines(text, _names(moments), _code_lines(code or "")):
        alignment.line(line)
    judged = [*alignment.judged, *answers(text, moments, alignment.judge, direction == "backward")]
    claims = sorted((_claim(each, text) for each in judged), key=lambda each: (each.start, each.end))
    effects = set(moments.last_lines())
    covered = len(effects & alignment.lines) / len(effects) if effects else 1.0
    return Verified(tuple(claims), covered)


def _claim(judged: Judged, text: str) -> Claim:
    said, holds = judged.said, judged.holds
    status: Status = "not_checkable" if holds is None else "supported" if holds else "contradicted"
    start, end = said.start, min(said.end, len(text))
    return Claim(start, end, said.kind, status, text[start:end], judged.truth)


def _names(moments: Moments) -> set[str]:
    return {*moments.ever, *moments.functions}


@lru_cache(maxsize=64)
def _code_lines(code: str) -> frozenset[str]:
    return frozenset(line.strip() for line in source_lines(code))


def _listing(code: str) -> Listing | None:
    try:
        return listing(code)
    except (SyntaxError, ValueError, RecursionError):
        return None
