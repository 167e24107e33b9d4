"""Claims placed in the trace: which moments a claim can be about, from labels, iterations, calls and order.

A text is read from its first line to its last. A line belongs to the last one before it that stands less deep; it
inherits from it the iteration, the call and the step. A label narrows the moments to executions of its line, an
iteration mark to one turn of a loop, the order to what has not passed. Where a text gives no such hint a claim may be
about any moment, and is false only if it holds at none.
"""

import ast
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from semcoder.monologue.listing import Listing
from semcoder.monologue.verify import patterns
from semcoder.monologue.verify.claims import Reader, Said
from semcoder.monologue.verify.judge import (
    MAX_STATES,
    UNKNOWN,
    Judge,
    Verdict,
    call_parts,
    fits,
    names_in,
    plain,
)
from semcoder.monologue.verify.moments import Activation, Moments, Run, Step, outcome
from semcoder.monologue.verify.series import in_turn, summary
from semcoder.monologue.verify.text import Chunk, Line, Mark
from semcoder.monologue.verify.values import is_literal
from semcoder.tracing.structure import LOOPS

Pin = dict[Run, range | frozenset[int]]
"""Which iterations of which runs of a loop are meant."""
WHOLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.Return, ast.Raise, ast.Delete)
"""Statements that a text quotes as a whole."""
_LATER = re.compile(r"\b(?:then|finally|after|later|eventually|first|next time)\b")
MAX_LOOKED_AT = 2000
"""Steps, runs and values that one claim is held against: what is beyond them is not looked at."""
MAX_CANDIDATES = 40
"""Executions of one line that a chunk without other hints is tried on."""


@dataclass(slots=True)
class Frame:
    """What a line hands on to the lines under it."""

    rank: int
    pins: list[Pin] = field(default_factory=list)
    within: Activation | None = None
    step: Step | None = None
    callee: Activation | None = None
    runs: list[Run] = field(default_factory=list)


@dataclass(slots=True)
class Judged:
    """A claim with its verdict, and the step that it holds at."""

    said: Said
    holds: bool | None
    truth: str
    step: Step | None = None


class Alignment:
    """Goes through one text and judges its claims."""

    def __init__(
        self, moments: Moments, backward: bool, offset: int, zero_based: bool, truncated: bool
    ) -> None:
        self.moments = moments
        self.judge = Judge(moments)
        self.code = moments.code
        self.reader = Reader(
            moments.ever, moments.texts, moments.functions, backward, moments.root.name, self._quotes
        )
        self._backward = backward
        self._offset = offset
        self._zero = zero_based
        self._truncated = truncated
        self._frames = [Frame(-1000, within=moments.root)]
        self._cursor = 0
        self.judged: list[Judged] = []
        self.lines: set[int] = set()
        """Lines of the program that the text speaks of."""

    def _quotes(self, text: str) -> bool:
        """Whether a code span is a statement of the program, and not a claim."""
        return self.code is not None and plain(text) in _anchors(self.code)

    def line(self, line: Line) -> None:
        """Judge the claims of a line of text."""
        while self._frames[-1].rank >= line.rank:
            self._frames.pop()
        above = self._frames[-1]
        frame = Frame(line.rank, above.pins, above.callee or above.within, above.step, None, above.runs)
        for chunk in line.chunks:
            self._chunk(chunk, frame, above)
        self._frames.append(frame)

    # One chunk

    def _chunk(self, chunk: Chunk, frame: Frame, above: Frame) -> None:
        found = self.reader.claims(chunk)
        pins = frame.pins
        if not chunk.leads and chunk.tone.after_loop and chunk.label is None:
            pins = frame.pins = [] if frame.pins is above.pins else above.pins
        if chunk.mark is not None and not chunk.carried and (chunk.leads or not frame.pins or chunk.cells):
            pin = self._pin(chunk, chunk.mark, above if above.runs else frame, found)
            pins = above.pins + [pin] if pin else above.pins
            if chunk.leads:
                frame.pins = pins
        elif chunk.mark is None and chunk.label is None and (pin := self._selected(chunk, found)):
            pins = frame.pins = above.pins + [pin]
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
                steps = [each for each in every if all(_within(each, pin) for pin in pins)]
                steps = [each for each in steps if each.owner is owner or each is step] or steps
        else:
            own = moments.by_owner.get((line, owner), []) if owner is not None else []
            extra = [step] if step is not None and step.line == line and step.owner is not owner else []
            steps = sorted(own + extra, key=_end) if extra else own or moments.by_line.get(line, [])
        if not self._backward and steps and steps[0].end < self._cursor:
            begin = bisect_left(steps, self._cursor, key=_end)
            steps = steps[begin : begin + MAX_LOOKED_AT] or steps
        return steps

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
        if not sure or not known or unsure:
            self.judged.append(Judged(said, None, ""))
            return
        ran = line in self.moments.by_line
        truth = f"line {line} does not run {'in this iteration' if ran else 'at all'}"
        self.judged.append(Judged(said, False, truth))

    def _certain(self, line: int, pins: list[Pin]) -> bool:
        """Whether it is known that a line did not run: at all, or in an iteration of a loop around it."""
        if line not in self.moments.by_line:
            return True
        assert self.code is not None
        around = {self.code.first_line.get(loop.lineno, loop.lineno) for loop in self.code.loops(line)}
        return bool(pins) and all(run.line in around and run.certain for pin in pins for run in pin)

    def _fitting(self, found: Sequence[Said], steps: Sequence[Step]) -> tuple[Step, bool]:
        """(the first step that all claims of a chunk hold at, else that with the fewest false ones; whether the
        claims, being about different things, would have to hold at one step and do not)."""
        if len(steps) == 1 or not found:
            return steps[0], False
        best, fewest = steps[0], len(found) + 1
        for step in steps[:MAX_CANDIDATES]:
            false = sum(self.judge.at(said, step, True)[0] is False for said in found)
            if false < fewest:
                best, fewest = step, false
            if not false:
                break
        states = [said.subject for said in found if said.kind == "state"]
        joint = bool(fewest) and 1 < len(states) == len(set(states)) and len(steps) <= MAX_CANDIDATES
        return best, joint

    # Claims in their window

    def _settle(self, found: Sequence[Said], judge: Callable[[Said], tuple[Verdict, Step | None]]) -> None:
        for said in found:
            (holds, truth), step = judge(said)
            if holds is False and (said.hedged or (self._truncated and step is None)):
                holds = None
            self.judged.append(Judged(said, holds, truth if holds is False else "", step))
            if holds and step is not None:
                self.lines.add(step.line)

    def _at_entry(self, said: Said, entered: list[Activation], frame: Frame) -> tuple[Verdict, Step | None]:
        """A claim at a `def` line: the arguments."""
        own = [each for each in entered if each is frame.within or each is frame.callee] or entered
        if said.kind == "state":
            found = [
                self.judge._same(said, text) for call in own if (text := call.arguments.get(said.subject))
            ]
            if found:
                truth = f"{said.subject} = {own[0].arguments.get(said.subject)}"
                return _one(found, truth), None
        if said.kind == "constraint":
            texts = [text for call in own if (text := call.arguments.get(said.subject))]
            if texts:
                return _one(
                    [self.judge.shaped(said, text) for text in texts], f"{said.subject} = {texts[0]}"
                ), None
        return self._anywhere(said, frame)

    def _at_steps(
        self, said: Said, best: Step, steps: Sequence[Step], alone: bool, frame: Frame, chunk: Chunk
    ) -> tuple[Verdict, Step | None]:
        """A claim of a labelled chunk: at the step that fits best."""
        if said.kind in ("output", "input", "count") or said.more == "summary":
            return self._anywhere(said, frame, chunk)
        if said.kind == "call" or (said.kind == "return" and said.subject):
            return self._calls(said, best, frame)
        verdict = self.judge.at(said, best, True)
        if verdict[0] is False and said.kind == "state" and self._earlier(said, best):
            verdict = True, ""
        if verdict[0] is False and not alone:
            others = [self.judge.at(said, step, True)[0] for step in steps[:MAX_CANDIDATES]]
            if True in others or None in others:
                verdict = UNKNOWN
        if verdict[0] is None and said.kind in ("state", "return", "exception", "change"):
            return self._anywhere(said, frame, chunk)
        return verdict, best

    def _earlier(self, said: Said, step: Step) -> bool:
        """Whether a state is that from before the step, and the same chunk goes on to state that from after it."""
        before = step.before.get(said.subject)
        if before is None or len(self._current) > MAX_CANDIDATES or not self.judge._same(said, before):
            return False
        after = step.after.get(said.subject)
        return any(
            each is not said and each.kind == "state" and each.subject == said.subject
            and each.start > said.start and after is not None and self.judge._same(each, after)
            for each in self._current
        )  # fmt: skip

    _current: Sequence[Said] = ()

    def _unlabelled(self, chunk: Chunk, found: list[Said], pins: list[Pin], frame: Frame) -> None:
        self._current = found
        anchored = self._anchored(chunk, pins) if found or chunk.tone.looping else []
        if anchored:
            runs = {run: None for step in anchored if (run := step.header) is not None}
            if runs:
                frame.runs = list(runs)
        steps = self._pinned(pins) if pins else self._done() if chunk.tone.loop_done else None
        before = bool(frame.runs) and chunk.tone.before_loop

        def judged(said: Said) -> tuple[Verdict, Step | None]:
            if said.more == "each":
                return self._each(said, pins, frame), None
            if said.kind in ("output", "input", "count") or said.more == "summary":
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
                verdict, step = self._over(said, anchored, self._backward and not said.given)
                if verdict[0] is not None:
                    wide = self._anywhere(said, frame, chunk) if verdict[0] is False else (verdict, step)
                    if verdict[0] is False and wide[0][0] is not False and not self._backward:
                        return UNKNOWN, None
                    return verdict, step
            made: list[Step] = []
            if steps is not None and said.kind == "state" and not said.given and not chunk.carried:
                made = [
                    step for step in (steps if said.fresh else anchored) if said.subject in step.event.changes
                ]
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

    def _done(self) -> list[Step] | None:
        """The steps that ended the call's one loop, and those after it; None where there is not just one."""
        runs = [
            run for run in self.moments.runs if run.owner is self.moments.root and not run.first.loops[:-1]
        ]
        runs = [run for run in runs if run.first.header is run]
        outer = [run for run in runs if all(run is each or not _inside(run, each) for each in runs)]
        if len(outer) != 1 or not outer[0].turns:
            return None
        [run] = outer
        last = run.ended or run.turns[-1][-1]
        return [step for step in self.moments.root.steps if step.end >= last.end]

    def _each(self, said: Said, pins: Sequence[Pin], frame: Frame) -> Verdict:
        """A condition that is said to have come out so each time it was tested."""
        if self.code is None:
            return UNKNOWN
        near = (
            self._pinned(pins)
            if pins
            else [step for run in frame.runs for turn in run.turns for step in turn]
        )
        steps = near or self.moments.steps
        found = [
            outcome(step, self.code) for step in steps[:MAX_LOOKED_AT] if self.judge.tests(step, said.subject)
        ]
        if not found or None in found:
            return UNKNOWN
        wanted = said.value == "True"
        return all(
            each is wanted for each in found
        ), f"it is {str(not wanted).lower()} {found.count(not wanted)} times"

    def _over(self, said: Said, steps: Sequence[Step], strict: bool) -> tuple[Verdict, Step | None]:
        """A claim that may be about any of these steps."""
        false, unclear = "", False
        looked = 0
        names = names_in(said.subject)
        if said.kind == "condition":
            steps = [step for step in steps if self.judge.tests(step, said.subject)] or steps
        seen: set[tuple[str | None, ...]] = set()
        for step in steps[:MAX_LOOKED_AT]:
            if said.kind in ("value", "condition", "constraint"):
                key = (
                    str(step.line),
                    *[step.before.get(name) for name in names],
                    *[step.after.get(name) for name in names],
                )
                if key in seen:
                    continue
                seen.add(key)
                looked += 1
                if looked > MAX_STATES:
                    unclear = True
                    break
            holds, truth = self.judge.at(said, step, strict)
            if holds:
                return (True, ""), step
            if holds is None:
                unclear |= said.kind in ("value", "condition") or bool(truth)
            else:
                false = truth if not false or false.endswith("does not exist") else false
        return ((None, "") if unclear or not false else (False, false)), None

    def _anywhere(self, said: Said, frame: Frame, chunk: Chunk | None = None) -> tuple[Verdict, Step | None]:
        """A claim that may be about any moment."""
        moments, judge = self.moments, self.judge
        root = moments.root
        match said.kind:
            case "output":
                if root.returned is None:
                    return ((False, f"it raises {root.raised}") if root.raised else UNKNOWN), None
                same = judge._same(said, root.returned)
                return (same, f"the call returns {root.returned}"), None
            case "input":
                return self._proposed(said), None
            case "count":
                return self._count(said, frame, chunk), None
            case "state":
                texts = moments.ever.get(said.subject)
                if said.subject in judge.inner:
                    return UNKNOWN, None
                if not texts:
                    unbound = said.subject in judge.locals and not said.loose
                    return ((False, f"{said.subject} never gets a value") if unbound else UNKNOWN), None
                if said.value in texts:
                    return (True, ""), None
                if len(texts) > MAX_LOOKED_AT:
                    return UNKNOWN, None
                found = [judge._same(said, text) for text in texts]
                shown = ", ".join(list(texts)[:4]) + (", ..." if len(texts) > 4 else "")
                return _one(found, f"{said.subject} is only ever {shown}"), None
            case "return":
                texts_ = [
                    each.returned for each in moments.activations[:MAX_LOOKED_AT] if each.returned is not None
                ]
                if not texts_ or len(moments.activations) > MAX_LOOKED_AT:
                    return UNKNOWN, None
                return _one(
                    [judge._same(said, text) for text in texts_], f"the call returns {root.returned}"
                ), None
            case "exception":
                if not moments.raised:
                    return (False, "nothing is raised"), None
                return judge._exception(said, moments.raised), None
            case "condition" if said.more == "summary":
                return summary(said, frame.pins, moments, self._offset), None
            case "condition" if said.more == "branch":
                return UNKNOWN, None
            case "value" if said.more == "operand":
                return UNKNOWN, None
            case "value" | "condition" if not names_in(said.subject):
                return self._constant(said), None
            case "change" if said.value == "series":
                return self._series(said, frame.pins, frame), None
        return self._over(said, moments.steps, False)

    def _constant(self, said: Said) -> Verdict:
        known, value = self.judge.value(said.subject, {})
        if not known:
            return UNKNOWN
        if said.kind == "condition":
            return bool(value) is (said.value == "True"), f"{said.subject} is {str(bool(value)).lower()}"
        same = self.judge._same(said, repr(value))
        return same, f"{said.subject} is {value!r}"

    def _proposed(self, said: Said) -> Verdict:
        """A proposed input: the recorded one is right; of another one nothing is known without running it."""
        given = call_parts(f"f({said.value})")[1]
        if given is not None and fits(given, self.moments.root):
            return True, ""
        return UNKNOWN

    def _calls(self, said: Said, best: Step | None, frame: Frame) -> tuple[Verdict, Step | None]:
        """A call that is made, or that returned something."""
        judge, moments = self.judge, self.moments
        name, given = call_parts(said.subject)
        known = moments.functions.get("<lambda>" if name == "lambda_" else name, [])
        if not known or (isinstance(said.more, list) and said.kind == "return"):
            if said.kind == "return" and not said.hedged and not said.more:
                worth = Said("value", said.start, said.end, said.subject, said.value, said.given, said.loose)
                if best is not None:
                    return judge.at(worth, best, True), best
                return (
                    self._over(worth, moments.steps, False)
                    if names_in(said.subject)
                    else (self._constant(worth), None)
                )
            return UNKNOWN, best
        near = [each for each in (best or frame.step).calls if each in known] if (best or frame.step) else []
        pool = near or known
        if given is None:
            pool = near or known
            if said.kind == "return":
                verdict = judge.returned_by(said, pool)
                return (UNKNOWN if verdict[0] is False and len(pool) > 1 else verdict), best
            frame.callee = pool[0] if near else frame.callee
            return (True, ""), best
        fitting = [each for each in pool if fits(given, each)]
        if not fitting and near:
            fitting = [each for each in known if fits(given, each)]
            if fitting and best is not None and not said.hedged:
                return (False, self._made(pool[0])), best
        if not fitting:
            if said.kind == "return" and name == moments.root.name and self._backward:
                return UNKNOWN, best
            spelled = len(given) == len([n for n in known[0].arguments if n not in ("self", "cls")])
            return ((False, self._made(pool[0])) if spelled else UNKNOWN), best
        chosen = next((each for each in fitting if each.start >= self._cursor), fitting[0])
        if said.kind == "call":
            frame.callee = chosen
            if not self._backward:
                self._cursor = (
                    max(self._cursor, chosen.start) if chosen.start >= self._cursor else self._cursor
                )
            return (True, ""), best
        if frame.callee is None:
            frame.callee = chosen
        return judge.returned_by(said, fitting), best

    @staticmethod
    def _made(call: Activation) -> str:
        return f"the call is {call.name}({', '.join(call.arguments.values())})"

    # Iterations

    def _pin(self, chunk: Chunk, mark: Mark, above: Frame, found: list[Said]) -> Pin | None:
        """The iterations that a mark means, and the claim that there are such."""
        moments = self.moments
        runs = [run for run in above.runs if run.certain]
        sure = bool(runs)
        if not runs:
            if above.runs:
                return None
            runs = [run for run in moments.runs if run.certain]
        if sure and above.pins:
            runs = [run for run in runs if all(_within(run.first, pin) for pin in above.pins)] or runs
        if not runs or len(runs) > MAX_LOOKED_AT:
            return None
        if mark.relative:
            return self._relative(mark, runs, above)
        shift = 1 if self._zero else 0
        first, last = mark.first + shift, mark.last + shift
        fitting = [run for run in runs if len(run.turns) >= last]
        place = next((atom for atom in chunk.atoms if atom.kind == "mark"), None)
        start, end = (place.start, place.end) if place else (chunk.start, chunk.end)
        said = Said("iteration", start, end, value=str(mark.last))
        most = max(len(run.turns) for run in runs)
        if fitting or not sure and not chunk.leads:
            self.judged.append(Judged(said, True if fitting else None, ""))
            return {run: range(first, last + 1) for run in fitting} or None
        doubtful = last == most + 1 and chunk.tone.ending
        hedged = chunk.tone.hypothetical or chunk.tone.negated or chunk.section in ("code", "end")
        complete = sure or (self.code is not None and not self.code.generators and not self.judge.inner)
        self.judged.append(
            Judged(said, None, "")
            if doubtful or hedged or not complete
            else Judged(said, False, f"the loop has {most} iteration{'s' * (most != 1)}")
        )
        return None

    def _relative(self, mark: Mark, runs: list[Run], above: Frame) -> Pin | None:
        if mark.relative == "last":
            return {run: range(len(run.turns), len(run.turns) + 1) for run in runs if run.turns}
        current = next((pin for pin in reversed(self._last_pins) if pin), None)
        if current is None:
            return None
        step = 1 if mark.relative == "next" else -1
        return {
            run: range(max(turns) + step, max(turns) + step + 1) for run, turns in current.items() if turns
        } or None

    @property
    def _last_pins(self) -> list[Pin]:
        return [pin for frame in self._frames for pin in frame.pins]

    def _selected(self, chunk: Chunk, found: Sequence[Said]) -> Pin | None:
        """The iterations that `when i = 2:` means."""
        first = found[0] if found else None
        if first is None or first.kind != "state" or self.code is None:
            return None
        begin, end = first.start - chunk.base, first.end - chunk.base
        prefix = chunk.low[chunk.start - chunk.base : begin]
        if not patterns.SELECTING.match(prefix) or not re.match(
            r"[\s*_)]*[:,(–—-]", chunk.low[end : end + 4]
        ):
            return None
        pin: Pin = {}
        for run in self.moments.runs:
            if run.turns and first.subject in run.turns[0][0].event.changes:
                hits = [
                    at
                    for at, turn in enumerate(run.turns, 1)
                    if self.judge._same(first, turn[0].after.get(first.subject, "")) is not False
                ]
                if hits:
                    pin[run] = frozenset(hits)
        return pin or None

    def _pinned(self, pins: Sequence[Pin]) -> list[Step]:
        """The steps in the iterations that are meant."""
        *outer, inner = pins
        steps: list[Step] = []
        for run, turns in inner.items():
            if all(_within(run.first, pin) for pin in outer):
                for n in turns:
                    if 1 <= n <= len(run.turns):
                        steps += run.turns[n - 1]
        return steps

    def _moved(self, said: Said, pins: Sequence[Pin]) -> Verdict:
        """A change over one iteration, or at one of its steps."""
        *outer, inner = pins
        found: list[Verdict] = []
        for run, turns in inner.items():
            if not all(_within(run.first, pin) for pin in outer):
                continue
            for n in turns:
                turn = run.turns[n - 1] if 1 <= n <= len(run.turns) else []
                for before, after in (
                    [(turn[0].before, turn[-1].after), *((s.before, s.after) for s in turn)] if turn else []
                ):
                    one, other = before.get(said.subject), after.get(said.subject)
                    if one is not None and other is not None:
                        found.append(self.judge.moved(said, one, other))
                        if found[-1][0]:
                            return True, ""
        if not found or None in [each[0] for each in found]:
            return UNKNOWN
        return found[0]

    def _series(self, said: Said, pins: Sequence[Pin], frame: Frame) -> Verdict:
        return in_turn(said, pins, frame.runs or self.moments.runs, self.judge)

    def _count(self, said: Said, frame: Frame, chunk: Chunk | None) -> Verdict:
        """How often a loop ran."""
        n = int(said.value)
        runs = [run for run in frame.runs if run.certain]
        sure = bool(runs)
        if not runs:
            if frame.runs:
                return UNKNOWN
            runs = [run for run in self.moments.runs if run.certain]
        if frame.pins:
            runs = [run for run in runs if all(_within(run.first, pin) for pin in frame.pins)] or runs
        if not runs:
            return UNKNOWN
        counts = sorted({len(run.turns) for run in runs})
        if n in counts:
            return True, ""
        if self.code is not None and (self.code.generators or self.judge.inner) and not sure:
            return UNKNOWN
        return False, f"the loop runs {' or '.join(map(str, counts[:4]))} times"

    # Code that a chunk names

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
            if atom.kind == "code" and (looping or not atom.text.isidentifier()) and not _is_state(atom.text):
                for line in anchors.get(plain(atom.text), ()):
                    if not atom.text.isidentifier() or self._is_loop(line):
                        lines[line] = None
        steps = [step for line in lines for step in self.moments.by_line.get(line, [])]
        return [step for step in steps if all(_within(step, pin) for pin in pins)] if pins else steps


def _end(step: Step) -> int:
    return step.end


def _one(found: Sequence[bool | None], truth: str) -> Verdict:
    if True in found:
        return True, ""
    return (None if None in found or not found else False), truth


def _inside(run: Run, outer: Run) -> bool:
    """Whether a run of a loop is part of an iteration of another one."""
    return any(each is outer for each, _ in run.first.loops)


def _within(step: Step, pin: Pin) -> bool:
    """Whether a step, or a call around it, is part of the iterations of a pin."""
    at: Step | None = step
    while at is not None:
        for run, n in at.loops:
            turns = pin.get(run)
            if turns is not None and n in turns:
                return True
        at = at.owner.parent
    return False


@lru_cache(maxsize=8192)
def _is_state(text: str) -> bool:
    """Whether a code span states a value, and does not quote a statement to be run."""
    name, _, value = text.partition(" = ")
    return name.isidentifier() and is_literal(value)


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
