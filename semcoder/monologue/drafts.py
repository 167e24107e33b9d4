"""What a language model writes: asked for sample by sample, judged, sent back once where a fault is known, kept."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from semcoder import records
from semcoder.artifacts import write_json
from semcoder.errors import UserError
from semcoder.monologue.accept import Accepted, shift_labels
from semcoder.records import Direction, Dropped, Monologue
from semcoder.teacher.choose import costs, teacher_from
from semcoder.teacher.interface import Refusal
from semcoder.teacher.llm import LLMTeacher
from semcoder.teacher.prompts import Messages, revision
from semcoder.teacher.rejection import first_accepted

Verdicts = Sequence[Accepted | Refusal]
Judge = Callable[[Sequence[tuple[int, str]]], Verdicts]
"""The verdict on each (place of the conversation, text)."""


def first_good(
    conversations: Sequence[Messages], teacher: LLMTeacher, judge: Judge, revisions: int, max_chars: int
) -> list[Accepted | Refusal]:
    """For each conversation the first answer that is accepted and not too long, or the last reason why none is.

    With `revisions` 1 a refused answer is first sent back with its feedback, and judged again.
    """

    def judged(drafts: Sequence[tuple[int, str]]) -> Verdicts:
        return [_short(each, max_chars) for each in judge(drafts)]

    def revised(number: int, failed: Sequence[tuple[int, str, Refusal]]) -> Verdicts:
        asked = (revision(conversations[at], text, fault.feedback) for at, text, fault in failed)
        answers = list(teacher.converse(asked, range(number, number + 1), "revision"))
        drafts = [
            (at, text)
            for (at, *_), texts in zip(failed, answers, strict=True)
            if not isinstance(texts, Refusal)
            for text in texts
        ]
        found = iter(judged(drafts))
        again = [each if isinstance(each, Refusal) else next(found) for each in answers]
        return [replace(each, revised=True) if isinstance(each, Accepted) else each for each in again]

    return first_accepted(
        range(len(conversations)),
        teacher.settings.samples,
        lambda places, numbers: teacher.converse((conversations[at] for at in places), numbers),
        judged,
        revised if revisions else None,
    )


def _short(verdict: Accepted | Refusal, max_chars: int) -> Accepted | Refusal:
    if isinstance(verdict, Refusal) or len(verdict.text) <= max_chars:
        return verdict
    return Refusal("too long", f"{len(verdict.text)} characters")


def language_model(settings: str) -> LLMTeacher:
    """The teacher that a command was given. Raises UserError where it is no language model."""
    teacher = teacher_from(settings)
    if not isinstance(teacher, LLMTeacher):
        raise UserError(
            "--teacher: only a language model can be sampled; `semcoder monologue write` needs none."
        )
    return teacher


def write_verdicts(
    stage: str,
    direction: Direction,
    verdicts: Sequence[tuple[tuple[str, ...], Accepted | Refusal]],
    teacher: LLMTeacher,
    label_offset: int,
    *,
    monologues: Path,
    dropped: Path,
    summary: Path,
) -> None:
    """Write (parents, verdict) pairs as records, and the counts of a stage with what its answers cost, in tokens."""
    kept: list[Monologue] = []
    lost: list[Dropped] = []
    for parents, verdict in verdicts:
        if isinstance(verdict, Refusal):
            lost.append(Dropped(parents=parents, stage=stage, reason=verdict.reason, detail=verdict.detail))
            continue
        kept.append(
            Monologue(
                parents=parents,
                format="monologue",
                direction=direction,
                text=shift_labels(verdict.text, label_offset),
                answer=verdict.answer,
                writer=teacher.settings.monologue_model,
                revised=verdict.revised,
            )
        )
    records.write(monologues, kept)
    records.write(dropped, lost)
    reasons = Counter(row.reason for row in lost)
    counts: dict[str, Any] = {"in": len(verdicts), "kept": len(kept), "dropped": dict(reasons)}
    counts |= {"revised": sum(row.revised for row in kept), **costs(teacher)}
    write_json(summary, {"stage": stage, "direction": direction, **counts})
