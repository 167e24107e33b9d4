"""A whole monologue: its four sections, at the fullest level of detail that fits."""

from collections.abc import Iterator, Sequence

from semcoder.monologue.activations import Activation, Untellable, tree
from semcoder.monologue.backward import DEPTHS, Deduction
from semcoder.monologue.constraints import constraints, told
from semcoder.monologue.forward import LEVELS, Simulation
from semcoder.monologue.listing import Listing, listing
from semcoder.monologue.loops import grouped
from semcoder.monologue.overview import understanding
from semcoder.monologue.properties import backward_facts, forward_facts
from semcoder.monologue.wording import FORMS, Wording, span, unspan
from semcoder.records import Direction, Program, TestCase, Trace

UNDERSTANDING = "### Understanding the Function"
PROPERTIES = "### Key Properties and Constraints"
SIMULATION = "### Execution Simulation"
DEDUCTION = "### Reverse Deduction"
CONCLUSION = "### Conclusion"
MAX_ECHO = 60
"""Longer outputs are not repeated after the input that gives them."""


INSTRUCTIONS = 350
"""Characters of a question beside the program and the call."""
LABEL = "  # [L10]"
MIN_CLAIM = 18
"""Characters that telling a change takes at the very least, to know early that a full telling will not fit."""


class TooLong(Exception):
    """Not even the shortest telling fits; the text says how long it is."""


def compose(
    program: Program,
    test: TestCase,
    trace: Trace,
    direction: Direction,
    *,
    max_chars: int,
    max_total_chars: int = 0,
    label_offset: int = 0,
    seed: int = 0,
    alike: Sequence[TestCase] = (),
) -> str:
    """The text of a monologue, at most `max_chars` characters. Raises Untellable or TooLong.

    With `max_total_chars` it is told in less detail where question and monologue would be longer than that
    together, as far as that goes.

    Equal arguments give equal text; `seed` and the test's id choose the wording. `alike` are the program's known
    inputs with the same output: constraints are checked on them. Labels `[L5]` are lines of
    `program.code`, 1-based, plus `label_offset`; backward monologues have none (paper section 4.2.2).
    """
    try:
        texts = _texts(program, test, trace, direction, max_chars, label_offset, seed, alike)
        room = max_total_chars - _question(program, test) if max_total_chars else max_chars
        found = ""
        for text in texts:
            found = text if len(text) <= max_chars else found
            if len(text) <= min(max_chars, room):
                break
    except RecursionError:
        raise Untellable("an expression is nested too deeply") from None
    if not found:
        raise TooLong(f"{len(text)} characters at the least")
    return found


def _question(program: Program, test: TestCase) -> int:
    """About how many characters a question has: instructions, the labelled program, and the call."""
    labels = len(LABEL) * program.code.count("\n")
    return INSTRUCTIONS + len(program.code) + labels + len(test.call_arguments) + len(test.output)


def _texts(
    program: Program,
    test: TestCase,
    trace: Trace,
    direction: Direction,
    max_chars: int,
    label_offset: int,
    seed: int,
    alike: Sequence[TestCase],
) -> Iterator[str]:
    """The monologue in all degrees of detail, the fullest first."""
    root = tree(trace.events)
    bare = sum(MIN_CLAIM for event in trace.events if event.changes)
    if root.returned != test.output:
        raise Untellable("the trace does not return the recorded output")
    code = listing(program.code)
    key = f"{seed} {test.id} {direction}"
    in_full = bare <= max_chars
    if direction == "forward":
        yield from _forward(code, root, test, key, label_offset, in_full)
    else:
        yield from _backward(code, root, test, key, alike, in_full)


def concluded(text: str, direction: Direction) -> str | None:
    """The answer that a monologue of this module concludes with, or None where it has no conclusion."""
    _, found, tail = text.rpartition(f"{CONCLUSION}\n")
    first = tail.partition("\n")[0]
    for form in FORMS[f"{direction}_end"] if found else ():
        before, _, after = form.partition("{value}")
        if first.startswith(before) and first.endswith(after):
            return unspan(first[len(before) : len(first) - len(after)])
    return None


def _forward(
    code: Listing, root: Activation, test: TestCase, key: str, offset: int, in_full: bool
) -> Iterator[str]:
    wording = Wording(f"{key} opening")
    opening = understanding(root, code, wording)
    facts = forward_facts(root, grouped(root, code), code, wording)
    for level in LEVELS if in_full else [level for level in LEVELS if level.outer is not None]:
        wording = Wording(key)
        told = Simulation(root, code, wording, level, offset).numbered()
        end = wording.say("forward_end", value=span(test.output))
        yield _sections(opening, facts, SIMULATION, told, end)


def _backward(
    code: Listing, root: Activation, test: TestCase, key: str, alike: Sequence[TestCase], in_full: bool
) -> Iterator[str]:
    wording = Wording(f"{key} opening")
    opening = understanding(root, code, wording)
    items = grouped(root, code)
    facts = backward_facts(root, items, code, wording)
    facts += told(constraints(root, items, code, alike), wording)
    for depth in DEPTHS if in_full else DEPTHS[1:]:
        wording = Wording(key)
        deduced = wording.say("back_open") + "\n" + Deduction(root, code, wording, depth).numbered()
        end = wording.say("backward_end", value=span(test.call_arguments))
        call = span(f"{root.name}({test.call_arguments})")
        result = span(test.output) if len(test.output) <= MAX_ECHO else "the required output"
        if len(test.call_arguments) <= MAX_ECHO:
            end += "\n" + wording.say("confirm", call=call, value=result)
        else:
            end += "\n" + wording.say("confirm", call="the function on it", value=result)
        yield _sections(opening, facts, DEDUCTION, deduced, end)


def _sections(opening: str, facts: list[str], title: str, told: str, end: str) -> str:
    listed = "\n".join(f"- {fact}" for fact in facts) or "- There is nothing to watch out for."
    return f"{UNDERSTANDING}\n{opening}\n\n{PROPERTIES}\n{listed}\n\n{title}\n{told}\n\n{CONCLUSION}\n{end}"
