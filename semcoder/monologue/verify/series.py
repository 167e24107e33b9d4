"""Claims about several iterations together: values in turn, how often a test was true, what stays true."""

import itertools
from collections.abc import Sequence

from semcoder.monologue.evaluate import parsed
from semcoder.monologue.verify.claims import Said
from semcoder.monologue.verify.judge import UNKNOWN, Judge, Verdict
from semcoder.monologue.verify.moments import Moments, Run, Step, outcome
from semcoder.monologue.verify.patterns import IN_ALL

MAX_ITERATIONS = 200
"""Iterations that what stays true in a loop is checked on."""
Pins = Sequence["dict[Run, range | frozenset[int]]"]


def in_turn(said: Said, pins: Pins, runs: Sequence[Run], judge: Judge) -> Verdict:
    """Whether a variable has the values of the claim, one an iteration, at their beginnings or their ends."""
    texts: list[str] = said.more
    views: list[list[str | None]] = []
    for run, first, last in _stretches(pins, runs):
        turns = run.turns[first - 1 : last]
        if said.subject in turns[0][0].after or said.subject in turns[-1][-1].after:
            views.append([turn[0].after.get(said.subject) for turn in turns])
            views.append([turn[-1].after.get(said.subject) for turn in turns])
            views.append(_distinct(views[-1]))
            views.append(
                [
                    each.after.get(said.subject)
                    for turn in turns
                    for each in turn
                    if said.subject in each.event.changes
                ]
            )
    if not views:
        return UNKNOWN
    for view in views:
        if len(view) == len(texts) and all(
            a is not None and judge.same(said, a, t) for a, t in zip(view, texts, strict=True)
        ):
            return True, ""
    if not pins:
        return UNKNOWN
    shown = ", ".join(str(each) for each in views[1][:8])
    return False, f"{said.subject} is {shown}{', ...' if len(views[1]) > 8 else ''} in turn"


def _distinct(view: Sequence[str | None]) -> list[str | None]:
    return [each for at, each in enumerate(view) if at == 0 or each != view[at - 1]]


def _stretches(pins: Pins, runs: Sequence[Run]) -> list[tuple[Run, int, int]]:
    """(run, first iteration, last one) of what is meant."""
    if pins:
        inner = pins[-1]
        return [
            (run, min(turns), min(max(turns), len(run.turns)))
            for run, turns in inner.items()
            if turns and min(turns) <= len(run.turns)
        ]
    return [(run, 1, len(run.turns)) for run in runs if run.turns]


def summary(said: Said, pins: Pins, moments: Moments, offset: int) -> Verdict:
    """How often the test on a line came out true in the iterations that are meant."""
    code = moments.code
    if code is None or not pins:
        return UNKNOWN
    line = int(said.subject) - offset
    steps = [step for step in moments.by_line.get(line, []) if _is_in(step, pins)]
    outcomes = [outcome(step, code) for step in steps]
    if None in outcomes or not steps:
        return UNKNOWN
    match = IN_ALL.match(said.value)
    if match is None:
        return UNKNOWN
    true = sum(map(bool, outcomes))
    truth = f"it is true {true} times of {len(outcomes)}"
    if match["all"]:
        return true == len(outcomes), truth
    if match["none"]:
        return true == 0, truth
    if match["some"]:
        return true == int(match["some"]), truth
    numbers = {int(word) for word in match["list"].replace("and", ",").replace(" ", "").split(",") if word}
    hits = {
        n
        for step, yes in zip(steps, outcomes, strict=True)
        if yes
        for run, n in step.loops
        if run in pins[-1]
    }
    return hits == numbers, f"it is true in iterations {sorted(hits)}"


def _is_in(step: Step, pins: Pins) -> bool:
    return all(any(run in pin and n in pin[run] for run, n in step.loops) for pin in pins)


def invariant(said: Said, pins: Pins, runs: Sequence[Run], judge: Judge) -> Verdict:
    """Whether a test is true at the end of every iteration k of the loop that is meant, or of one that may be."""
    meant = [run for run in (pins[-1] if pins else runs) if run.certain and run.turns]
    false, unclear = "", not meant or "k" in judge.bound
    for run in [] if unclear else meant[:MAX_ITERATIONS]:
        for k, turn in enumerate(run.turns[:MAX_ITERATIONS], 1):
            known, value = judge.value(said.subject, turn[-1].after | {"k": str(k)})
            if not known:
                unclear = True
                break
            if not value:
                false = false or f"{said.subject} is false once iteration {k} is done"
                break
        else:
            if len(run.turns) <= MAX_ITERATIONS:
                return True, ""
            unclear = True
    return UNKNOWN if unclear or not false else (False, false)


def trend(said: Said, runs: Sequence[Run], moments: Moments) -> Verdict:
    """Whether a variable does over a loop what is said of it; `kept`: over the whole call."""
    name = said.subject
    if said.value == "kept":
        steps = [step for step in moments.root.steps if name in step.event.changes]
        changed = next((step for step in steps if step.before.get(name) != step.after[name]), None)
        if name not in moments.root.arguments and not steps:
            return UNKNOWN
        return changed is None, f"line {changed.line} changes it" if changed else ""
    found: list[Verdict] = []
    for run in runs[:MAX_ITERATIONS]:
        ends = [turn[-1].after.get(name) for turn in run.turns[: 10 * MAX_ITERATIONS]]
        texts = [text for text in [run.first.before.get(name), *ends] if text is not None]
        if len(set(texts)) > 1:
            found.append(_trend(said.value, texts))
            if found[-1][0]:
                return True, ""
    return found[0] if found and None not in [each[0] for each in found] else UNKNOWN


def _trend(way: str, texts: Sequence[str]) -> Verdict:
    try:
        values = [parsed(text) for text in texts]
        for one, other in itertools.pairwise(values):
            holds = (
                other[: len(one)] == one
                if way == "extends"
                else one <= other
                if way == "rises"
                else one >= other
            )
            if not holds:
                return False, f"it goes from {one!r} to {other!r}"
    except (ValueError, TypeError):
        return UNKNOWN
    return True, ""
