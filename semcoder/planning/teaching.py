"""What the teacher will be asked by the jobs that would run: answers, tokens and dollars, by purpose."""

from collections.abc import Collection
from typing import NamedTuple

from semcoder.config import Config
from semcoder.errors import UserError
from semcoder.planning.sizes import Mark
from semcoder.teacher.bill import Post, dollars
from semcoder.teacher.estimate import bounds, scaled

ASKING = {
    # purpose: rules whose jobs ask for it
    "problem": ("synthesize",),
    "solution": ("synthesize",),
    "repair": ("synthesize",),
    "inputs": ("expand_inputs",),
    "monologue": ("sample_monologues", "translate_monologues"),
    "translation": ("translate_monologues",),
    "revision": ("sample_monologues", "translate_monologues"),
    "rationale": ("build_pyx_r",),
    "contest": ("solve_contests",),
}
ANSWER_S = 6.0
"""Of one answer, about: not measured here."""
BATCH_S = 86_400.0
"""A batch is answered within a day."""


class Bill(NamedTuple):
    """The posts, what they cost (None where a price is not known), and whether a run of this configuration says so."""

    posts: list[Post]
    dollars: float | None
    mark: Mark


def bill(config: Config, seeds: int, rules: Collection[str]) -> Bill:
    """What jobs of these rules ask: scaled from what this configuration has asked, else the most that it can."""
    if config.teacher.kind == "grounded":
        return Bill([], 0.0, "measured")
    mark: Mark = "measured"
    try:
        found = scaled(config.results, seeds)
    except UserError:  # nothing was asked yet
        found, mark = list(bounds(config, seeds)), "estimated"
    asked = [
        each.model_copy(update={"batch": config.teacher.batch})
        for each in found
        if set(ASKING.get(each.purpose, rules)) & set(rules)
    ]
    return Bill(asked, dollars(asked, config.teacher.prices), mark)


def seconds(config: Config, found: Bill, rule: str, jobs: int) -> float:
    """Of one of the jobs of a rule, with `teacher.concurrency` requests at a time in each."""
    if config.teacher.batch:
        return BATCH_S
    asked = [each for each in found.posts if rule in ASKING.get(each.purpose, ())]
    waited = sum(each.seconds or each.answers * ANSWER_S for each in asked)
    return waited / jobs / config.teacher.concurrency
