"""What the teacher will be asked by the jobs that would run: answers, tokens and dollars, by purpose."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from semcoder.config import Config
from semcoder.planning.dryrun import Asking
from semcoder.planning.sizes import Mark
from semcoder.teacher.bill import Post, dollars
from semcoder.teacher.costs import Paid, read_bills
from semcoder.teacher.estimate import PURPOSES, bounds, times

ANSWER_S = 6.0
"""Of one answer, about: not measured here."""
BATCH_S = 86_400.0
"""A batch is answered within a day."""


class Asked(NamedTuple):
    """What the jobs of one rule that would run ask for one purpose."""

    rule: str
    post: Post
    mark: Mark


class Bill(NamedTuple):
    """All of it, and what it costs (None where a price is not known)."""

    asked: list[Asked]
    dollars: float | None

    @property
    def mark(self) -> Mark:
        """Measured where every post is."""
        return "measured" if all(each.mark == "measured" for each in self.asked) else "estimated"


def bill(config: Config, seeds: int, jobs: Mapping[str, Sequence[Asking]]) -> Bill:
    """What those of the jobs ask that are due. `jobs`: {rule: all its jobs}.

    A job is taken to ask what those of its rule did that have a summary here; at most what it can where none has.
    """
    most = list(bounds(config, seeds))
    made = {rule: _made(some) for rule, some in jobs.items()}
    grown = 1.0  # more or fewer seeds than when these summaries were written
    if (first := made.get("synthesize")) and first.taken:
        grown = seeds / first.taken
    found: list[Asked] = []
    for rule, some in jobs.items():
        due = sum(each.due for each in some) / len(some)
        before = made[rule]
        if not due:
            continue
        if before and before.posts:
            found += [
                Asked(rule, times(each, due * (grown if each.purpose != "contest" else 1.0)), "measured")
                for each in before.posts
            ]
        else:
            found += [
                Asked(rule, times(each, due), "estimated") for each in most if each.purpose in PURPOSES[rule]
            ]
    batched = [
        each._replace(post=each.post.model_copy(update={"batch": config.teacher.batch})) for each in found
    ]
    return Bill(batched, dollars((each.post for each in batched), config.teacher.prices))


def _made(jobs: Sequence[Asking]) -> Paid | None:
    """What all jobs of a rule take and ask, by those with a summary; None where none has."""
    done = [each.summary for each in jobs if each.summary.is_file()]
    if not done:
        return None
    (paid,) = read_bills(done)
    whole = len(jobs) / len(done)
    return paid._replace(taken=round(paid.taken * whole), posts=[times(each, whole) for each in paid.posts])


def seconds(config: Config, found: Bill, rule: str, jobs: int) -> float:
    """Of one of so many jobs of a rule that are due, with `teacher.concurrency` requests at a time in each."""
    if config.teacher.batch:
        return BATCH_S
    posts = [each.post for each in found.asked if each.rule == rule]
    waited = sum(each.seconds or each.answers * ANSWER_S for each in posts)
    return waited / jobs / config.teacher.concurrency
