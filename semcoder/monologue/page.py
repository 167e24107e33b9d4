"""Monologues as one HTML page that steps through their runs: self-contained, without network or framework.

Programs and texts are untrusted. They stand in the page only as JSON in an inert block, with every character
that HTML could read escaped; the script puts them in place as text, never as markup.
"""

import json
import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

from semcoder.monologue.page_template import PAGE
from semcoder.monologue.view import View

_CODE = re.compile(r"`[^`\n]+`")
_BOLD = re.compile(r"\*\*[^*\n]+\*\*")
_HEADING = re.compile(r"#{1,4}\s+")


class _Look(NamedTuple):
    """How one character of a monologue is shown; None where it is not."""

    code: bool
    bold: bool
    step: int | None
    claim: int | None


def page(views: Sequence[View]) -> str:
    """The page of some monologues, each with its code, the states of its run and its checked claims."""
    data = json.dumps([_shown(each) for each in views], ensure_ascii=True, separators=(",", ":"))
    for character in "<>&":  # in JSON they stand inside strings only
        data = data.replace(character, f"\\u{ord(character):04x}")
    return PAGE.replace("__DATA__", data)


def _shown(view: View) -> dict[str, Any]:
    texts: dict[str, int] = {}
    steps = [
        {
            "line": step.line,
            "what": step.what,
            "scope": step.scope,
            "depth": step.depth,
            "vars": [
                [each.name, texts.setdefault(each.text, len(texts)), int(each.changed)]
                for each in step.variables
            ],
        }
        for step in view.steps
    ]
    counts = view.found.counts
    return {
        "id": view.told.id,
        "direction": view.told.direction,
        "call": f"{view.told.program.entry_point}({view.told.arguments})",
        "code": view.told.program.code.rstrip("\n").split("\n"),
        "offset": view.told.label_offset if view.told.direction == "forward" else 0,
        "steps": steps,
        "texts": list(texts),
        "told": _lines(view),
        "true": counts["supported"],
        "false": [
            {"said": each.text.replace("`", ""), "truth": each.truth}
            for each in view.found.claims
            if each.status == "contradicted"
        ],
        "unchecked": counts["not_checkable"],
        "coverage": round(view.found.coverage, 4),
    }


def _lines(view: View) -> list[dict[str, Any]]:
    """The monologue line by line: its kind, its depth and its parts."""
    marks = view.marks
    at, lines = 0, []
    for text in view.told.text.split("\n"):
        heading = _HEADING.match(text)
        indent = len(text) - len(text.lstrip(" "))
        begin = heading.end() if heading else indent
        looks = _looks(text, at, view, marks)
        parts = []
        for look, group in groupby(range(begin, len(text)), looks.__getitem__):
            if look is None:
                continue
            part: dict[str, Any] = {"text": "".join(text[place] for place in group)}
            part |= {name: 1 for name in ("code", "bold") if getattr(look, name)}
            if look.step is not None:
                part["step"] = look.step
            if look.claim is not None:
                claim = marks[look.claim]
                part |= {"false": claim.truth} if claim.status == "contradicted" else {"true": 1}
            parts.append(part)
        lines.append({"heading": int(heading is not None), "indent": indent, "parts": parts})
        at += len(text) + 1
    return lines


def _looks(text: str, at: int, view: View, marks: Sequence[Any]) -> list[_Look | None]:
    """How each character of the line that begins at `at` is shown."""
    code, bold, hidden = set[int](), set[int](), set[int]()
    for pattern, width, found in ((_CODE, 1, code), (_BOLD, 2, bold)):
        for match in pattern.finditer(text):
            if pattern is _CODE or match.start() not in code:
                found.update(range(*match.span()))
                hidden.update(range(match.start(), match.start() + width))
                hidden.update(range(match.end() - width, match.end()))
    steps: dict[int, int] = {}
    for passage in view.passages:
        for place in range(max(passage.start, at), min(passage.end, at + len(text))):
            steps[place - at] = passage.step
    claims: dict[int, int] = {}
    for number, claim in enumerate(marks):
        for place in range(max(claim.start, at), min(claim.end, at + len(text))):
            claims[place - at] = number
    return [
        None if place in hidden else _Look(place in code, place in bold, steps.get(place), claims.get(place))
        for place in range(len(text))
    ]
