"""Claims judged in their window: at a step, in an iteration, in a call, or anywhere."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from semcoder.monologue.verify.claims import Said
from semcoder.monologue.verify.expressions import call_parts, evaluated, fits, names_in, spells
from semcoder.monologue.verify.frames import (
    MAX_CANDIDATES,
    MAX_LOOKED_AT,
    Frame,
    Iterations,
    Judged,
    Pin,
    within,
)
from semcoder.monologue.verify.judge import MAX_STATES, NOT_THERE, UNKNOWN, Verdict
from semcoder.monologue.verify.moments import Activation, Step, outcome
from semcoder.monologue.verify.series import in_turn, invariant, summary, trend
from semcoder.monologue.verify.text import Chunk


class Windows(Iterations):
    """Judges claims of one text."""

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
                self.judge.same(said, text) for call in own if (text := call.arguments.get(said.subject))
            ]
            if found:
                truth = f"{said.subject} = {own[0].arguments.get(said.subject)}"
                return one_of(found, truth), None
        if said.kind == "constraint":
            texts = [text for call in own if (text := call.arguments.get(said.subject))]
            if texts:
                return one_of(
                    [self.judge.shaped(said, text) for text in texts], f"{said.subject} = {texts[0]}"
                ), None
        return self._anywhere(said, frame)

    def _at_steps(
        self, said: Said, best: Step, steps: Sequence[Step], alone: bool, frame: Frame, chunk: Chunk
    ) -> tuple[Verdict, Step | None]:
        """A claim of a labelled chunk: at the step that fits best."""
        if said.of_whole_run:
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
        if verdict[0] is False and verdict[1].endswith(NOT_THERE):  # told too early, or of another function
            elsewhere = self._anywhere(said, frame, chunk)[0]
            verdict = elsewhere if elsewhere[0] is False else UNKNOWN
        return verdict, best

    def _earlier(self, said: Said, step: Step) -> bool:
        """Whether a state is that from before the step, and the same chunk goes on to state that from after it."""
        before = step.before.get(said.subject)
        if before is None or len(self._current) > MAX_CANDIDATES or not self.judge.same(said, before):
            return False
        after = step.after.get(said.subject)
        return any(
            each is not said and each.kind == "state" and each.subject == said.subject
            and each.start > said.start and after is not None and self.judge.same(each, after)
            for each in self._current
        )  # fmt: skip

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
                false = truth if not false or false.endswith(NOT_THERE) else false
        return ((None, "") if unclear or not false else (False, false)), None

    def _anywhere(self, said: Said, frame: Frame, chunk: Chunk | None = None) -> tuple[Verdict, Step | None]:
        """A claim that may be about any moment."""
        moments, judge = self.moments, self.judge
        root = moments.root
        match said.kind:
            case "invariant":
                return invariant(said, frame.pins, frame.runs or moments.runs, judge), None
            case "precondition":
                return self._required(said), None
            case "trend":
                return trend(said, frame.runs or moments.runs, moments), None
            case "output" if said.more is not None and root.returned is not None:
                return (judge.shaped(said, root.returned), f"the call returns {root.returned}"), None
            case "output":
                if root.returned is None:
                    return ((False, f"it raises {root.raised}") if root.raised else UNKNOWN), None
                same = judge.same(said, root.returned)
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
                found = [judge.same(said, text) for text in texts]
                shown = ", ".join(list(texts)[:4]) + (", ..." if len(texts) > 4 else "")
                return one_of(found, f"{said.subject} is only ever {shown}"), None
            case "return":
                if len(moments.activations) > MAX_LOOKED_AT:
                    return UNKNOWN, None
                given = [each.returned for each in moments.activations if each.returned is not None]
                truth = f"it raises {root.raised}" if root.raised else f"the call returns {root.returned}"
                if not given:
                    return ((False, truth) if root.raised else UNKNOWN), None
                return one_of([judge.same(said, text) for text in given], truth), None
            case "exception":
                if not moments.raised:
                    return (False, "nothing is raised"), None
                return judge.raised_as(said, moments.raised), None
            case "condition" if said.more == "summary":
                verdict = summary(said, frame.pins, moments, self._offset)
                if verdict[0]:
                    self.lines.add(int(said.subject) - self._offset)
                return verdict, None
            case "condition" if said.more == "branch":
                return UNKNOWN, None
            case "value" if said.more == "operand":
                return UNKNOWN, None
            case "value" | "condition" if not names_in(said.subject):
                return self._constant(said), None
            case "change" if said.value == "series":
                return self._series(said, frame.pins, frame), None
        return self._over(said, moments.steps, False)

    def _required(self, said: Said) -> Verdict:
        """What the input must satisfy: true of the recorded arguments, or at some moment where it may be of later."""
        given = self.moments.root.arguments
        state = tuple([(name, given[name]) for name in names_in(said.subject) if name in given])
        if state:
            known, value = evaluated(said.subject, state, self.judge.bound)
            if not known and self.moments.shown is not None:
                known, value = self.moments.shown.value(said.subject, dict(state))
            if known and (value or said.more == "arguments"):
                return bool(value), f"{said.subject} is false for the recorded input"
        if said.more == "arguments":
            return UNKNOWN
        return self._over(replace(said, kind="condition"), self.moments.steps, False)[0]

    def _constant(self, said: Said) -> Verdict:
        known, value = self.judge.value(said.subject, {})
        if not known:
            return UNKNOWN
        if said.kind == "condition":
            return bool(value) is (said.value == "True"), f"{said.subject} is {str(bool(value)).lower()}"
        same = self.judge.same(said, repr(value))
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
            in_turn = said.more if isinstance(said.more, list) and best is not None else []
            given_back = [each.returned for each in best.calls if each in known] if best is not None else []
            if in_turn and in_turn == given_back:
                return (True, ""), best
            return UNKNOWN, best
        step = best or frame.step
        near = [each for each in step.calls if each in known] if step is not None else []
        pool = near or known
        if given is None:
            pool = near or known
            if said.kind == "return":
                verdict = judge.returned_by(said, pool)
                return (UNKNOWN if verdict[0] is False and len(pool) > 1 else verdict), best
            self._enter([each for each in near if spells(said.subject, each)] or near, frame)
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

    def _enter(self, calls: Sequence[Activation], frame: Frame) -> None:
        """Go on in the first of these calls that has not passed: those of one step are told in their order."""
        if calls:
            frame.callee = next((each for each in calls if each.start >= self._cursor), calls[-1])
            if not self._backward:
                self._cursor = max(self._cursor, frame.callee.start + 1)

    @staticmethod
    def _made(call: Activation) -> str:
        return f"the call is {call.name}({', '.join(call.arguments.values())})"

    def _moved(self, said: Said, pins: Sequence[Pin]) -> Verdict:
        """A change over one iteration, or at one of its steps."""
        *outer, inner = pins
        name = said.subject
        found: list[Verdict] = []
        for run, turns in inner.items():
            if not all(within(run.first, pin) for pin in outer):
                continue
            before_run = len(found)
            for n in turns:
                if not 1 <= n <= len(run.turns):
                    continue
                turn = run.turns[n - 1]
                changed = [(step.before, step.after) for step in turn if name in step.event.changes]
                for before, after in [(turn[0].before, turn[-1].after), *changed]:
                    if name in before and name in after:
                        found.append(self.judge.moved(said, before[name], after[name]))
                        if found[-1][0] and said.value != "same":
                            return True, ""
            if len(found) > before_run and all(each[0] for each in found[before_run:]):
                return True, ""
        if not found or None in [each[0] for each in found]:
            return UNKNOWN
        return next((each for each in found if not each[0]), (True, ""))

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
            runs = [run for run in runs if all(within(run.first, pin) for pin in frame.pins)] or runs
        if not runs:
            return UNKNOWN
        counts = sorted({len(run.turns) for run in runs})
        if n in counts:
            return True, ""
        if self.code is not None and (self.code.generators or self.judge.inner) and not sure:
            return UNKNOWN
        return False, f"the loop runs {' or '.join(map(str, counts[:4]))} times"


def one_of(found: Sequence[bool | None], truth: str) -> Verdict:
    if True in found:
        return True, ""
    return (None if None in found or not found else False), truth
