"""Which monologues of a language model are kept: those whose final answer execution confirms (paper section 4.2.3),
and, where they are checked, that say nothing false on the way.

Forward: the concluded output is the recorded one. Backward: the program, run on the concluded arguments, gives
the required output; they need not be the arguments that the output was recorded for (paper App. G). A forward
monologue is held against the recorded trace, a backward one against the run of the arguments it concludes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from semcoder.evaluation.arguments import Run, calls
from semcoder.evaluation.expressions import MAX_CHARS, NotAllowed
from semcoder.evaluation.extract import input_answer, output_answer
from semcoder.execution.api import Call, CallResult, Job, Outcome
from semcoder.execution.compare import same
from semcoder.monologue import feedback
from semcoder.monologue.verify import Verified, verify
from semcoder.records import Direction, Program, TestCase, Trace
from semcoder.teacher import sections
from semcoder.teacher.interface import Refusal

LABEL = re.compile(r"\[L(\d+)\]")
"""A line label."""


@dataclass(frozen=True)
class Sampled:
    """What a teacher wrote for one test of a program; with the test's trace, every claim is checked."""

    program: Program
    test: TestCase
    text: str
    trace: Trace | None = None


@dataclass(frozen=True)
class Accepted:
    """A monologue without its tags, and its answer (records.Monologue)."""

    text: str
    answer: str
    coverage: float | None = None
    """Share of the executed lines with an effect that it speaks of, where it was checked."""
    revised: bool = False


def accept(direction: Direction, samples: Sequence[Sampled], run: Run) -> list[Accepted | Refusal]:
    """The verdict on each sample, in their order."""
    read = [_read(sample, direction) for sample in samples]
    if direction == "forward":
        return [
            each if isinstance(each, Refusal) else _compared(each, sample)
            for sample, each in zip(samples, read, strict=True)
        ]
    return _ran(samples, read, run)


def _read(sample: Sampled, direction: Direction) -> Accepted | Refusal:
    """The monologue and its answer as the teacher wrote them."""
    text = _text(sample, direction)
    if isinstance(text, Refusal):
        return text
    find = output_answer if direction == "forward" else input_answer
    answer = find(sample.text, sample.program.entry_point, inside=False)
    return Refusal("no answer") if answer is None else Accepted(text, answer)


def _compared(said: Accepted, sample: Sampled) -> Accepted | Refusal:
    output = sample.test.output
    found = verify(said.text, "forward", sample.trace.events, sample.program.code) if sample.trace else None
    if same(said.answer, output):
        return _checked(Accepted(said.text, output), found, output)
    false = found.first_false if found else None
    return Refusal(
        "wrong answer",
        f"{said.answer[:100]} instead of {output[:100]}",
        feedback.wrong_output(said.answer, said.text, false, output),
    )


def _checked(said: Accepted, found: Verified | None, secret: str = "") -> Accepted | Refusal:
    """The monologue, unless something in it is false."""
    if found is None:
        return said
    false = found.first_false
    if false:
        return Refusal("false claim", found.reason[:400], feedback.false_claim(said.text, false, secret))
    return Accepted(said.text, said.answer, found.coverage)


def _ran(
    samples: Sequence[Sampled], read: Sequence[Accepted | Refusal], run: Run
) -> list[Accepted | Refusal]:
    """The verdicts on backward answers: those that are arguments are given to the program."""
    said = [(sample, each) for sample, each in zip(samples, read, strict=True) if isinstance(each, Accepted)]
    asked = calls(run, [(each.answer, sample.program.code) for sample, each in said])
    jobs = [
        Job(
            *(sample.test.id, sample.program.code, sample.program.entry_point, (call,)),
            trace=sample.trace is not None,
        )
        for (sample, _), call in zip(said, asked, strict=True)
        if isinstance(call, Call)
    ]
    verdicts = _judged(said, asked, run(jobs))
    return [each if isinstance(each, Refusal) else next(verdicts) for each in read]


def _judged(
    said: Sequence[tuple[Sampled, Accepted]],
    asked: Sequence[Call | NotAllowed],
    outcomes: Iterator[Outcome],
) -> Iterator[Accepted | Refusal]:
    for (sample, each), call in zip(said, asked, strict=True):
        if isinstance(call, NotAllowed):
            yield Refusal("no answer", str(call))
        else:
            yield _confirmed(each, sample, next(outcomes))


def _confirmed(said: Accepted, sample: Sampled, outcome: Outcome) -> Accepted | Refusal:
    name, output = sample.program.entry_point, sample.test.output
    result = outcome.results[0] if outcome.results else None
    if result is None or result.value is None:
        raised = f"{result.raised[0]}: {result.raised[1]}" if result and result.raised else outcome.detail
        what = f"{outcome.verdict} {raised}".strip()[:200]
        return Refusal("answer does not run", what, feedback.failing_input(name, said.answer, raised or what))
    # Only the program's word: what is far longer than the output is not it, and would take long to read.
    if len(result.value) <= max(MAX_CHARS, 2 * len(output)) and same(result.value, output):
        return _checked(said, _held_against(result, said, sample) if sample.trace else None)
    return Refusal(
        "wrong answer",
        f"{said.answer[:100]} gives {result.value[:100]} instead of {output[:100]}",
        feedback.wrong_input(name, said.answer, result.value, output),
    )


def _held_against(result: CallResult, said: Accepted, sample: Sampled) -> Verified:
    truncated = bool(result.truncated)
    return verify(said.text, "backward", result.events, sample.program.code, truncated=truncated)


def _text(sample: Sampled, direction: Direction) -> str | Refusal:
    """The monologue, if it has the form of its direction and names no line that is not there."""
    text = sections.monologue(sample.text, direction)
    if isinstance(text, Refusal):
        return text
    labels = [int(number) for number in LABEL.findall(text)]
    if direction == "backward" and labels:
        return Refusal("line labels in a backward monologue")
    lines = sample.program.code.count("\n") + 1
    if any(not 1 <= label <= lines for label in labels):
        return Refusal("label of no line", f"[L{max(labels)}] of {lines} lines")
    return text


def shift_labels(text: str, offset: int) -> str:
    """The text with `offset` added to every line label, as the training prompts have them."""
    return LABEL.sub(lambda match: f"[L{int(match[1]) + offset}]", text)
