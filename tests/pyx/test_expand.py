import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_seeds import all_seeds

from semcoder import records
from semcoder.errors import UserError
from semcoder.execution import literals
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox
from semcoder.pyx import expand, synthesize
from semcoder.records import Dropped, Program, TestCase

OUTPUTS = ("kept", "tests", "dropped", "summary")
FILTERS = {"max_functions": 2, "max_lines": 40, "max_branches": 8, "allow_classes": False}


def options(source: Path, folder: Path) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    return {
        "programs": [source / "programs"],
        "inputs": [source / "inputs"],
        "teacher": '{"kind": "grounded"}',
        "filters": json.dumps(FILTERS),
        "threshold": 6,
        "cpu_s": 2.0,
        **{name: folder / name for name in OUTPUTS},
    }


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthesized")
    records.write(folder / "seeds", all_seeds())
    names = ("problems", "programs", "inputs", "soft", "dropped", "summary")
    paths = {name: folder / name for name in names}
    synthesize.main(seeds=folder / "seeds", teacher='{"kind": "grounded"}', cpu_s=2.0, **paths)
    return folder


@pytest.fixture(scope="module")
def expanded(synthesized: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("expanded")
    expand.main(**options(synthesized, folder))
    return folder


def test_each_program_meets_its_reason(synthesized: Path, expanded: Path) -> None:
    names = {program.id: program.entry_point for program in records.read(synthesized / "programs", Program)}
    reasons = {names[row.parents[0]]: row.reason for row in records.read(expanded / "dropped", Dropped)}
    assert reasons == {
        "unordered": "not deterministic",
        "reads": "external interaction",
        "opens": "external interaction",
        "constant": "no information",
        "spins": "timeout",
        "maker": "output not plain",
        "picky": "no inputs proposed",
    }
    kept = {program.entry_point for program in records.read(expanded / "kept", Program)}
    assert kept == {"clamp", "initials"}
    summary = json.loads((expanded / "summary").read_text())
    assert summary["in"] == summary["kept"] + sum(summary["dropped"].values()) == len(names)
    assert summary["line_coverage"] == summary["branch_coverage"] == 1.0


def test_tests_say_what_the_programs_do(expanded: Path) -> None:
    programs = {program.id: program for program in records.read(expanded / "kept", Program)}
    tests = list(records.read(expanded / "tests", TestCase))
    with Sandbox(1, Limits(), hash_seed=77) as sandbox:
        for case in tests:
            program = programs[case.parents[0]]
            job = Job("again", program.code, program.entry_point, (Call(case.args, case.kwargs),))
            (outcome,) = sandbox.run([job])
            assert outcome.results[0].value == case.output
            assert literals.render(literals.parse(case.output)) == case.output
            assert len(case.call_arguments) <= 200 and len(case.output) <= 200
    by_program = [[case for case in tests if case.parents[0] == key] for key in programs]
    assert all(3 <= len(cases) <= 6 for cases in by_program)
    assert all(len({case.call_arguments for case in cases}) == len(cases) for cases in by_program)
    assert {case.origin for case in tests} >= {"doctest", "type"}


def test_results_do_not_depend_on_workers_or_this_process(
    synthesized: Path, expanded: Path, tmp_path: Path
) -> None:
    words: list[str] = []
    for name, value in {**options(synthesized, tmp_path / "again"), "workers": 1}.items():
        for each in value if isinstance(value, list) else [value]:
            words += ["--" + name.replace("_", "-"), str(each)]
    command = [sys.executable, "-m", "semcoder.cli", "pyx", "expand", *words]
    subprocess.run(command, check=True, env={"PYTHONHASHSEED": "4242"})
    for name in OUTPUTS:
        assert (tmp_path / "again" / name).read_bytes() == (expanded / name).read_bytes(), name


def test_another_seed_and_bounds_matter(synthesized: Path, tmp_path: Path) -> None:
    expand.main(**options(synthesized, tmp_path), max_chars=12, at_least=1, rounds=2)
    tests = list(records.read(tmp_path / "tests", TestCase))
    assert tests and all(len(case.call_arguments) <= 12 and len(case.output) <= 12 for case in tests)


@pytest.mark.parametrize("text", ["0", "0,0", "0,x", "0,-1", "0,4294967296"])
def test_hash_seeds_must_be_two(synthesized: Path, tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="--hash-seeds"):
        expand.main(**options(synthesized, tmp_path), hash_seeds=text)
    assert not (tmp_path / "tests").exists()
