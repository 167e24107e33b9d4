"""Which sampled monologues are kept (paper section 4.2.3): those whose final answer execution confirms.

Forward: the concluded output is the recorded one. Backward: the program, run on the concluded arguments, gives
the required output; they need not be the arguments that the output was recorded for (paper App. G).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from semcoder.evaluation.expressions import NotAllowed, call
from semcoder.evaluation.extract import input_answer, output_answer
from semcoder.execution.api import Job, Outcome
from semcoder.execution.compare import same
from semcoder.records import Direction, Program, TestCase
from semcoder.teacher import sections
from semcoder.teacher.interface import Refusal

Run = Callable[[Iterable[Job]], Iterator[Outcome]]
"""`Sandbox.run`: outcomes in the order of the jobs."""

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
    jobs = [
        each if isinstance(each, Refusal) else _job(sample, each)
        for sample, each in zip(samples, read, strict=True)
    ]
    outcomes = run([job for job in jobs if isinstance(job, Job)])
    verdicts: list[Accepted | Refusal] = []
    for sample, each, job in zip(samples, read, jobs, strict=True):
        if isinstance(each, Refusal):
            verdicts.append(each)
        else:
            verdicts.append(job if isinstance(job, Refusal) else _ran(each, sample.test, next(outcomes)))
    return verdicts


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


def _job(sample: Sampled, said: Accepted) -> Job | Refusal:
    try:
        arguments = call(said.answer, sample.program.code, sample.program.entry_point)
    except NotAllowed as error:
        return Refusal("no answer", str(error))
    return Job(sample.test.id, sample.program.code, sample.program.entry_point, (arguments,))


def _ran(said: Accepted, test: TestCase, outcome: Outcome) -> Accepted | Refusal:
    result = outcome.results[0] if outcome.results else None
    if result is None or result.value is None:
        raised = f"{result.raised[0]}: {result.raised[1]}" if result and result.raised else outcome.detail
        return Refusal("answer does not run", f"{outcome.verdict} {raised}".strip()[:200])
    if same(result.value, test.output):
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
