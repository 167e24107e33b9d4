"""Claims that have a subject: what a text says of a variable, an item or an expression that it names."""

import re
from collections.abc import Sequence

from semcoder.monologue.verify import patterns
from semcoder.monologue.verify.claims import Kind, Said
from semcoder.monologue.verify.patterns import relation
from semcoder.monologue.verify.prose import Atom
from semcoder.monologue.verify.readings import Readings
from semcoder.monologue.verify.spans import Inside, inside
from semcoder.monologue.verify.text import Chunk

_PART = re.compile(
    r"(?:[=<>+\-*/%!'’]|\b\d{1,9}(?= )|\b(?:not|in|or|than|per|plus|minus|(?<!value )of))[\s`*]?\Z"
)
"""Before a name in prose that is only a part of an expression."""
COMMON = frozenset(
    """
    an and argument arguments array as assertion at be begin block body branch by call case char
    character characters code condition count current data dict dictionaries dictionary digit
    digits element elements end entries expression final first floats for found function group
    in index input inputs integers is it item items iteration key keys last left length letter
    line list lists loop match max min name names new no not number numbers of old on or order
    output outputs pair pairs parameter parameters part parts path pattern pieces position
    program result return right run set sets side size so start state statement step string
    strings sum temp test tests text to total tuple tuples type value values variable variables
    with word words
    """.split()  # noqa: SIM905
)
"""Variables of these names, in prose, may be words and no variables."""


class Subjects(Readings):
    """Reads what follows a subject."""

    def _subject(self, chunk: Chunk, atoms: Sequence[Atom], at: int, held: Inside, found: list[Said]) -> int:
        """Claims whose subject is this atom."""
        atom, source = atoms[at], held.source
        after = chunk.low[atom.end - chunk.base : min(atom.end + 120, chunk.end) - chunk.base]
        prose = atom.kind == "name"
        doubtful = prose and source.lower() in COMMON
        if held.form in ("name", "place") and _PART.search(
            chunk.low, max(chunk.start, atom.start - 9) - chunk.base, atom.start - chunk.base
        ):
            return at + 1
        if held.form == "return":
            return self._after_return(chunk, atoms, at, held, found)
        if self._exception(chunk, atom, found):
            return at + 1
        if self._required(chunk, atom, source, after, found):
            return at + 1
        if held.form == "name" and self._trend(chunk, atom, source, after, found):
            return at + 1
        judged = self._verdict(chunk, atom, source, after)
        if judged is not None and not doubtful:
            found.append(judged)
            return at + 1
        if (
            held.form == "call"
            and self._call(chunk, atom, source, after, found)
            and not atoms[at + 1 : at + 2]
        ):
            return at + 1
        if held.form == "name" and not doubtful and (match := patterns.SAME.match(after)):
            found.append(Said("change", atom.start, atom.end + match.end(), source, "same"))
            return at + 1
        if not doubtful and self._shape(chunk, atoms, at, source, after, found):
            return at + 1
        if at + 1 == len(atoms):
            return at + 1
        second = atoms[at + 1]
        if (
            second.kind == "literal"
            and at + 2 < len(atoms)
            and patterns.TIMES.match(chunk.low[atom.end - chunk.base : atoms[at + 2].start - chunk.base])
        ):
            return self._returned(chunk, atoms, at + 1, held, found)
        glue = chunk.low[atom.end - chunk.base : second.start - chunk.base]
        if prose and source in self._functions and source not in self._ever:
            return at + 1
        said = relation(glue)
        if said == "and":
            return self._plural(chunk, atoms, at, found)
        if not said:
            before = self.before(chunk, atom.start, 60)
            if patterns.VERB_TO.search(before) and patterns.TO_VALUE.match(" ".join(glue.split()) + " "):
                said = "equals"
        if not said:
            return at + 1
        if said in ("from", "to") and not (said == "to" and "->" not in glue and "→" not in glue):
            return (
                self._from(chunk, atoms, at, source, found)
                if said == "from"
                else self._equals(
                    chunk, atoms, at, source, doubtful and "→" not in glue and "->" not in glue, found
                )
            )
        if said == "to":
            if not patterns.VERB_TO.search(self.before(chunk, atom.start, 60)):
                return at + 1
            return self._equals(chunk, atoms, at, source, doubtful, found)
        if said in ("gains", "loses"):
            return self._gains(chunk, atoms, at, source, said, found)
        if said == "returns":
            if doubtful:
                return at + 1
            return self._returned(chunk, atoms, at, held, found)
        if said == "i.e.":
            return at + 1
        sure = "=" in glue or "become" in glue or " now" in glue or ":=" in glue
        return self._equals(chunk, atoms, at, source, doubtful and not sure, found)

    def _equals(
        self, chunk: Chunk, atoms: Sequence[Atom], at: int, source: str, hedged: bool, found: list[Said]
    ) -> int:
        """`x` is `5`, or `x` is `1`, `2` and `3` in turn."""
        first = atoms[at]
        values, end = self._values(chunk, atoms, at + 1)
        if not values:
            return at + 1
        given = self._given(chunk, first.start)
        if len(values) > 1:
            texts = [self._text(each) or "" for each in values]
            said = Said("change", first.start, values[-1].end, source, "series", given, more=texts)
            said.hedged = hedged or any(each.kind != "code" for each in values)
            found.append(said)
            return end
        [only] = values
        value = self._text(only)
        if value is None:
            return at + 1
        kind: Kind = "state" if source.isidentifier() else "value"
        said = Said(kind, first.start, only.end, source, value, given, only.kind != "code", hedged)
        if only.kind != "code" and self._goes_on(chunk, only):
            return at + 2
        said.fresh = (
            patterns.CHANGES.search(chunk.low, first.end - chunk.base, only.start - chunk.base) is not None
        )
        if only.kind == "sum":
            self._sum(chunk, only, found)
        found.append(said)
        if patterns.IS_RETURNED.match(
            chunk.low[only.end - chunk.base : min(only.end + 60, chunk.end) - chunk.base]
        ) or re.search(r"\breturns?\W*$", self.before(chunk, first.start, 20)):
            found.append(Said("return", first.start, only.end, "", value, loose=only.kind != "code"))
        return end

    def _plural(self, chunk: Chunk, atoms: Sequence[Atom], at: int, found: list[Said]) -> int:
        """`a` and `b` are `1` and `2`; `a` and `b` are each a string."""
        subjects = [atoms[at]]
        last = at
        while last + 1 < len(atoms) and atoms[last + 1].kind in ("code", "name"):
            glue = chunk.low[atoms[last].end - chunk.base : atoms[last + 1].start - chunk.base]
            if relation(glue) != "and" or inside(atoms[last + 1].text).form != "name":
                break
            last += 1
            subjects.append(atoms[last])
        if len(subjects) == 1:
            return at + 1
        after = chunk.low[atoms[last].end - chunk.base : min(atoms[last].end + 120, chunk.end) - chunk.base]
        if self._are(after) and patterns.SHAPE.match(after):
            for each in subjects:
                self._shape_of(chunk, each, each.text, after, atoms[last].end, found)
            return last + 1
        if last + 1 == len(atoms):
            return last + 1
        glue = chunk.low[atoms[last].end - chunk.base : atoms[last + 1].start - chunk.base]
        said = relation(glue)
        if said != "all":
            return last if said else last + 1
        values, end = self._values(chunk, atoms, last + 1)
        texts = [self._text(each) for each in values]
        if len(values) == 1:
            values, texts = values * len(subjects), texts * len(subjects)
        if len(values) != len(subjects):
            return end
        for subject, value, text in zip(subjects, values, texts, strict=True):
            if text is not None and subject.text.isidentifier():
                loose = value.kind != "code"
                hedged = subject.kind == "name" and subject.text in COMMON
                found.append(Said("state", subject.start, value.end, subject.text, text, True, loose, hedged))
        return end

    @staticmethod
    def _are(after: str) -> bool:
        return re.match(r"[\s*_]*are (?:each|both|all|an?)\b", after) is not None

    def _from(self, chunk: Chunk, atoms: Sequence[Atom], at: int, source: str, found: list[Said]) -> int:
        """`x` goes from `1` to `2`."""
        if at + 2 >= len(atoms):
            return at + 1
        one, other = self._text(atoms[at + 1]), self._text(atoms[at + 2])
        glue = chunk.low[atoms[at + 1].end - chunk.base : atoms[at + 2].start - chunk.base]
        if one is None or other is None or relation(glue) != "to":
            return at + 1
        loose = any(each.kind != "code" for each in atoms[at + 1 : at + 3])
        found.append(
            Said(
                "change",
                atoms[at].start,
                atoms[at + 2].end,
                source,
                "from",
                False,
                loose,
                False,
                [one, other],
            )
        )
        return at + 3

    def _gains(
        self, chunk: Chunk, atoms: Sequence[Atom], at: int, source: str, verb: str, found: list[Said]
    ) -> int:
        values, end = self._values(chunk, atoms, at + 1)
        if not values:
            return at + 1
        after = chunk.low[values[-1].end - chunk.base : values[-1].end - chunk.base + 30]
        place = re.match(r"\W*at the (end|front|start)", after)
        if place:
            texts = [self._text(each) or "" for each in values]
            found.append(
                Said("change", atoms[at].start, values[-1].end, source, verb, more=[place[1], *texts])
            )
        return end

    def _verdict(self, chunk: Chunk, atom: Atom, source: str, after: str) -> Said | None:
        """A condition that is said to be true or false."""
        skipped = 0
        if after.lstrip(" *")[:1] == "(":
            opening = after.index("(")
            closing = after.find(")", opening)
            if closing > 0 and after.count("(", opening, closing) == 1:
                skipped = closing + 1
        said = patterns.verdict(after[skipped:])
        if said is None:
            return None
        true, end, each = said
        place = atom.end + skipped + end
        return Said(
            "condition",
            atom.start,
            place,
            source,
            str(true),
            self._given(chunk, atom.start),
            more="each" if each else None,
        )

    def _required(self, chunk: Chunk, atom: Atom, source: str, after: str, found: list[Said]) -> bool:
        """`E` must hold; the input must satisfy `E`."""
        match = patterns.MUST_HOLD.match(after)
        before = self.before(chunk, atom.start, 60)
        of_input = before.rstrip(" *_:").endswith(patterns.SATISFY) and patterns.MUST_SATISFY.search(before)
        if match is None and not of_input:
            return False
        more = "arguments" if of_input or chunk.section == "facts" else None
        end = atom.end + (match.end() if match else 0)
        found.append(Said("precondition", atom.start, end, source, "True", more=more))
        return True

    def _trend(self, chunk: Chunk, atom: Atom, source: str, after: str, found: list[Said]) -> bool:
        """What a variable does over a whole loop or run, and the kind of a parameter."""
        if chunk.section == "code":
            return False
        before = self.before(chunk, atom.start, 60)
        for trend, (ahead, behind) in patterns.TRENDS.items():
            match = behind.match(after) if behind else None
            if match or (ahead and ahead.search(before)):
                found.append(
                    Said("trend", atom.start, atom.end + (match.end() if match else 0), source, trend)
                )
                return True
        kind = patterns.KIND_FOR.search(self.before(chunk, atom.start, 400)) if "for" in before else None
        if kind:
            start = max(chunk.start, atom.start - 400) + kind.start("kind")
            found.append(
                Said("constraint", start, atom.end, source, given=True, more=(kind["kind"], None, ""))
            )
        return kind is not None

    def _shape(
        self, chunk: Chunk, atoms: Sequence[Atom], at: int, source: str, after: str, found: list[Said]
    ) -> bool:
        if not source.isidentifier() and inside(source).form not in ("place", "name"):
            return False
        return self._shape_of(chunk, atoms[at], source, after, atoms[at].end, found)

    def _shape_of(
        self, chunk: Chunk, atom: Atom, source: str, after: str, end: int, found: list[Said]
    ) -> bool:
        """`x` is a list of 3 items; `x` has 3 items; `x` is 3 characters long."""
        match = patterns.SHAPE.match(after)
        if match is None:
            match = patterns.SIZE.match(after) or patterns.LONG.match(after)
            if match is None or not (match["n"] and (match["unit"] or match["length"])):
                return False
        shape = patterns.shape(match)
        given = self._given(chunk, atom.start) or "(" not in match.group()[:3]
        found.append(Said("constraint", atom.start, end + match.end(), source, shape[0], given, more=shape))
        return True
