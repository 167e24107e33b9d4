"""A reply as HTML: the verdict, tests, and the model's text with every claim marked. Everything in it is untrusted."""

from collections.abc import Iterable
from html import escape

from semcoder.demo.answering import Reply
from semcoder.evaluation.assertions import Assertion
from semcoder.evaluation.checking import Ruling
from semcoder.monologue.verify import Claim, Status, Verified
from semcoder.monologue.view import apart

SIGNS: dict[Status, tuple[str, str, str]] = {
    # status: (class, sign, word); the sign says it without colour
    "supported": ("true", "\N{CHECK MARK}", "true"),
    "contradicted": ("false", "\N{BALLOT X}", "false"),
    "not_checkable": ("open", "?", "not checkable"),
}


def shown(reply: Reply) -> str:
    """The whole reply."""
    parts = [_verdict(reply.right, reply.verdict)]
    if reply.tests:
        parts.append(_list("tests", (_test(*each) for each in reply.tests)))
    if reply.program:
        parts += ["<h3>Program</h3>", f'<pre class="program">{escape(reply.program.strip())}</pre>']
    if reply.checked is not None:
        parts += ["<h3>Monologue, checked against the run</h3>", marked(reply.text, reply.checked)]
    elif reply.text:
        parts.append(_folded("What the model wrote", reply.text, open=not reply.program))
    if reply.cut:
        parts.append('<p class="note">The answer was cut off at its longest length (--max-tokens).</p>')
    if reply.prompt:
        parts.append(_folded("What was asked", reply.prompt))
    return f'<div class="reply">{"".join(parts)}</div>'


def refused(sentence: str) -> str:
    """What is wrong with a question, in the place of a reply."""
    return f'<div class="reply"><p class="verdict refused" role="alert">{escape(sentence)}</p></div>'


def marked(text: str, found: Verified) -> str:
    """The text with its claims marked, under a legend; false ones are told again with what was really so."""
    counts = found.counts
    legend = " ".join(
        f'<span class="claim {name}"><i>{sign}</i>{counts[status]} {word}</span>'
        for status, (name, sign, word) in SIGNS.items()
    )
    at, parts = 0, []
    for claim in apart(found.claims):
        parts += [escape(text[at : claim.start]), _claim(claim, text[claim.start : claim.end])]
        at = claim.end
    body = "".join([*parts, escape(text[at:])]).strip()
    false = [claim for claim in found.claims if claim.status == "contradicted"]
    faults = _list(
        "faults",
        (
            f"\N{LEFT DOUBLE QUOTATION MARK}{escape(' '.join(claim.text.split()))}"
            f"\N{RIGHT DOUBLE QUOTATION MARK} is false; really: {escape(claim.truth)}"
            for claim in false
        ),
    )
    return (
        f'<p class="legend" aria-label="Claims">{legend}</p><pre class="told">{body}</pre>'
        f"{faults if false else ''}"
    )


def _claim(claim: Claim, said: str) -> str:
    name, sign, word = SIGNS[claim.status]
    title = f"{claim.kind}: {word}" + (f"; really: {claim.truth}" if claim.truth else "")
    return f'<mark class="claim {name}" title="{escape(title)}"><i>{sign}</i>{escape(said)}</mark>'


def _verdict(right: bool | None, sentence: str) -> str:
    status: Status = "not_checkable" if right is None else "supported" if right else "contradicted"
    name, sign, _ = SIGNS[status]
    word = {None: "Not judged", True: "Right", False: "Wrong"}[right]
    return f'<p class="verdict {name}" role="status"><b>{sign} {word}.</b> {escape(sentence)}</p>'


def _test(test: Assertion, ruling: Ruling) -> str:
    name, sign, _ = SIGNS["supported" if ruling.passed else "contradicted"]
    why = "" if ruling.passed else f" {escape(ruling.reason)}: {escape(ruling.detail)}".rstrip(": ")
    return f'<span class="claim {name}"><i>{sign}</i></span> <code>{escape(test.source)}</code>{why}'


def _list(name: str, items: Iterable[str]) -> str:
    return f'<ul class="{name}">{"".join(f"<li>{each}</li>" for each in items)}</ul>'


def _folded(head: str, text: str, open: bool = False) -> str:
    return f"<details{' open' if open else ''}><summary>{head}</summary><pre>{escape(text.strip())}</pre></details>"
