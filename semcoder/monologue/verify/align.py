"""Claims placed in the trace: which moments a claim can be about, from labels, iterations, calls and order.

A text is read from its first line to its last. A line belongs to the last one before it that stands less deep; it
inherits from it the iteration, the call and the step. A label narrows the moments to executions of its line, an
iteration mark to one turn of a loop, the order to what has not passed. Where a text gives no such hint a claim may be
about any moment, and is false only if it holds at none.
"""

import ast
import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from semcoder.monologue.listing import Listing, names_bound
from semcoder.monologue.verify.claims import Said
from semcoder.monologue.verify.expressions import names_in, plain
from semcoder.monologue.verify.frames import MAX_CANDIDATES, MAX_LOOKED_AT, Frame, Judged, Pin, within
from semcoder.monologue.verify.judge import UNKNOWN, Verdict
from semcoder.monologue.verify.moments import Moments, Step
from semcoder.monologue.verify.reader import Reader
from semcoder.monologue.verify.text import Chunk, Line
from semcoder.monologue.verify.values import is_literal
from semcoder.monologue.verify.windows import Windows
from semcoder.tracing.structure import LOOPS

WHOLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.Return, ast.Raise, ast.Delete)
"""Statements that a text quotes as a whole."""
_THERE = re.compile(r"\s*(?:there|here)\b")
_OVER = re.compile(r"\b(?:over|through|in|of|for|while|until)\b[\s*_]*(?:the )?(?:\w+ )?[\s*_]*\Z")
"""Before a name that stands for the loop over it."""
_SETS = re.compile(r"\b(?:code|program) sets\b")
_LATER = re.compile(r"\b(?:then|finally|after|later|eventually|first|next time)\b")


class Alignment(Windows):
    """Goes through one text and judges its claims."""

    def __init__(
        self, moments: Moments, backward: bool, offset: int, zero_based: bool, truncated: bool
    ) -> None:
        super().__init__(moments, backward, offset, zero_based, truncated)
        self._anchored_before: list[Step] = []
        """The executions of the code that the chunk before quoted."""
        self._reader = Reader(moments, backward, self._quotes)

    def line(self, line: Line) -> None:
        """Judge the claims of a line of text."""
        while self._frames[-1].rank >= line.rank:
            self._frames.pop()
        above = self._frames[-1]
        frame = Frame(line.rank, above.pins, above.callee or above.within, above.step, None, above.runs)
        passed = self._cursor
        recap = True in [chunk.tone.recap for chunk in line.chunks]
        for chunk in line.chunks:
            if recap:  # in whatever order
                self._cursor = 0
            self._chunk(chunk, frame, above)
        self._cursor = max(passed, self._cursor)
        self._frames.append(frame)

    def _chunk(self, chunk: Chunk, frame: Frame, above: Frame) -> None:
        found = self._reader.claims(chunk)
        pins = frame.pins
        if not chunk.leads and chunk.tone.after_loop and chunk.label is None:
            pins = frame.pins = [] if frame.pins is above.pins else above.pins
        if chunk.mark is not None and not chunk.carried and (chunk.leads or not frame.pins or chunk.cells):
            pin = self._pin(chunk, chunk.mark, above if above.runs else frame, found)
            pins = [*above.pins, pin] if pin else above.pins
            if chunk.leads:
                frame.pins = pins
        elif chunk.mark is None and chunk.label is None and (pin := self._selected(chunk, found)):
            pins = frame.pins = [*above.pins, pin]
        else:
            chunk.carried = bool(pins) and pins is not above.pins
        if chunk.label is not None:
            self._labelled(chunk, chunk.label - self._offset, found, pins, frame, above)
        else:
            self._unlabelled(chunk, found, pins, frame)

    def _labelled(
        self, chunk: Chunk, number: int, found: list[Said], pins: list[Pin], frame: Frame, above: Frame
    ) -> None:
        line = self.code.first_line.get(number, number) if self.code else number
        entered = (
            [each for each in self.moments.activations if each.line == line]
            if not self._is_step(line)
            else []
        )
        if entered:
            self.lines.add(line)
            self._settle(found, lambda said: self._at_entry(said, entered, frame))
            return
        steps = self._candidates(line, pins, frame, above)
        if chunk.opens:
            self._ran(chunk, line, steps, found, pins)
        if not steps:
            self._unlabelled(chunk, found, pins, frame)
            return
        self.lines.add(line)
        self._current = found
        best, joint = self._fitting(found, steps)
        if best.header is not None:
            frame.runs = [best.header]
        calls = chunk.tone.calling or any(said.kind == "call" for said in found)
        if chunk.opens and not self._backward:
            self._cursor = max(self._cursor, best.start)
        frame.step = best
        alone = len(steps) == 1 or (joint and not _LATER.search(chunk.words))
        self._settle(found, lambda said: self._at_steps(said, best, steps, alone, frame, chunk))
        if best.calls and frame.callee is None and calls and len(best.calls) == 1:
            frame.callee = best.calls[0]

    def _is_step(self, line: int) -> bool:
        return line in self.moments.by_line

    def _candidates(self, line: int, pins: list[Pin], frame: Frame, above: Frame) -> list[Step]:
        """The executions of a line that a chunk may be about, the narrowest choice that is not empty."""
        moments = self.moments
        owner = frame.within
        step = above.step
        if pins:
            steps = [each for each in self._pinned(pins) if each.line == line and each.owner is owner]
            if not steps:
                every = moments.by_line.get(line, [])[:MAX_LOOKED_AT]
                steps = [each for each in every if all(within(each, pin) for pin in pins)]
                steps = [each for each in steps if each.owner is owner or each is step] or steps
        else:
            own = moments.by_owner.get((line, owner), []) if owner is not None else []
            extra = [step] if step is not None and step.line == line and step.owner is not owner else []
            steps = sorted(own + extra, key=_end) if extra else own or moments.by_line.get(line, [])
        steps = self._from_here(steps)
        if (
            owner is moments.root and steps and not pins
        ):  # of recursion told without nesting it may be any call
            every = self._from_here(moments.by_line[line])
            steps = steps + [each for each in every[:MAX_CANDIDATES] if each.owner is not owner]
        return steps

    def _from_here(self, steps: list[Step]) -> list[Step]:
        """Those steps that have not passed, where there are any."""
        if self._backward or not steps or steps[0].end >= self._cursor:
            return steps
        begin = bisect_left(steps, self._cursor, key=_end)
        return steps[begin : begin + MAX_LOOKED_AT] or steps

    def _ran(self, chunk: Chunk, line: int, steps: list[Step], found: list[Said], pins: list[Pin]) -> None:
        """The claim that a labelled line ran: false only where the text states something that happened there."""
        said = Said("line", chunk.start, chunk.end, str(line))
        if steps:
            said.end = chunk.start + len(chunk.words.partition(":")[0])
            self.judged.append(Judged(said, True, "", steps[0]))
            return
        code = self.code
        sure = any(
            not each.hedged and each.kind in ("state", "return", "exception", "condition") for each in found
        )
        known = code is not None and code.statement(line) is not None and self._certain(line, pins)
        unsure = chunk.tone.negated or chunk.tone.hypothetical or chunk.section == "code"
        lines = len(code.lines) - (not code.lines[-1]) if code is not None else 0
        if code is not None and not 1 <= line <= lines and not unsure:
            self.judged.append(Judged(said, False, f"the program has {lines} lines"))
            return
        if not sure or not known or unsure:
            self.judged.append(Judged(said, None, ""))
            return
        ran = line in self.moments.by_line
        truth = f"line {line} does not run {'in this iteration' if ran else 'at all'}"
        self.judged.append(Judged(said, False, truth))

    def _certain(self, line: int, pins: list[Pin]) -> bool:
        """Whether it is known that a line did not run: at all, or in an iteration of a loop around it."""
        if line not in self.moments.by_line:
            return not (self.code and _is_silent(self.code.statement(line)))
        assert self.code is not None
        around = {self.code.first_line.get(loop.lineno, loop.lineno) for loop in self.code.loops(line)}
        return bool(pins) and all(run.line in around and run.certain for pin in pins for run in pin)

    def _fitting(self, found: Sequence[Said], steps: Sequence[Step]) -> tuple[Step, bool]:
        """(the first step that all claims of a chunk hold at, else that with the fewest false ones; whether the
        claims, being about different things, would have to hold at one step and do not)."""
        if len(steps) == 1 or not found:
            return steps[0], False
        best, fewest = steps[0], 2 * len(found) + 1
        for step in steps[:MAX_CANDIDATES]:  # a state says more clearly which step is meant
            false = sum(
                1 + (said.kind == "state") for said in found if self.judge.at(said, step, True)[0] is False
            )
            if false < fewest:
                best, fewest = step, false
            if not false:
                break
        states = [said.subject for said in found if said.kind in ("state", "condition")]
        joint = bool(fewest) and 1 < len(states) == len(set(states)) and len(steps) <= MAX_CANDIDATES
        return best, joint

    def _unlabelled(self, chunk: Chunk, found: list[Said], pins: list[Pin], frame: Frame) -> None:
        self._current = found
        anchored = self._anchored(chunk, pins) if found or chunk.tone.looping else []
        if anchored:
            runs = {run: None for step in anchored if (run := step.header) is not None}
            if runs:
                frame.runs = list(runs)
        there = bool(found) and _THERE.match(chunk.words) is not None
        if there:
            anchored = self._anchored_before
        self._anchored_before = anchored
        if anchored and self.code is not None:
            codes = [plain(atom.text) for atom in chunk.atoms if atom.kind == "code"]
            frame.quoted += [(code, anchored) for code in codes if code in _anchors(self.code)]
        steps = self._pinned(pins) if pins else self._done() if chunk.tone.loop_done else None
        before = bool(frame.runs) and chunk.tone.before_loop

        def judged(said: Said) -> tuple[Verdict, Step | None]:
            if said.more == "each":
                return self._each(said, pins, frame), None
            if said.of_whole_run:
                return self._anywhere(said, frame, chunk)
            if said.kind == "call" or (said.kind == "return" and said.subject):
                return self._calls(said, None, frame)
            if said.kind == "change" and said.value == "series":
                return self._series(said, pins, frame), None
            if said.kind == "change" and pins:
                return self._moved(said, pins), None
            if before and said.kind == "state":
                return self._over(said, [run.first for run in frame.runs], False)
            if anchored and steps is None:
                strict = self._backward and not (said.given or there)
                verdict, step = self._over(said, anchored, strict)
                if verdict[0] is False and (whole := self._quoted_around(said, frame)):
                    other = self._over(said, whole, strict)
                    verdict, step = other if other[0][0] is not False else (verdict, step)
                if verdict[0] is not None:
                    wide = self._anywhere(said, frame, chunk) if verdict[0] is False else (verdict, step)
                    if verdict[0] is False and wide[0][0] is not False and not self._backward:
                        return UNKNOWN, None
                    return verdict, step
            if (
                said.given
                and said.kind in ("state", "value")
                and steps is not None
                and (
                    heads := [step for step in steps if step.header is not None and self._tested(step, found)]
                )
            ):
                return self._over(said, heads, False)
            if self._backward and said.kind == "state" and _SETS.search(chunk.words):
                return self._over(
                    said, [step for step in self.moments.steps if self._assigns(step, said.subject)], True
                )
            made: list[Step] = []
            if steps is not None and not said.given and not chunk.carried and self._stated(said):
                name = names_in(said.subject)[0]
                made = [step for step in (steps if said.fresh else anchored) if name in step.event.changes]
            if made:
                return self._over(said, made, True)
            if steps is not None:
                verdict, step = self._over(said, steps, not said.given)
                if (
                    verdict[0] is False
                    and chunk.carried
                    and self._anywhere(said, frame, chunk)[0][0] is not False
                ):
                    return UNKNOWN, None
                if verdict[0] is not None:
                    return verdict, step
            return self._anywhere(said, frame, chunk)

        self._settle(found, judged)
        if frame.callee is None and frame.step is not None and chunk.tone.calling:
            names = {atom.text for atom in chunk.atoms if atom.kind == "code"}
            self._enter([each for each in frame.step.calls if each.name.strip("<>") in names], frame)

    def _quoted_around(self, said: Said, frame: Frame) -> list[Step]:
        """The executions of code that the line quoted before, of which the claim's subject is a part."""
        if said.kind not in ("value", "condition"):
            return []
        subject = plain(said.subject)
        around = [step for code, steps in frame.quoted if subject in code != subject for step in steps]
        return [step for step in around if said.kind == "value" or not self.judge.tests(step, said.subject)]

    def _quotes(self, text: str) -> bool:
        """Whether a code span is a statement of the program, and not a claim."""
        return self.code is not None and plain(text) in _anchors(self.code)

    @staticmethod
    def _stated(said: Said) -> bool:
        """Whether a variable is said to be something, or one of its items to have become something."""
        place = said.kind == "value" and said.fresh and said.subject.endswith("]") and said.subject[0] != "["
        return (said.kind == "state" or place) and bool(names_in(said.subject))

    def _tested(self, step: Step, found: Sequence[Said]) -> bool:
        """Whether one of the claims is about the test of the step."""
        return any(said.kind == "condition" and self.judge.tests(step, said.subject) for said in found)

    def _assigns(self, step: Step, name: str) -> bool:
        """Whether the step's statement assigns to the variable."""
        statement = self.code.statement(step.line) if self.code else None
        return isinstance(statement, ast.Assign | ast.AnnAssign) and name in names_bound(statement)

    def _is_loop(self, line: int) -> bool:
        return self.code is not None and isinstance(self.code.statement(line), LOOPS)

    def _anchored(self, chunk: Chunk, pins: Sequence[Pin]) -> list[Step]:
        """The executions of the lines whose code the chunk quotes, in the iterations that are meant."""
        if self.code is None:
            return []
        anchors = _anchors(self.code)
        lines: dict[int, None] = {}
        looping = chunk.tone.looping
        for atom in chunk.atoms:
            quoted = anchors.get(plain(atom.text)) if atom.kind == "code" else None
            if quoted and (looping or not atom.text.isidentifier()) and not _is_value(atom.text):
                name = atom.text.isidentifier()
                if name and not _OVER.search(self._reader.before(chunk, atom.start, 40)):
                    continue
                for line in quoted:
                    if not name or self._is_loop(line):
                        lines[line] = None
        steps = [step for line in lines for step in self.moments.by_line.get(line, [])]
        return [step for step in steps if all(within(step, pin) for pin in pins)] if pins else steps


def _is_silent(statement: ast.AST | None) -> bool:
    """Whether a statement runs without an event."""
    declared = isinstance(statement, ast.AnnAssign) and statement.value is None
    return declared or isinstance(statement, ast.Global | ast.Nonlocal)


def _end(step: Step) -> int:
    return step.end


@lru_cache(maxsize=8192)
def _is_value(text: str) -> bool:
    """Whether a code span is a value or states one, and does not quote code to be run."""
    name, _, value = text.partition(" = ")
    return is_literal(text.strip()) or (name.isidentifier() and is_literal(value))


@lru_cache(maxsize=64)
def _anchors(code: Listing) -> dict[str, list[int]]:
    """{code without spaces: the lines whose statement it is, or a part that stands for the statement}."""
    found: dict[str, list[int]] = {}
    for line, statement in code.statements.items():
        parts = [getattr(statement, name, None) for name in ("value", "test", "iter", "subject", "exc")]
        if isinstance(statement, WHOLE):
            parts.append(statement)
        for part in parts:
            if isinstance(part, ast.AST) and not isinstance(part, ast.Constant):
                where = found.setdefault(plain(code.source(part)), [])
                if line not in where:
                    where.append(line)
    return found
