"""From chunks of text to claims, before they are held against anything."""

import re
from collections.abc import Sequence

from semcoder.monologue.verify import patterns
from semcoder.monologue.verify.claims import Said
from semcoder.monologue.verify.prose import Atom
from semcoder.monologue.verify.spans import STATE, Inside, inside
from semcoder.monologue.verify.subjects import Subjects
from semcoder.monologue.verify.text import Chunk
from semcoder.monologue.verify.tone import hypothetical, left_open, negated
from semcoder.monologue.verify.values import NUMBER_WORDS, is_literal


class Reader(Subjects):
    """Reads the claims of chunks about one program."""

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
        if not unsure and not tone.negated and not tone.left_open:
            return
        words = chunk.words
        for said in found:
            if said.kind in ("precondition", "invariant", "trend"):  # what follows only explains them
                said.hedged = chunk.section == "code" or hypothetical(words[: said.end - chunk.start])
                continue
            open_ = tone.left_open and left_open(_clause(words, said, chunk.start))
            if open_ or (unsure and said.more != "summary"):
                said.hedged = True
            elif not said.hedged and tone.negated:
                before, after = said.start - chunk.start, said.end - chunk.start
                clause = re.split(
                    r"[,;:]| so | then | and | because | since ", words[max(0, before - 80) : before]
                )[-1]
                said.hedged = negated(
                    clause
                    + " ~ "
                    + re.split(r"[,;]| so | because | since | but ", words[after : after + 40])[0]
                )
                if said.kind == "condition" or said.more == "summary":
                    said.hedged = negated(clause)

    def _atom(self, chunk: Chunk, atoms: Sequence[Atom], at: int, found: list[Said]) -> int:
        """Read the claims that begin at an atom; returns the first atom that is not yet read."""
        atom = atoms[at]
        if atom.kind == "code":
            state = STATE.match(atom.text)
            if state and state[2] in self._ever.get(state[1], ()):
                said = Said("state", atom.start, atom.end, state[1], state[2], self._given(chunk, atom.start))
                found.append(said)
                return at + 1
            if atom.text in self._texts:
                return self._literal(chunk, atoms, at, found)
            if atom.text[:1].isupper() and self._exception(chunk, atom, found):
                return at + 1
            held = inside(atom.text)
            if (
                self._backward
                and chunk.section == "end"
                and "," in atom.text
                and self._proposes(chunk, atom, found)
            ):
                return at + 1
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

    def _proposes(self, chunk: Chunk, atom: Atom, found: list[Said]) -> bool:
        """Whether a code span holds the arguments of a proposed call."""
        proposed = patterns.PROPOSED.search(self.before(chunk, atom.start, 100)) is not None
        if proposed:
            found.append(Said("input", atom.start, atom.end, "", atom.text.strip()))
        return proposed

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
        tone, words = chunk.tone, chunk.words
        if "iteration k" in words and (match := patterns.INVARIANT.search(words)):
            self._invariants(chunk, chunk.start + match.end(), found)
        if "the " in words and (match := patterns.OUTPUT_IS.search(words)):
            shape = patterns.SHAPE.match(words, match.end())
            if shape:
                start, end = chunk.start + match.start(), chunk.start + shape.end()
                found.append(Said("output", start, end, more=patterns.shape(shape)))
        if tone.looping and chunk.section != "code":
            self._counts(chunk, words, found)
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
            and (match := patterns.BRANCH.search(words))
        ):
            taken = match["into"] is not None
            start = chunk.start + match.start()
            found.append(Said("condition", start, chunk.start + match.end(), "", str(taken), more="branch"))

    @staticmethod
    def _invariants(chunk: Chunk, since: int, found: list[Said]) -> None:
        """Tests that are said to be true at the end of every iteration k; they are no claims of one moment."""
        tests = [
            atom
            for atom in chunk.atoms
            if atom.start >= since and atom.kind == "code" and inside(atom.text).form == "test"
        ]
        places = {atom.start for atom in tests}
        found[:] = [said for said in found if said.start not in places]
        found += [Said("invariant", atom.start, atom.end, atom.text.strip()) for atom in tests]

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


def _clause(words: str, said: Said, base: int) -> str:
    """The words around a claim, from the punctuation before it to that behind it."""
    start, end = said.start - base, said.end - base
    before = re.split(r"[,;:]", words[max(0, start - 80) : start])[-1]
    return before + words[start:end] + re.split(r"[,;:]", words[end : end + 80])[0]


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    return int(text) if text.isdigit() else NUMBER_WORDS.get(text)
