"""`semcoder pyx select`: the data set from its shards: decontaminated, without duplicates, split by program.

What it keeps does not depend on how many shards there were: programs are taken in the order of their ids. Which
side of the split a program falls on is read off its id alone, so more programs never move others.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from semcoder import records
from semcoder.artifacts import write_json
from semcoder.errors import UserError
from semcoder.progress import track
from semcoder.pyx import benchmarks
from semcoder.pyx.decontamination import Decontaminator
from semcoder.pyx.duplicates import distinct
from semcoder.records import Dropped, Problem, Program, Record, TestCase
from semcoder.teacher.interface import Refusal

STAGE = "pyx select"

R = TypeVar("R", bound=Record)


def place(seed: int, key: str) -> float:
    """Where a record falls between 0 and 1, by its id alone."""
    digest = hashlib.sha256(f"{seed} {key}".encode()).digest()
    return int.from_bytes(digest[:8]) / (1 << 64)


class Selection:
    """Programs that are still in, and why others are not."""

    def __init__(
        self, programs: Iterable[Program], problems: Iterable[Problem], tests: Iterable[TestCase]
    ) -> None:
        self.programs = _by_id(programs)
        self.problems = {problem.id: problem for problem in _by_id(problems)}
        self.tests: dict[str, list[TestCase]] = defaultdict(list)
        for case in _by_id(tests):
            self.tests[case.parents[0]].append(case)
        self.dropped: list[Dropped] = []

    def problem(self, program: Program) -> Problem | None:
        """The problem that a program solves."""
        return next((self.problems[each] for each in program.parents if each in self.problems), None)

    def filter(self, verdicts: Iterable[tuple[Program, Refusal | None]]) -> None:
        """Keep the programs that have nothing against them."""
        kept = []
        for program, refusal in verdicts:
            if refusal is None:
                kept.append(program)
            else:
                self._drop((program.id, *program.parents), refusal)
        self.programs = kept

    def decontaminate(self, known: Decontaminator) -> None:
        """Drop programs that match a benchmark, then single tests that do, then programs left without a test."""
        verdicts = ((program, known.program(program, self.problem(program))) for program in self.programs)
        self.filter(track(verdicts, "decontamination", len(self.programs)))
        for program in self.programs:
            clean = []
            for case in self.tests[program.id]:
                if refusal := known.test(case):
                    self._drop((case.id, program.id), refusal)
                else:
                    clean.append(case)
            self.tests[program.id] = clean
        self.filter(
            (p, None if self.tests[p.id] else Refusal("no tests left", p.entry_point)) for p in self.programs
        )

    def limit(self, most: int, seed: int) -> None:
        """Keep at most so many programs (0: all), those that come first by a hash."""
        if most and len(self.programs) > most:
            order = sorted(self.programs, key=lambda program: place(seed, program.id))
            chosen = {program.id for program in order[:most]}
            over = Refusal("over the number wanted", str(most))
            self.filter([(p, None if p.id in chosen else over) for p in self.programs])

    def _drop(self, parents: tuple[str, ...], refusal: Refusal) -> None:
        self.dropped.append(
            Dropped(parents=parents, stage=STAGE, reason=refusal.reason, detail=refusal.detail)
        )


def _by_id(rows: Iterable[R]) -> list[R]:
    return [row for _, row in sorted({row.id: row for row in rows}.items())]


def _items(options: Sequence[str]) -> Iterator[benchmarks.Item]:
    for option in options:
        name, equals, path = option.partition("=")
        if not (name and equals and path):
            raise UserError(
                f"--benchmark {option}: write it as NAME=PATH, such as humaneval=HumanEval.jsonl.gz."
            )
        yield from benchmarks.read(name, Path(path))


def main(
    *,
    problems: Annotated[list[Path], typer.Option(help="Problems (JSONL); give it once a shard.")],
    programs: Annotated[list[Path], typer.Option(help="Programs with tests (JSONL); once a shard.")],
    tests: Annotated[list[Path], typer.Option(help="Their tests (JSONL); once a shard.")],
    benchmark: Annotated[
        list[str] | None, typer.Option(help="NAME=PATH of a benchmark that must not occur; once for each.")
    ] = None,
    near_duplicate_threshold: Annotated[
        float, typer.Option(min=0.05, max=1, help="Similarity from which programs are near duplicates.")
    ] = 0.7,
    permutations: Annotated[int, typer.Option(min=16, help="Permutations of the MinHash.")] = 128,
    heldout: Annotated[
        float, typer.Option(min=0, max=1, help="Share of programs kept out of training.")
    ] = 0.1,
    max_programs: Annotated[int, typer.Option(min=0, help="Most programs kept; 0 for all.")] = 0,
    seed: Annotated[int, typer.Option(help="Another seed gives another split and sample.")] = 0,
    out_problems: Annotated[Path, typer.Option(help="Where the problems of kept programs go (JSONL).")],
    out_programs: Annotated[Path, typer.Option(help="Where all kept programs go (JSONL).")],
    out_train: Annotated[Path, typer.Option(help="Where the programs to train on go (JSONL).")],
    out_heldout: Annotated[Path, typer.Option(help="Where the programs kept out go (JSONL).")],
    out_tests: Annotated[Path, typer.Option(help="Where the tests of kept programs go (JSONL).")],
    dropped: Annotated[Path, typer.Option(help="Where what is not kept goes, with reasons (JSONL).")],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
) -> None:
    """Gather shards, drop what matches a benchmark and what is there twice, and split by program.

    Example: semcoder pyx select --problems problems.jsonl --programs kept.jsonl --tests tests.jsonl
    --benchmark humaneval=HumanEval.jsonl.gz --out-problems out/problems.jsonl --out-programs out/programs.jsonl
    --out-train out/train.jsonl --out-heldout out/heldout.jsonl --out-tests out/tests.jsonl
    --dropped out/dropped.jsonl --summary out/summary.json
    """
    selection = Selection(
        records.read_all(programs, Program),
        records.read_all(problems, Problem),
        records.read_all(tests, TestCase),
    )
    found = len(selection.programs)
    selection.decontaminate(Decontaminator(_items(benchmark or [])))
    verdicts = distinct(selection.programs, near_duplicate_threshold, permutations, seed)
    selection.filter(track(verdicts, "duplicates", len(selection.programs)))
    selection.limit(max_programs, seed)
    kept = selection.programs
    training = [program for program in kept if place(seed, program.id) >= heldout]
    testing = [program for program in kept if place(seed, program.id) < heldout]
    asked = {problem.id: problem for program in kept if (problem := selection.problem(program))}
    records.write(out_problems, asked.values())
    records.write(out_programs, kept)
    records.write(out_train, training)
    records.write(out_heldout, testing)
    count = records.write(out_tests, (case for program in kept for case in selection.tests[program.id]))
    records.write(dropped, selection.dropped)
    counts = {"stage": STAGE, "in": found, "kept": len(kept), "train": len(training), "heldout": len(testing)}
    reasons = Counter(row.reason for row in selection.dropped)
    write_json(summary, {**counts, "tests": count, "dropped": dict(reasons)})
