"""`semcoder pyx select`: the data set from its shards: decontaminated, without duplicates, split.

What it keeps does not depend on how many shards there were: programs are taken in the order of their ids. PyX-Soft,
the programs that only parse, goes through the same after the programs that run, so that nothing of it nearly equals
one of them; what is like it is not held out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from semcoder import records
from semcoder.artifacts import write_json
from semcoder.progress import track
from semcoder.pyx import benchmarks
from semcoder.pyx.decontamination import Decontaminator
from semcoder.pyx.duplicates import distinct, merged
from semcoder.pyx.split import families, held_out, place
from semcoder.records import Dropped, Problem, Program, TestCase
from semcoder.teacher.interface import Refusal

STAGE = "pyx select"


PART = 1000
"""Programs whose tests are held at a time: all tests together take ten times the memory of their programs."""


class Selection:
    """Problems and tests by what they belong to, and why programs are not kept."""

    def __init__(self, problems: Iterable[Problem], tests: Sequence[Path]) -> None:
        self.problems = {problem.id: problem for problem in merged(problems)}
        self.dropped: list[Dropped] = []
        self._tests = tests
        self._lost: set[str] = set()

    def problem(self, program: Program) -> Problem | None:
        """The problem that a program solves."""
        return next((self.problems[each] for each in program.parents if each in self.problems), None)

    def tests(self, programs: Sequence[Program]) -> Iterator[tuple[Program, list[TestCase]]]:
        """Each program with those of its tests that match no benchmark, by id."""
        for start in range(0, len(programs), PART):
            part = {program.id: program for program in programs[start : start + PART]}
            found: dict[str, list[TestCase]] = defaultdict(list)
            rows = records.read_all(self._tests, TestCase, records.made_of(part))
            for case in merged(row for row in rows if row.id not in self._lost):
                found[case.parents[0]].append(case)
            yield from ((program, found[name]) for name, program in part.items())

    def kept(self, verdicts: Iterable[tuple[Program, Refusal | None]]) -> list[Program]:
        """The programs that have nothing against them."""
        kept = []
        for program, refusal in verdicts:
            if refusal is None:
                kept.append(program)
            else:
                self._drop((program.id, *program.parents), refusal)
        return kept

    def clean(self, programs: Sequence[Program], known: Decontaminator) -> list[Program]:
        """Without the programs that match a benchmark."""
        verdicts = ((program, known.program(program, self.problem(program))) for program in programs)
        return self.kept(track(verdicts, "decontamination", len(programs)))

    def tested(self, programs: Sequence[Program], known: Decontaminator) -> list[Program]:
        """Without the tests that match a benchmark, and the programs that have no other."""
        verdicts: list[tuple[Program, Refusal | None]] = []
        for program, cases in self.tests(programs):
            lost = 0
            for case in cases:
                if refusal := known.test(case):
                    self._drop((case.id, program.id), refusal)
                    self._lost.add(case.id)
                    lost += 1
            left = len(cases) > lost
            verdicts.append((program, None if left else Refusal("no tests left", program.entry_point)))
        return self.kept(verdicts)

    def limited(self, programs: Sequence[Program], most: int, seed: int) -> list[Program]:
        """At most so many programs (0: all), those that come first by a hash."""
        order = sorted(programs, key=lambda program: place(seed, program.id))
        chosen = {program.id for program in order[: most or None]}
        over = Refusal("over the number wanted", str(most))
        return self.kept((p, None if p.id in chosen else over) for p in programs)

    def _drop(self, parents: tuple[str, ...], refusal: Refusal) -> None:
        self.dropped.append(
            Dropped(parents=parents, stage=STAGE, reason=refusal.reason, detail=refusal.detail)
        )


def main(
    *,
    problems: Annotated[list[Path], typer.Option(help="Problems (JSONL); give it once a shard.")],
    programs: Annotated[list[Path], typer.Option(help="Programs with tests (JSONL); once a shard.")],
    tests: Annotated[list[Path], typer.Option(help="Their tests (JSONL); once a shard.")],
    soft: Annotated[
        list[Path] | None,
        typer.Option(help="Programs that only parse, PyX-Soft's part (JSONL); once a shard."),
    ] = None,
    benchmark: benchmarks.Forbidden = None,
    unchecked: benchmarks.Unchecked = None,
    near_duplicate_threshold: Annotated[
        float, typer.Option(min=0.05, max=1, help="Similarity from which programs are near duplicates.")
    ] = 0.7,
    permutations: Annotated[int, typer.Option(min=16, help="Permutations of the MinHash.")] = 128,
    heldout: Annotated[
        float, typer.Option(min=0, max=1, help="Share of programs kept out of training, by families.")
    ] = 0.1,
    max_programs: Annotated[int, typer.Option(min=0, help="Most programs kept; 0 for all.")] = 0,
    seed: Annotated[int, typer.Option(help="Another seed gives another split and sample.")] = 0,
    out_problems: Annotated[Path, typer.Option(help="Where the problems of all kept go (JSONL).")],
    out_programs: Annotated[Path, typer.Option(help="Where all kept programs go (JSONL).")],
    out_train: Annotated[Path, typer.Option(help="Where the programs to train on go (JSONL).")],
    out_heldout: Annotated[Path, typer.Option(help="Where the programs kept out go (JSONL).")],
    out_tests: Annotated[Path, typer.Option(help="Where the tests of kept programs go (JSONL).")],
    out_soft: Annotated[Path, typer.Option(help="Where the kept programs that only parse go (JSONL).")],
    dropped: Annotated[Path, typer.Option(help="Where what is not kept goes, with reasons (JSONL).")],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
) -> None:
    """Gather shards, drop what matches a benchmark and what is there twice, and split by families of programs.

    Example: semcoder pyx select --problems problems.jsonl --programs kept.jsonl --tests tests.jsonl
    --soft soft.jsonl --benchmark humaneval=HumanEval.jsonl.gz --out-problems out/problems.jsonl
    --out-programs out/programs.jsonl --out-train out/train.jsonl --out-heldout out/heldout.jsonl
    --out-tests out/tests.jsonl --out-soft out/soft.jsonl --dropped out/dropped.jsonl --summary out/summary.json
    """
    items, missed = benchmarks.named(benchmark or [], unchecked or [])
    known = Decontaminator(item for each in items.values() for item in each)
    selection = Selection(records.read_all(problems, Problem), tests)
    running = merged(records.read_all(programs, Program))
    ids = {program.id for program in running}
    parsing = [each for each in merged(records.read_all(soft or [], Program)) if each.id not in ids]
    found = len(running) + len(parsing)
    running = selection.tested(selection.clean(running, known), known)
    parsing = selection.clean(parsing, known)
    verdicts = distinct([*running, *parsing], near_duplicate_threshold, permutations, seed)
    single = selection.kept(track(verdicts, "duplicates", len(running) + len(parsing)))
    kept = selection.limited([each for each in single if each.id in ids], max_programs, seed)
    parsing = [each for each in single if each.id not in ids]
    groups = families([*kept, *parsing], near_duplicate_threshold, permutations, seed)
    apart = held_out(groups, {program.id for program in kept}, heldout, seed)
    training = [program for program in kept if program.id not in apart]
    testing = [program for program in kept if program.id in apart]
    asked = {each.id: each for p in (*kept, *parsing) if (each := selection.problem(p))}
    records.write(out_problems, asked.values())
    records.write(out_programs, kept)
    records.write(out_train, training)
    records.write(out_heldout, testing)
    records.write(out_soft, parsing)
    count = records.write(out_tests, (case for _, cases in selection.tests(kept) for case in cases))
    records.write(dropped, selection.dropped)
    write_json(
        summary,
        {
            "stage": STAGE,
            "in": found,
            "kept": len(kept) + len(parsing),
            "train": len(training),
            "heldout": len(testing),
            "soft": len(parsing),
            "tests": count,
            "families": len(groups),
            "benchmarks": {name: len(each) for name, each in items.items()},
            "unchecked": missed,
            "dropped": dict(Counter(row.reason for row in selection.dropped)),
        },
    )
