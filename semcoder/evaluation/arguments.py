"""What predicted arguments and outputs amount to, found out where the program under test is not.

Expressions are evaluated in jobs of their own and come back as literals, and literals are passed on to a program. Where
the program is run no more of an answer than what has no literal: lambdas that the program itself calls, and
expressions whose value is an iterator, a view or holds one object twice.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from semcoder.evaluation.checking import INSIDE
from semcoder.evaluation.expressions import (
    MAX_CHARS,
    NotAllowed,
    Part,
    arguments,
    as_written,
    output,
    passable,
)
from semcoder.execution import literals
from semcoder.execution.api import Call, Job, Outcome

Run = Callable[[Iterable[Job]], Iterator[Outcome]]
"""`Sandbox.run`: outcomes in the order of the jobs."""
_ARGUMENT = """
def semcoder_value(value):
    if type(value) is range:
        return "range", (value.start, value.stop, value.step)
    seen, waiting = set(), [value]
    while waiting:
        item = waiting.pop()
        if type(item) in (list, set, dict):
            if id(item) in seen:
                return "shared", None
            seen.add(id(item))
        if type(item) in (list, tuple):
            waiting.extend(item)
        elif type(item) is dict:
            waiting.extend(item.values())
        elif type(item) not in (int, float, complex, bool, str, bytes, type(None), set, frozenset):
            return "object", None
    return "value", value
"""
_OUTPUT = f"{INSIDE}\n\ndef semcoder_value(value):\n    return 'value', semcoder_result(value, 'whole')\n"


def calls(run: Run, answers: Sequence[tuple[str, str]]) -> list[Call | NotAllowed]:
    """The call that each (text between the parentheses, program) asks for, or why it is none."""
    read: list[list[Part] | NotAllowed] = []
    for source, program in answers:
        try:
            read.append(arguments(source, program))
        except NotAllowed as error:
            read.append(error)
    found: list[Call | NotAllowed] = []
    for parts, (_, program) in zip(_evaluated(run, read, inputs=True), answers, strict=True):
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
    found = _evaluated(run, read, inputs=False)
    return [parts if isinstance(parts, NotAllowed) else parts[0].text for parts in found]


def _call(parts: Sequence[Part], program: str) -> Call:
    args: list[str] = []
    kwargs: dict[str, str] = {}
    for part in parts:
        text = (as_written if part.kind == "function" else passable)(part.text, program)
        if part.name is None:
            args.append(text)
        elif part.name in ("*", "**"):
            _unpack(part, args, kwargs)
        else:
            kwargs[part.name] = text
    return Call(tuple(args), kwargs)


def _unpack(part: Part, args: list[str], kwargs: dict[str, str]) -> None:
    """Add what `*` or `**` stands before; raises NotAllowed where that is not plain data."""
    try:
        value = literals.parse(part.text)  # nothing that would have to be evaluated here
        if part.name == "*":
            args += [literals.render(item) for item in value]
        else:
            kwargs.update({str(name): literals.render(item) for name, item in value.items()})
    except (ValueError, TypeError, AttributeError) as error:
        raise NotAllowed("unpacked arguments that are no plain data") from error


def _evaluated(
    run: Run, read: Sequence[list[Part] | NotAllowed], inputs: bool
) -> list[list[Part] | NotAllowed]:
    """The same with literals in the place of the expressions; those of one answer are evaluated in one job.

    Of `inputs`, expressions whose value has no literal stay, as functions do.
    """
    sources = [
        () if isinstance(parts, NotAllowed) else tuple(p.text for p in parts if p.kind == "expression")
        for parts in read
    ]
    jobs = (
        Job(
            str(place),
            _ARGUMENT if inputs else _OUTPUT,
            "semcoder_value",
            tuple(Call((text,)) for text in texts),
        )
        for place, texts in enumerate(sources)
        if texts
    )
    outcomes = {int(outcome.id): outcome for outcome in run(jobs)}
    found: list[list[Part] | NotAllowed] = []
    for place, parts in enumerate(read):
        try:
            if not isinstance(parts, NotAllowed) and place in outcomes:
                parts = _filled(parts, outcomes[place], inputs)
            found.append(parts)
        except NotAllowed as error:
            found.append(error)
    return found


def _filled(parts: Sequence[Part], outcome: Outcome, inputs: bool) -> list[Part]:
    filled: list[Part] = []
    place, room = 0, MAX_CHARS
    for part in parts:
        if part.kind == "expression":
            text = _text(outcome, place, room, inputs)
            part = (
                Part(part.text, "function", part.name) if text is None else Part(text, "literal", part.name)
            )
            place, room = place + 1, room - len(text or "")
        filled.append(part)
    return filled


def _text(outcome: Outcome, place: int, room: int, inputs: bool) -> str | None:
    """The literal, or `range` of literals, that a call of `semcoder_value` returned; raises NotAllowed.

    None for an argument that has no literal that would do.
    """
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
        if kind == "value":
            return literals.render(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise NotAllowed("not plain data") from error
    if inputs:
        return None
    raise NotAllowed("not plain data")
