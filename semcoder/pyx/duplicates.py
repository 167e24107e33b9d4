"""Duplicates: records with one id, programs that are equal by normal form, and near ones by MinHash."""

from collections.abc import Iterable, Iterator
from typing import TypeVar, get_args

from rensa import RMinHash, RMinHashLSH

from semcoder.pyx.similarity import normal_form, sketch
from semcoder.records import Candidate, Program, Record
from semcoder.teacher.interface import Refusal

R = TypeVar("R", bound=Record)
ORIGINS = get_args(Candidate.model_fields["origin"].annotation)


def merged(rows: Iterable[R]) -> list[R]:
    """One row for each id, by id: that whose parents sort first, so that the order of the rows does not show."""
    found: dict[str, R] = {}
    for row in rows:
        if row.id not in found or row.parents < found[row.id].parents:
            found[row.id] = row
    return [found[key] for key in sorted(found)]


def merged_inputs(rows: Iterable[Candidate]) -> list[Candidate]:
    """One row for each id, by program; of a program's, those of the corpus first, then the shorter ones."""

    def rank(row: Candidate) -> tuple[tuple[str, ...], int, int, str]:
        text = ", ".join([*row.args, *(f"{name}={value}" for name, value in row.kwargs.items())])
        return row.parents, ORIGINS.index(row.origin), len(text), text

    found: dict[str, Candidate] = {}
    for row in sorted(rows, key=rank):
        found.setdefault(row.id, row)
    return list(found.values())


def bands(threshold: float, permutations: int) -> int:
    """Bands of the index: as many as leave no more than one in a thousand similar pairs unseen.

    With b bands of r rows a pair of similarity s meets with chance 1 - (1 - s^r)^b; r is the largest that serves.
    """
    for rows in range(permutations, 0, -1):
        count = permutations // rows
        if permutations % rows == 0 and (1 - threshold**rows) ** count <= 1e-3:
            return count
    return permutations


def distinct(
    programs: Iterable[Program], threshold: float, permutations: int, seed: int
) -> Iterator[tuple[Program, Refusal | None]]:
    """Each program with the reason against it: it equals, or nearly equals, one that came before and stayed.

    One program of a cluster stays, so no two that stay are near duplicates.
    """
    exact: dict[str, str] = {}
    index = RMinHashLSH(threshold, permutations, bands(threshold, permutations))
    kept: list[tuple[Program, RMinHash]] = []
    for program in programs:
        form = normal_form(program.code)
        if form in exact:
            yield program, Refusal("duplicate", exact[form])
            continue
        mark = sketch(program.code, permutations, seed)
        found = [(kept[place][1].jaccard(mark), kept[place][0].id) for place in index.query(mark)]
        similarity, other = max(found, default=(0.0, ""))
        if similarity >= threshold:
            yield program, Refusal("near duplicate", f"{similarity:.2f} like {other}")
            continue
        exact[form] = program.id
        index.insert(len(kept), mark)
        kept.append((program, mark))
        yield program, None
