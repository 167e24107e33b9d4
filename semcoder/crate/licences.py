"""Which files of a run may be given to others: by the licences of everything that they were made from."""

import re
from collections.abc import Mapping

from semcoder.crate.run import Job, Run, id_of
from semcoder.records import Seed, read

FREE = frozenset(
    {
        *("MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD", "Unlicense", "Zlib", "BSL-1.0"),
        *("PSF-2.0", "CC0-1.0", "CC-BY-4.0"),
    }
)
"""SPDX ids of licences under which copies and changed copies may be given away, with the names of their authors."""
NUMBERS = re.compile(
    r"tables/[^/]+|plots/[^/]+|benchmarks/.+|claims\.md|pages/overview\.html|.*summary\.json|.*setup\.json"
    r"|scores/.+(?<!\.items)\.json|refinement/.+/round\d+\.json|(?:configuration|software)\.json"
)
"""Files of the results that count and measure, and hold nothing of what they are about."""
MANY = 3
"""Licences that a reason names."""


def left_out(run: Run) -> dict[str, str]:
    """{id of a file that is not ours to give: why}."""
    why = {
        id_: f"another's file, pinned in data/versions.csv as {entry} (licence: {run.graph.entries[entry].licence}); "
        "fetch it there"
        for id_, entry in run.external.items()
    }
    stands_under = _licences(run)
    results = id_of(run.graph.config.results) + "/"
    for id_ in run.files:
        if id_ in run.external or (id_.startswith(results) and NUMBERS.fullmatch(id_.removeprefix(results))):
            continue
        if closed := sorted(stands_under.get(id_, frozenset()) - FREE):
            more = f" and {len(closed) - MANY} more" if len(closed) > MANY else ""
            why[id_] = f"made from what stands under {', '.join(closed[:MANY])}{more}"
    return why


def _licences(run: Run) -> Mapping[str, frozenset[str]]:
    """{id of a file: the licences of what it was made from}, along the graph; of seeds those that each names."""
    found: dict[str, frozenset[str]] = {
        id_: frozenset({run.graph.entries[entry].licence}) for id_, entry in run.external.items()
    }
    for job in _in_order(run):
        under: frozenset[str] = frozenset()
        for each in job.inputs:
            under |= found.get(each, frozenset())
        for each in job.outputs:
            own: set[str] = set()
            if job.rule == "extract_seeds" and each.endswith(".jsonl"):
                own = _of_seeds(run, each)
            found[each] = found.get(each, frozenset()) | under | own
    return found


def _of_seeds(run: Run, id_: str) -> set[str]:
    if id_.endswith(".dropped.jsonl"):
        return {"licences that nobody looked at"}
    return {seed.licence for seed in read(run.files[id_].path, Seed)}


def _in_order(run: Run) -> list[Job]:
    """Jobs, each after those whose files it reads."""
    maker = {each: place for place, job in enumerate(run.jobs) for each in job.outputs}
    seen: set[int] = set()
    order: list[Job] = []
    for first in range(len(run.jobs)):
        stack = [first]
        while stack:
            place = stack[-1]
            before = {maker[each] for each in run.jobs[place].inputs if each in maker} - seen - {place}
            if before:
                stack += before
                continue
            stack.pop()
            if place not in seen:
                seen.add(place)
                order.append(run.jobs[place])
    return order
