"""Which sampled monologues are kept (paper section 4.2.3): those whose final answer execution confirms.

Forward: the concluded output is the recorded one. Backward: the program, run on the concluded arguments, gives
the required output; they need not be the arguments that the output was recorded for (paper App. G).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from semcoder.evaluation.arguments import Run, calls
from semcoder.evaluation.expressions import MAX_CHARS, NotAllowed
from semcoder.evaluation.extract import input_answer, output_answer
from semcoder.execution.api import Call, Job, Outcome
from semcoder.execution.compare import same
from semcoder.records import Direction, Program, TestCase
from semcoder.teacher import sections
from semcoder.teacher.interface import Refusal

_LABEL = re.compile(r"\[L(\d+)\]")


@dataclass(frozen=True)
class Sampled:
    """What a teacher wrote for one test of a program."""

    program: Program
    test: TestCase
    text: str


@dataclass(frozen=True)
class Accepted:
    """A monologue without its tags, and its answer (records.Monologue)."""

    text: str
    answer: str


def accept(direction: Direction, samples: Sequence[Sampled], run: Run) -> list[Accepted | Refusal]:
    """The verdict on each sample, in their order."""
    read = [_read(sample, direction) for sample in samples]
    if direction == "forward":
        return [
            each if isinstance(each, Refusal) else _compared(each, sample.test)
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


def _compared(said: Accepted, test: TestCase) -> Accepted | Refusal:
    if same(said.answer, test.output):
        return Accepted(said.text, test.output)
    return Refusal("wrong answer", f"{said.answer[:100]} instead of {test.output[:100]}")


def _ran(
    samples: Sequence[Sampled], read: Sequence[Accepted | Refusal], run: Run
) -> list[Accepted | Refusal]:
    """The verdicts on backward answers: those that are arguments are given to the program."""
    said = [(sample, each) for sample, each in zip(samples, read, strict=True) if isinstance(each, Accepted)]
    asked = calls(run, [(each.answer, sample.program.code) for sample, each in said])
    jobs = [
        Job(sample.test.id, sample.program.code, sample.program.entry_point, (call,))
        for (sample, _), call in zip(said, asked, strict=True)
        if isinstance(call, Call)
    ]
    outcomes = run(jobs)
    verdicts = iter(
        [
            Refusal("no answer", str(call))
            if isinstance(call, NotAllowed)
            else _confirmed(each, sample.test, next(outcomes))
            for (sample, each), call in zip(said, asked, strict=True)
        ]
    )
    return [each if isinstance(each, Refusal) else next(verdicts) for each in read]


def _confirmed(said: Accepted, test: TestCase, outcome: Outcome) -> Accepted | Refusal:
    result = outcome.results[0] if outcome.results else None
    if result is None or result.value is None:
        raised = f"{result.raised[0]}: {result.raised[1]}" if result and result.raised else outcome.detail
        return Refusal("answer does not run", f"{outcome.verdict} {raised}".strip()[:200])
    # Only the program's word: what is far longer than the output is not it, and would take long to read.
    if len(result.value) <= max(MAX_CHARS, 2 * len(test.output)) and same(result.value, test.output):
        return said
    return Refusal(
        "wrong answer", f"{said.answer[:100]} gives {result.value[:100]} instead of {test.output[:100]}"
    )


def _text(sample: Sampled, direction: Direction) -> str | Refusal:
    """The monologue, if it has the form of its direction and names no line that is not there."""
    text = sections.monologue(sample.text, direction)
    if isinstance(text, Refusal):
        return text
    labels = [int(number) for number in _LABEL.findall(text)]
    if direction == "backward" and labels:
        return Refusal("line labels in a backward monologue")
    lines = sample.program.code.count("\n") + 1
    if any(not 1 <= label <= lines for label in labels):
        return Refusal("label of no line", f"[L{max(labels)}] of {lines} lines")
    return text


def shift_labels(text: str, offset: int) -> str:
    """The text with `offset` added to every line label, as the training prompts have them."""
    return _LABEL.sub(lambda match: f"[L{int(match[1]) + offset}]", text)
