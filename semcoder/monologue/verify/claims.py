"""What a chunk of text states: claims before they are held against anything."""

import ast
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from semcoder.monologue.verify import patterns
from semcoder.monologue.verify.patterns import relation
from semcoder.monologue.verify.text import Atom, Chunk
from semcoder.monologue.verify.values import NUMBER_WORDS, expression, is_literal

Kind = Literal[
    "line", "iteration", "state", "condition", "value", "return", "exception", "call", "count", "output",
    "constraint", "change", "input",
]  # fmt: skip


@dataclass(slots=True)
class Said:
    """One claim. `start` and `end` are places in the text; `value` is a literal, or what `kind` needs."""

    kind: Kind
    start: int
    end: int
    subject: str = ""
    value: str = ""
    given: bool = False
    """Whether a state may be that from before the step."""
    loose: bool = False
    """Whether the value stands in prose, where types are not written out."""
    hedged: bool = False
    """Whether it is too uncertain that the text claims this to call it false."""
    more: Any = None
    fresh: bool = False
    """Whether a state is said to have come to be, or to have stayed, just there."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What a code span holds. `form` says which of the others counts."""

    form: Literal["literal", "assign", "test", "call", "name", "place", "expr", "return", "other"]
    assigned: tuple[tuple[str, ...], ...] = ()
    """assign: for each assignment the parts between its equals signs, the value last."""
    source: str = ""


_STATE = re.compile(r"([A-Za-z_]\w*) = (.+)\Z", re.DOTALL)
_MASKS = re.compile("\x01+")
_PART = re.compile(r"(?:[=<>+\-*/%!'’]|\b(?:not|in|or|than|per|plus|minus|(?<!value )of))[\s`*]?\Z")
"""Before a name in prose that is only a part of an expression."""
_HEAD = re.compile(r"[\s*]*(?:iteration|iter|pass) ?#?\d+[\s*:]*\((?:\x01|, | and )*\Z")
"""What stands between an iteration's mark and the values in brackets behind it."""
_ARROWS = re.compile(r"\s*(?:->|→|=>|⇒)\s*")
_ASSIGNED = re.compile(r"(?<![=<>!:+\-*/%|&^@])\s?=\s?(?![=])")
_COMMON = frozenset(
    """it is in as to at of on so an result value text string list number output input key index count
    word char character letter line data first last max min left right current new old array item items names
    numbers words elements element length size dictionary dict set tuple loop function return step state final
    temp and or not for with by be no total sum name case type order start end begin group string1 part parts
    match found values keys pairs pair digit digits position flag""".split()
)


@lru_cache(maxsize=16384)
def inside(content: str) -> Inside:
    """What the code span says by itself."""
    text = content.strip()
    if len(text) > 4000:
        return Inside("other", source=text)
    if _may_be_literal(text) and is_literal(text):
        return Inside("literal", source=text)
    state = _STATE.match(text)
    if state and (is_literal(state[2]) or state[2].startswith("<")):
        return Inside("assign", ((state[1], state[2]),))
    if _ARROWS.search(text) and "lambda" not in text and "def " not in text:
        parts = tuple(_ARROWS.split(text))
        if len(parts) == 2 and all(parts) and (is_literal(parts[1])):
            return Inside("assign", (parts,))
    if text.startswith("lambda("):
        return Inside("call", source="lambda_" + text[6:])
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _several(text)
    if len(body) != 1:
        return Inside("other", source=text)
    node = body[0]
    match node:
        case ast.Assign(targets=[*targets], value=value):
            return Inside("assign", (tuple([*map(ast.unparse, targets), ast.unparse(value)]),))
        case ast.AnnAssign(value=None, target=target, annotation=said) if is_literal(ast.unparse(said)):
            return Inside("assign", ((ast.unparse(target), ast.unparse(said)),))
        case ast.Return(value=value):
            return Inside("return", source=ast.unparse(value) if value else "None")
        case ast.Expr(value=ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not())):
            return Inside("test", source=text)
        case ast.Expr(value=ast.Call()):
            return Inside("call", source=text)
        case ast.Expr(value=ast.Name()):
            return Inside("name", source=text)
        case ast.Expr(value=ast.Attribute() | ast.Subscript()):
            return Inside("place", source=text)
        case ast.Expr():
            return Inside("expr", source=text)
    return Inside("other", source=text)


def _may_be_literal(text: str) -> bool:
    return not text[:1].isalpha() or text.startswith(
        ("True", "False", "None", "set(", "frozenset(", "float(", "complex(", "b'", 'b"')
    )


def _several(text: str) -> Inside:
    """Assignments side by side, or a chain such as `total = 1 + 2 = 3`."""
    found = []
    for piece in _split(text, ","):
        parts = tuple([part.strip() for part in _split(piece, "=")])
        if len(parts) < 2 or expression(parts[0]) is None or expression(parts[-1]) is None:
            return Inside("other", source=text)
        found.append(parts)
    return Inside("assign", tuple(found)) if found else Inside("other", source=text)


def _split(text: str, mark: str) -> list[str]:
    """`text` cut at commas before a name and an equals sign, or at lone equals signs, outside brackets and strings."""
    parts, depth, quote, start, at = [], 0, "", 0, 0
    while at < len(text):
        char = text[at]
        if quote:
            at += char == "\\"
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "[{(":
            depth += 1
        elif char in "]})":
            depth -= 1
        elif char == mark and depth == 0:
            if mark == ",":
                cut = re.match(r"\s*[A-Za-z_][\w.]*(?:\[[^\]]{0,40}\])?\s*=(?!=)", text[at + 1 : at + 100])
            else:
                cut = text[at + 1 : at + 2] != "=" and text[at - 1 : at] not in ("=", "<", ">", "!", ":")  # type: ignore[assignment]
            if cut:
                parts.append(text[start:at])
                start = at + 1
        at += 1
    return [*parts, text[start:]]


class Reader:
    """Reads the claims of chunks about one program."""

    def __init__(
        self,
        ever: Mapping[str, Collection[str]],
        texts: Collection[str],
        functions: Collection[str],
        backward: bool,
        entry: str,
        quotes: Callable[[str], bool],
    ) -> None:
        self._quotes = quotes
        self._ever = ever
        self._texts = texts
        self._functions = functions
        self._backward = backward
        self._entry = entry
        self._lower = {name.lower(): name for name in ever}

    def claims(self, chunk: Chunk) -> list[Said]:
        """Every claim of a chunk, in text order."""
        found: list[Said] = []
        if chunk.cells:
            return self._cells(chunk)
        atoms = [atom for atom in chunk.atoms if atom.kind not in ("label", "mark")]
        used = 0
        for at in range(len(atoms)):
            if at < used:
                continue
            used = max(used, self._atom(chunk, atoms, at, found))
        self._phrases(chunk, found)
        if found:
            self._hedge(chunk, found)
        return found

    def _hedge(self, chunk: Chunk, found: list[Said]) -> None:
        tone = chunk.tone
        unsure = chunk.section == "code" or tone.hypothetical
        if not unsure and not tone.negated:
            return
        words = chunk.words
        for said in found:
            if unsure and said.more != "summary":
                said.hedged = True
            elif not said.hedged and tone.negated:
                before, after = said.start - chunk.start, said.end - chunk.start
                clause = re.split(
                    r"[,;:]| so | then | and | because | since ", words[max(0, before - 80) : before]
                )[-1]
                said.hedged = patterns.negated(
                    clause
                    + " ~ "
                    + re.split(r"[,;]| so | because | since | but ", words[after : after + 40])[0]
                )
                if said.kind == "condition" or said.more == "summary":
                    said.hedged = patterns.negated(clause)

    @staticmethod
    def _before(chunk: Chunk, at: int, most: int) -> str:
        """The chunk's words up to a place, the last `most` of them."""
        return chunk.low[max(chunk.start, at - most) - chunk.base : at - chunk.base]

    def _given(self, chunk: Chunk, at: int) -> bool:
        """Whether a state at this place is told as a circumstance."""
        before = self._before(chunk, at, 300)
        if before.count("(") > before.count(")"):
            return not (chunk.leads and _HEAD.match(before))
        return bool(before.strip()) and patterns.is_given(_MASKS.sub("\x01", before)[-100:])

    # One atom, and what follows it

    def _atom(self, chunk: Chunk, atoms: Sequence[Atom], at: int, found: list[Said]) -> int:
        """Read the claims that begin at an atom; returns the first atom that is not yet read."""
        atom = atoms[at]
        if atom.kind == "code":
            state = _STATE.match(atom.text)
            if state and state[2] in self._ever.get(state[1], ()):
                said = Said("state", atom.start, atom.end, state[1], state[2], self._given(chunk, atom.start))
                found.append(said)
                return at + 1
            if atom.text in self._texts:
                return self._literal(chunk, atoms, at, found)
            if atom.text[:1].isupper() and self._exception(chunk, atom, found):
                return at + 1
            held = inside(atom.text)
            if held.form == "assign":
                self._assigned(chunk, atom, held, found)
                return at + 1
            if held.form == "literal":
                return self._literal(chunk, atoms, at, found)
            if held.form == "other":
                self._exception(chunk, atom, found)
                return at + 1
            return self._subject(chunk, atoms, at, held, found)
        if atom.kind == "name":
            return self._subject(chunk, atoms, at, Inside("name", source=atom.text), found)
        if atom.kind == "sum":
            self._sum(chunk, atom, found)
        return self._literal(chunk, atoms, at, found)

    def _assigned(self, chunk: Chunk, atom: Atom, held: Inside, found: list[Said]) -> None:
        given = self._given(chunk, atom.start)
        for parts in held.assigned:
            value = parts[-1]
            if not is_literal(value) and not value.startswith("<") and not re.match(r"[A-Za-z_]\w*\(", value):
                continue
            for part in parts[:-1]:
                if part.isidentifier():
                    found.append(Said("state", atom.start, atom.end, part, value, given, more=atom.text))
                elif is_literal(part):
                    found.append(Said("value", atom.start, atom.end, part, value))
                elif is_literal(value) and not self._quotes(atom.text):
                    found.append(Said("value", atom.start, atom.end, part, value, given))

    def _subject(self, chunk: Chunk, atoms: Sequence[Atom], at: int, held: Inside, found: list[Said]) -> int:
        """Claims whose subject is this atom."""
        atom, source = atoms[at], held.source
        after = chunk.low[atom.end - chunk.base : min(atom.end + 120, chunk.end) - chunk.base]
        prose = atom.kind == "name"
        doubtful = prose and source.lower() in _COMMON
        if held.form in ("name", "place") and _PART.search(
            chunk.low, max(chunk.start, atom.start - 9) - chunk.base, atom.start - chunk.base
        ):
            return at + 1
        if held.form == "return":
            return self._after_return(chunk, atoms, at, held, found)
        if self._exception(chunk, atom, found):
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
        if not doubtful and self._shape(chunk, atoms, at, source, after, found):
            return at + 1
        if at + 1 == len(atoms):
            return at + 1
        second = atoms[at + 1]
        glue = chunk.low[atom.end - chunk.base : second.start - chunk.base]
        if prose and source in self._functions and source not in self._ever:
            return at + 1
        said = relation(glue)
        if said == "and":
            return self._plural(chunk, atoms, at, found)
        if not said:
            before = self._before(chunk, atom.start, 60)
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
            if not patterns.VERB_TO.search(self._before(chunk, atom.start, 60)):
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
        ):
            found.append(Said("return", first.start, only.end, "", value, loose=only.kind != "code"))
        elif re.search(r"\breturns?\W*$", self._before(chunk, first.start, 20)):
            found.append(Said("return", first.start, only.end, "", value, loose=only.kind != "code"))
        return end

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
            from semcoder.monologue.verify.judge import number_of

            return number_of(atom.text)
        return atom.text if atom.kind in ("literal", "words") else None

    def _goes_on(self, chunk: Chunk, atom: Atom) -> bool:
        """Whether a number in prose is only the beginning of something longer."""
        rest = chunk.low[atom.end - chunk.base : min(atom.end + 30, chunk.end) - chunk.base]
        return patterns.NOT_A_VALUE.match(rest) is not None

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
                hedged = subject.kind == "name" and subject.text in _COMMON
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

    # Literals and returns

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
            self._goes_on(chunk, atom) or atom.kind == "words" and value not in ("True", "False", "None")
        ):
            return at + 1
        whole = self._before(chunk, atom.start, 160)
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
        before = self._before(chunk, atom.start, 60)
        if patterns.CALLING.search(before) or patterns.CALLED.match(after):
            found.append(Said("call", atom.start, atom.end, source))
            return True
        return False

    # Other phrases

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
        kind = unit = ""
        number: str | None = None
        if match:
            kind, number, unit = match["kind"], match["n"], match["unit"] or ""
        else:
            match = patterns.SIZE.match(after) or patterns.LONG.match(after)
            if match:
                number, unit = match["n"], match["unit"] or ""
                if not unit and not match["length"]:
                    return False
        if match is None or not (kind or number):
            return False
        size = (
            NUMBER_WORDS.get(number, None)
            if number and not number.isdigit()
            else int(number)
            if number
            else None
        )
        given = self._given(chunk, atom.start) or "(" not in match.group()[:3]
        found.append(
            Said("constraint", atom.start, end + match.end(), source, kind, given, more=(kind, size, unit))
        )
        return True

    def _exception(self, chunk: Chunk, atom: Atom, found: list[Said]) -> bool:
        match = patterns.EXCEPTION.match(atom.text.strip())
        if not match:
            return False
        before = self._before(chunk, atom.start, 60)
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

    def _cells(self, chunk: Chunk) -> list[Said]:
        """States in a row of a table, where columns are named after variables."""
        found = []
        for name, cell in chunk.cells:
            variable = self._lower.get(name)
            value = cell.text.strip()
            if variable is None or not value or not is_literal(value):
                continue
            found.append(Said("state", cell.start, cell.end, variable, value, True, True))
        return found

    def _phrases(self, chunk: Chunk, found: list[Said]) -> None:
        """Claims that are made in words: how often a loop runs, what a branch did, how often a test was true."""
        tone = chunk.tone
        if tone.looping and chunk.section != "code":
            self._counts(chunk, chunk.words, found)
        if chunk.labels and chunk.mark is not None:
            for atom in chunk.atoms:
                if atom.kind == "label":
                    match = patterns.IN_ALL.match(chunk.low, atom.end - chunk.base)
                    if match:
                        end = chunk.base + match.end()
                        line = "".join(filter(str.isdigit, atom.text))
                        said = chunk.low[atom.end - chunk.base : match.end()]
                        found.append(Said("condition", atom.start, end, line, said, more="summary"))
        if (
            tone.branching
            and chunk.label is not None
            and chunk.opens
            and (match := patterns.BRANCH.search(chunk.words))
        ):
            taken = match["into"] is not None
            start = chunk.start + match.start()
            found.append(Said("condition", start, chunk.start + match.end(), "", str(taken), more="branch"))

    def _counts(self, chunk: Chunk, words: str, found: list[Said]) -> None:
        for match in patterns.COUNT.finditer(words):
            what, once = match["what"], match["once"]
            if not what and not once:
                continue
            before = words[max(0, match.start() - 60) : match.start()]
            if re.search(
                r"\b(?:further|other|remaining|more|next|of|every|each|least|most|than)\s*$", before
            ):
                continue
            if match["n"] == "one" and re.search(r"\bin\s*$", before):
                continue
            if (once or what == "times") and not re.search(
                r"\b(?:loop|body|it|iterates?|repeats?|this)\b[^.`\x01]{0,25}$", before
            ):
                continue
            n = {"once": 1, "twice": 2}.get(once or "", 0) or _number(match["n"])
            if n is None:
                continue
            start = chunk.start + match.start()
            found.append(Said("count", start, chunk.start + match.end(), "", str(n)))


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    return int(text) if text.isdigit() else NUMBER_WORDS.get(text)
