"""Rejection sampling (paper sections 3.3 and 4.2.3): one sample a round, only for what has no accepted one yet."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from semcoder.progress import track
from semcoder.teacher.interface import Refusal

C = TypeVar("C")
A = TypeVar("A")
Ask = Callable[[Iterable[C], range], Iterator[Sequence[str] | Refusal]]
"""The texts of some sample numbers for each case, in order."""
Judge = Callable[[Sequence[tuple[C, str]]], Sequence[A | Refusal]]
"""The verdict on each text."""
Revise = Callable[[int, Sequence[tuple[C, str, Refusal]]], Sequence[A | Refusal]]
"""The verdict on what became of each text of a sample number that came back with its faults."""


def first_accepted(
    cases: Sequence[C],
    samples: int,
    ask: Ask[C],
    judge: Judge[C, A],
    revise: Revise[C, A] | None = None,
) -> list[A | Refusal]:
    """For each case the first sample that is accepted, or the last reason why none of `samples` was.

    With `revise`, a refused sample that has feedback is revised before the next one is asked for.
    """
    verdicts: dict[int, A | Refusal] = {}
    waiting = list(range(len(cases)))
    for number in range(samples):
        if not waiting:
            break
        answers = ask((cases[at] for at in waiting), range(number, number + 1))
        drafts: list[tuple[int, str]] = []
        for at, texts in track(zip(waiting, answers, strict=True), f"sample {number + 1}", len(waiting)):
            if isinstance(texts, Refusal):
                verdicts[at] = texts
            else:
                drafts += [(at, text) for text in texts]
        judged = judge([(cases[at], text) for at, text in drafts])
        verdicts |= {at: verdict for (at, _), verdict in zip(drafts, judged, strict=True)}
        if revise:
            failed = [
                (at, text, verdict)
                for (at, text), verdict in zip(drafts, judged, strict=True)
                if isinstance(verdict, Refusal) and verdict.feedback
            ]
            revised = revise(number, [(cases[at], text, verdict) for at, text, verdict in failed])
            verdicts |= {at: verdict for (at, *_), verdict in zip(failed, revised, strict=True)}
        waiting = [at for at in waiting if isinstance(verdicts[at], Refusal)]
    return [verdicts[at] for at in range(len(cases))]
