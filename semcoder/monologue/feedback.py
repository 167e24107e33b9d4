"""What the writer of a refused monologue is told about it, for one more try.

It is told what is false and, where that helps, what is true instead, but never the answer: whoever knows the output
can write the steps towards it without following them, and such a monologue passes every check of its answer. Forward,
the true value of the first false step is given unless the output itself stands in it. Backward, the output is
known and many inputs are right, so what the proposed input really gives tells nothing that the writer could not find.
"""

import re

from semcoder.monologue.verify import Claim


def false_claim(text: str, claim: Claim, secret: str = "") -> str:
    """The first false statement of `text`, with what was really so; `secret` must not be told."""
    start, end = text.rfind("\n", 0, claim.start) + 1, text.find("\n", claim.end)
    line = text[max(start, claim.start - 150) : min(end if end >= 0 else len(text), claim.end + 50)]
    told = claim.truth if claim.truth and not (secret and _holds(claim.truth, secret)) else ""
    said = _cut(" ".join(claim.text.split()))
    return f"Where you write “{' '.join(line.split())}”, “{said}” is false{f': {told}' if told else ''}."


def wrong_output(said: str, text: str, false: Claim | None, secret: str) -> str:
    """A forward monologue that concludes another output."""
    why = (
        false_claim(text, false, secret)
        if false
        else "No statement that could be checked before that is false."
    )
    return f"It does not return {_cut(said)}. {why}"


def wrong_input(entry_point: str, said: str, gives: str, wanted: str) -> str:
    """A backward monologue whose input gives another output."""
    return f"{entry_point}({_cut(said)}) gives {_cut(gives)}, not {_cut(wanted)}."


def failing_input(entry_point: str, said: str, what: str) -> str:
    """A backward monologue whose input gives no output."""
    return f"{entry_point}({_cut(said)}) does not return at all: {_cut(what)}."


def _holds(text: str, secret: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(secret)}(?![\w.])", text) is not None


def _cut(text: str) -> str:
    return text if len(text) <= 200 else text[:200] + "..."
