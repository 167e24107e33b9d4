"""The split: programs that have something in common fall on the same side of it."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rensa import RMinHash, RMinHashLSH

from semcoder.pyx.duplicates import bands
from semcoder.pyx.similarity import body_forms, normal_form, sketch, tokens
from semcoder.records import Program

LEAST_BODY = 12
"""Tokens from which a shared function body ties programs together: about two lines. Of the 346 programs that the
standard library gives, the largest family then has 12; less would tie programs by `return x[0]`."""


def place(seed: int, key: str) -> float:
    """Where a record falls between 0 and 1, by its id alone."""
    digest = hashlib.sha256(f"{seed} {key}".encode()).digest()
    return int.from_bytes(digest[:8]) / (1 << 64)


def families(
    programs: Iterable[Program], threshold: float, permutations: int, seed: int
) -> list[list[Program]]:
    """The programs in groups, so that no two of different groups are alike; in the order of their ids.

    Alike are programs with the same problem, with a function body in common (normal form, constants masked, at
    least `LEAST_BODY` tokens), or whose normal forms are near duplicates by MinHash at `threshold`.
    """
    known = sorted(programs, key=lambda program: program.id)
    leader = list(range(len(known)))

    def leading(number: int) -> int:
        while leader[number] != number:
            leader[number] = number = leader[leader[number]]
        return number

    for one, other in _pairs(known, threshold, permutations, seed):
        first, last = sorted((leading(one), leading(other)))
        leader[last] = first
    found: dict[int, list[Program]] = defaultdict(list)
    for number, program in enumerate(known):
        found[leading(number)].append(program)
    return list(found.values())


def _pairs(
    programs: Sequence[Program], threshold: float, permutations: int, seed: int
) -> Iterator[tuple[int, int]]:
    """Pairs of places of programs that are alike; those that follow from others may be missing."""
    first: dict[str, int] = {}
    index = RMinHashLSH(threshold, permutations, bands(threshold, permutations))
    marks: list[RMinHash] = []
    for number, program in enumerate(programs):
        bodies = [form for form in body_forms(program.code) if len(tokens(form)) >= LEAST_BODY]
        for key in (*program.parents, *bodies):
            yield first.setdefault(key, number), number
        mark = sketch(normal_form(program.code, numbered=False, masked=True), permutations, seed)
        for other in index.query(mark):
            if marks[other].jaccard(mark) >= threshold:
                yield other, number
        index.insert(number, mark)
        marks.append(mark)


def held_out(groups: Iterable[Sequence[Program]], programs: set[str], share: float, seed: int) -> set[str]:
    """The ids of the programs kept out of training: whole families, in the order of a hash, as long as they fit.

    They are `share` of `programs`, or a little less: a family that is larger than what is still wanted stays in
    training. So does one that holds others than `programs`.
    """
    room = round(share * len(programs))
    chosen: set[str] = set()
    for group in sorted(groups, key=lambda group: place(seed, group[0].id)):
        ids = {program.id for program in group}
        if ids <= programs and len(ids) <= room - len(chosen):
            chosen |= ids
    return chosen
