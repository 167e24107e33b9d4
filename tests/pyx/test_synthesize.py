import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from small_seeds import all_seeds, seed

from semcoder import records
from semcoder.execution.api import Limits
from semcoder.execution.pool import Sandbox
from semcoder.pyx.synthesize import main, synthesize
from semcoder.records import Candidate, Dropped, Problem, Program, Seed
from semcoder.teacher.interface import Failed, Proposal, Refusal

OUTPUTS = ("problems", "programs", "inputs", "soft", "dropped", "summary")


def run(folder: Path, seeds: list[Seed], **options: Any) -> dict[str, Path]:
    folder.mkdir(exist_ok=True)
    records.write(folder / "seeds.jsonl", seeds)
    paths = {name: folder / name for name in OUTPUTS}
    main(seeds=folder / "seeds.jsonl", teacher='{"kind": "grounded"}', cpu_s=2.0, **options, **paths)
    return paths


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return run(tmp_path_factory.mktemp("synthesized"), all_seeds())


def test_every_seed_is_accounted_for(made: dict[str, Path]) -> None:
    summary = json.loads(made["summary"].read_text())
    assert summary["in"] == summary["kept"] + sum(summary["dropped"].values()) == len(all_seeds())
    assert summary["dropped"] == {"not a function": 1, "same program": 1, "module does not run": 1}
    dropped = list(records.read(made["dropped"], Dropped))
    assert {row.parents[-1] for row in dropped} <= {seed.id for seed in all_seeds()}
    assert (
        next(row for row in dropped if row.reason == "module does not run").detail
        == "KeyError: 'missing' (line 1)"
    )


def test_what_parses_but_never_runs_is_pyx_soft(made: dict[str, Path]) -> None:
    (soft,) = records.read(made["soft"], Program)
    assert soft.entry_point == "loads"
    assert soft.id not in {program.id for program in records.read(made["programs"], Program)}
    assert soft.parents[0] in {problem.id for problem in records.read(made["problems"], Problem)}


def test_lineage_runs_from_input_to_seed(made: dict[str, Path]) -> None:
    seeds = {each.id: each for each in all_seeds()}
    problems = {problem.id: problem for problem in records.read(made["problems"], Problem)}
    programs = {program.id: program for program in records.read(made["programs"], Program)}
    inputs = list(records.read(made["inputs"], Candidate))
    for candidate in inputs:
        seeds[problems[programs[candidate.parents[0]].parents[0]].parents[0]]
    assert [(each.origin, each.args, each.kwargs) for each in inputs] == [
        ("doctest", ("12",), {}),
        ("doctest", ("-3",), {"low": "-1"}),
        ("call site", ("5", "1", "3"), {}),
    ]


def test_programs_are_plain_code(made: dict[str, Path]) -> None:
    clamp = next(row for row in records.read(made["programs"], Program) if row.entry_point == "clamp")
    assert clamp.code.startswith("def clamp(value, low=0, high=10):\n    if value < low:\n")


class Mending:
    """A teacher whose first programs fail, and who mends each as often as its name says."""

    name = "mending"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def propose(self, seeds: Iterable[Seed]) -> Iterator[tuple[Seed, Proposal | Refusal]]:
        for each in seeds:
            problem = Problem(instruction=each.code, teacher=self.name, parents=(each.id,))
            yield each, self._proposal(problem, "def f(x): return (\n")

    def repair(self, failed: Iterable[Failed]) -> Iterator[Proposal | Refusal]:
        for proposal, error, _ in failed:
            self.asked.append(error)
            code = {
                "does not parse": f"{proposal.problem.instruction.split()[1].count('i')} / 0\ndef f(x): return x\n",
                "module does not run": "def f(x):\n    return x\n",
            }[error.partition(":")[0]]
            hopeless = "initials" in proposal.problem.instruction and len(self.asked) > 2
            yield Refusal("gave up") if hopeless else self._proposal(proposal.problem, code)

    def _proposal(self, problem: Problem, code: str) -> Proposal:
        return Proposal(problem, Program(code=code, entry_point="f", parents=(problem.id,)))


def test_failures_go_back_with_their_error() -> None:
    seeds = [seed("clamp"), seed("initials")]
    with Sandbox(1, Limits(cpu_s=2)) as sandbox:
        runs = {}
        for retries in (0, 1, 2, 5):
            teacher = Mending()
            attempts, _ = synthesize(seeds, teacher, sandbox, retries)  # type: ignore[arg-type]
            runs[retries] = (
                [attempt.fault.reason if attempt.fault else "" for attempt in attempts],
                teacher.asked,
            )
            assert [attempt.tries for attempt in attempts] == [min(retries, 2), min(retries, 1)]
    assert runs[0] == (["does not parse"] * 2, [])
    assert runs[1][0] == ["module does not run"] * 2
    assert runs[2][0] == runs[5][0] == ["", "module does not run"]
    assert "ZeroDivisionError" in runs[2][1][2] and len(runs[5][1]) == 4
    soft = [attempt.soft.program.code for attempt in attempts if attempt.soft and attempt.fault]
    assert soft == ["3 / 0\ndef f(x): return x\n"]


class Stubborn(Mending):
    """A teacher that gives the same program back until it is asked a third time."""

    def repair(self, failed: Iterable[Failed]) -> Iterator[Proposal | Refusal]:
        for proposal, _, again in failed:
            self.asked.append(str(again))
            mended = self._proposal(proposal.problem, "def f(x):\n    return x\n")
            yield mended if again == 2 else proposal


def test_a_repair_that_changes_nothing_is_asked_for_as_another_sample() -> None:
    teacher = Stubborn()
    with Sandbox(1, Limits(cpu_s=2)) as sandbox:
        attempts, _ = synthesize([seed("clamp"), seed("initials")], teacher, sandbox, 5)  # type: ignore[arg-type]
    assert [attempt.fault for attempt in attempts] == [None, None]
    assert teacher.asked == ["0", "0", "1", "1", "2", "2"]


def test_two_runs_are_byte_identical(made: dict[str, Path], tmp_path: Path) -> None:
    again = run(tmp_path / "again", all_seeds(), workers=1)
    assert all(made[name].read_bytes() == again[name].read_bytes() for name in OUTPUTS)
