"""Values that a text states, and what it says of them without naming a variable: returns, outputs, exceptions."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from semcoder.monologue.verify import patterns
from semcoder.monologue.verify.claims import Said
from semcoder.monologue.verify.expressions import number_of
from semcoder.monologue.verify.moments import Moments
from semcoder.monologue.verify.patterns import relation
from semcoder.monologue.verify.prose import Atom
from semcoder.monologue.verify.spans import Inside, inside
from semcoder.monologue.verify.text import MASK, Chunk
from semcoder.monologue.verify.tone import is_given

_MASKS = re.compile("\x01+")
_HEAD = re.compile(r"[\s*]*(?:iteration|iter|pass) ?#?\d+[\s*:]*\((?:\x01|, | and )*\Z")
"""What stands between an iteration's mark and the values in brackets behind it."""


class Readings:
    """Reads what stands around values. `quotes` tells whether code is a statement of the program."""

    def __init__(self, moments: Moments, backward: bool, quotes: Callable[[str], bool]) -> None:
        self._ever: Mapping[str, Collection[str]] = moments.ever
        self._texts: Collection[str] = moments.texts
        self._functions: Collection[str] = moments.functions
        self._entry = moments.root.name
        self._backward = backward
        self._quotes = quotes
        self._lower = {name.lower(): name for name in moments.ever}

    @staticmethod
    def before(chunk: Chunk, at: int, most: int) -> str:
        """The chunk's words up to a place, the last `most` of them."""
        return chunk.low[max(chunk.start, at - most) - chunk.base : at - chunk.base]

    def _given(self, chunk: Chunk, at: int) -> bool:
        """Whether a state at this place is told as a circumstance."""
        before = self.before(chunk, at, 300)
        if before.count("(") > before.count(")"):
            return not (chunk.leads and _HEAD.match(before))
        if len(before) < 4 or before.isspace():
            return False
        return is_given((_MASKS.sub(MASK, before) if MASK in before else before)[-100:])

    def _values(self, chunk: Chunk, atoms: Sequence[Atom], at: int) -> tuple[list[Atom], int]:
        """The literal at `at` and those joined to it by commas and `and`."""
        values: list[Atom] = []
        while at < len(atoms) and self._text(atoms[at]) is not None:
            if values:
                glue = chunk.low[values[-1].end - chunk.base : atoms[at].start - chunk.base].strip()
                if glue not in (",", "and", ", and", ", then", "then"):
                    break
                after = chunk.low[
                    atoms[at].end - chunk.base : min(atoms[at].end + 40, chunk.end) - chunk.base
                ]
                if patterns.IS_RETURNED.match(after):
                    break
            values.append(atoms[at])
            at += 1
        if len(values) > 1 and at < len(atoms):
            glue = chunk.low[values[-1].end - chunk.base : atoms[at].start - chunk.base]
            if relation(glue) in ("equals", "returns", "from"):  # that value is the subject of what follows
                values.pop()
                at -= 1
        return values, at

    def _text(self, atom: Atom) -> str | None:
        """The literal that an atom stands for."""
        if atom.kind == "code":
            if atom.text in self._texts:
                return atom.text
            return atom.text.strip() if inside(atom.text).form == "literal" else None
        if atom.kind == "sum":
            return number_of(atom.text)
        return atom.text if atom.kind in ("literal", "words") else None

    def _goes_on(self, chunk: Chunk, atom: Atom) -> bool:
        """Whether a number in prose is only the beginning of something longer."""
        rest = chunk.low[atom.end - chunk.base : min(atom.end + 30, chunk.end) - chunk.base]
        return patterns.NOT_A_VALUE.match(rest) is not None

    def _literal(self, chunk: Chunk, atoms: Sequence[Atom], at: int, found: list[Said]) -> int:
        """A value that no subject claimed: what is returned, or the output; or it is stored in a name."""
        atom = atoms[at]
        value = self._text(atom)
        if value is None:
            return at + 1
        since = atoms[at - 1].end if at else chunk.start
        before = chunk.low[max(since, chunk.start) - chunk.base : atom.start - chunk.base][-100:]
        after = chunk.low[atom.end - chunk.base : min(atom.end + 80, chunk.end) - chunk.base]
        loose = atom.kind != "code"
        if loose and (
            self._goes_on(chunk, atom) or (atom.kind == "words" and value not in ("True", "False", "None"))
        ):
            return at + 1
        whole = self.before(chunk, atom.start, 160)
        if (match := patterns.OUTPUT.search(whole)) or (
            chunk.final and (match := patterns.RESULT.search(whole))
        ):
            final = chunk.section == "end" or not match.group().startswith(
                ("function", "program", "call", "the function", "the program", "the call")
            )
            found.append(Said("output" if final else "return", atom.start, atom.end, "", value, loose=loose))
            return at + 1
        if at and relation(before) == "returns" and atoms[at - 1].kind == "code" and chunk.section != "end":
            return at + 1  # what that code is could not be read
        if patterns.RETURNING.search(before) or patterns.IS_RETURNED.match(after):
            found.append(Said("return", atom.start, atom.end, "", value, loose=loose))
            return at + 1
        if chunk.label is not None and patterns.OPERAND.search(before):
            found.append(Said("value", atom.start, atom.end, "", value, loose=loose, more="operand"))
            return at + 1
        if self._backward and chunk.section == "steps" and re.search(r"\boutput (?:is |of )?$", before):
            found.append(Said("output", atom.start, atom.end, "", value, loose=loose))
            return at + 1
        if self._backward and chunk.section == "end" and patterns.PROPOSED.search(before):
            found.append(Said("input", atom.start, atom.end, "", value, loose=loose))
            return at + 1
        if (
            at + 1 < len(atoms)
            and atoms[at + 1].kind in ("code", "name")
            and patterns.ASSIGNING.search(before)
        ):
            name = atoms[at + 1].text
            glue = chunk.low[atom.end - chunk.base : atoms[at + 1].start - chunk.base].strip(" *_")
            if name.isidentifier() and patterns.STORED_IN.match(glue):
                found.append(Said("state", atom.start, atoms[at + 1].end, name, value, loose=loose))
                return at + 2
        return at + 1

    def _after_return(
        self, chunk: Chunk, atoms: Sequence[Atom], at: int, held: Inside, found: list[Said]
    ) -> int:
        """`return x` gives `5`."""
        if at + 1 == len(atoms):
            return at + 1
        glue = chunk.low[atoms[at].end - chunk.base : atoms[at + 1].start - chunk.base]
        value = self._text(atoms[at + 1])
        if value is not None and (
            relation(glue) in ("equals", "returns") or glue.strip() in ("has to give", "must give")
        ):
            loose = atoms[at + 1].kind != "code"
            found.append(Said("return", atoms[at].start, atoms[at + 1].end, "", value, loose=loose))
            return at + 2
        return at + 1

    def _returned(self, chunk: Chunk, atoms: Sequence[Atom], at: int, held: Inside, found: list[Said]) -> int:
        """`f(3)` returns `6`, and `f` runs 2 times and returns `1`, `2` in turn."""
        values, end = self._values(chunk, atoms, at + 1)
        if not values:
            return at + 1
        texts = [self._text(each) or "" for each in values]
        loose = values[0].kind != "code"
        if loose and self._goes_on(chunk, values[0]):
            return end
        start, subject = atoms[at].start, held.source
        if len(texts) > 1:
            found.append(
                Said("return", start, values[-1].end, subject, "", loose=loose, more=texts, hedged=True)
            )
            return end
        found.append(Said("return", start, values[0].end, subject, texts[0], loose=loose))
        return end

    def _call(self, chunk: Chunk, atom: Atom, source: str, after: str, found: list[Said]) -> bool:
        """A call that the text says is made; True where it is one."""
        before = self.before(chunk, atom.start, 60)
        if patterns.CALLING.search(before) or patterns.CALLED.match(after):
            found.append(Said("call", atom.start, atom.end, source))
            return True
        return False

    def _exception(self, chunk: Chunk, atom: Atom, found: list[Said]) -> bool:
        match = patterns.EXCEPTION.match(atom.text.strip())
        if not match:
            return False
        before = self.before(chunk, atom.start, 60)
        after = chunk.low[atom.end - chunk.base : min(atom.end + 60, chunk.end) - chunk.base]
        if patterns.RAISING.search(before) or patterns.RAISED.match(after):
            found.append(Said("exception", atom.start, atom.end, match[1], match[3] or ""))
        return True

    def _sum(self, chunk: Chunk, atom: Atom, found: list[Said]) -> None:
        """Arithmetic written out: 2 + 3 = 5."""
        after = chunk.low[atom.end - chunk.base : min(atom.end + 60, chunk.end) - chunk.base]
        match = re.match(
            r"\s*(?:=|==|is|equals|gives)\s*[`*]*(-?\d+(?:\.\d+)?)\b(?!\.\d)(?!\s*[-+*/%])", after
        )
        if match:
            found.append(Said("value", atom.start, atom.end + match.end(), atom.text, match[1], loose=True))
