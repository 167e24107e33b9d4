"""What predicted arguments and outputs amount to, found out where the program under test is not.

Expressions are evaluated in jobs of their own and come back as literals. Only literals are passed on to a program:
an answer never runs where the program is, but for a lambda that the program itself calls.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from semcoder.evaluation.expressions import MAX_CHARS, NotAllowed, Part, arguments, output, passable
from semcoder.execution import literals
from semcoder.execution.api import Call, Job, Outcome

Run = Callable[[Iterable[Job]], Iterator[Outcome]]
"""`Sandbox.run`: outcomes in the order of the jobs."""
_CODE = """
def semcoder_value(value):
    if type(value) is range:
        return "range", (value.start, value.stop, value.step)
    return "value", value
"""


def calls(run: Run, answers: Sequence[tuple[str, str]]) -> list[Call | NotAllowed]:
    """The call that each (text between the parentheses, program) asks for, or why it is none."""
    read: list[list[Part] | NotAllowed] = []
    for source, program in answers:
        try:
            read.append(arguments(source, program))
        except NotAllowed as error:
            read.append(error)
    found: list[Call | NotAllowed] = []
    for parts, (_, program) in zip(_evaluated(run, read), answers, strict=True):
        try:
            found.append(parts if isinstance(parts, NotAllowed) else _call(parts, program))
        except NotAllowed as error:
            found.append(error)
    return found


def outputs(run: Run, answers: Sequence[str]) -> list[str | NotAllowed]:
    """The literal that each predicted output is or amounts to, or why it is none."""
    read: list[list[Part] | NotAllowed] = []
    for source in answers:
        try:
            read.append([output(source)])
        except NotAllowed as error:
            read.append(error)
    return [parts if isinstance(parts, NotAllowed) else parts[0].text for parts in _evaluated(run, read)]


def _call(parts: Sequence[Part], program: str) -> Call:
    texts = [(part.name, passable(part.text, program)) for part in parts]
    return Call(
        tuple(t for name, t in texts if name is None), {name: t for name, t in texts if name is not None}
    )


def _evaluated(run: Run, read: Sequence[list[Part] | NotAllowed]) -> list[list[Part] | NotAllowed]:
    """The same with literals in the place of the expressions; those of one answer are evaluated in one job."""
    sources = [
        () if isinstance(parts, NotAllowed) else tuple(p.text for p in parts if p.kind == "expression")
        for parts in read
    ]
    jobs = (
        Job(str(place), _CODE, "semcoder_value", tuple(Call((text,)) for text in texts))
        for place, texts in enumerate(sources)
        if texts
    )
    outcomes = {int(outcome.id): outcome for outcome in run(jobs)}
    found: list[list[Part] | NotAllowed] = []
    for place, parts in enumerate(read):
        try:
            if not isinstance(parts, NotAllowed) and place in outcomes:
                parts = _filled(parts, outcomes[place])
            found.append(parts)
        except NotAllowed as error:
            found.append(error)
    return found


def _filled(parts: Sequence[Part], outcome: Outcome) -> list[Part]:
    filled: list[Part] = []
    place, room = 0, MAX_CHARS
    for part in parts:
        if part.kind == "expression":
            part = Part(_text(outcome, place, room), "literal", part.name)
            place, room = place + 1, room - len(part.text)
        filled.append(part)
    return filled


def _text(outcome: Outcome, place: int, room: int) -> str:
    """The literal, or `range` of literals, that a call of `semcoder_value` returned; raises NotAllowed."""
    if place >= len(outcome.results):
        raise NotAllowed(f"{outcome.verdict} {outcome.detail}".strip())
    result = outcome.results[place]
    if result.value is None:
        kind, message, _ = result.raised or ("", "no value", 0)
        raise NotAllowed(f"{kind}: {message}"[:200])
    if len(result.value) > room:
        raise NotAllowed(f"a value of {len(result.value)} characters")
    try:
        kind, value = literals.parse(result.value)
        if kind == "range":
            return f"range({', '.join(literals.render(int(part)) for part in value)})"
        return literals.render(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise NotAllowed("not plain data") from error
