"""The record of a run: what its metadata say, what a bundle leaves out, and that damage is found."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from semcoder.artifacts import sha256_of
from semcoder.configfiles import load
from semcoder.crate import checking
from semcoder.crate.command import main
from semcoder.crate.licences import left_out
from semcoder.crate.metadata import described
from semcoder.crate.run import File, Job, Run
from semcoder.errors import UserError
from semcoder.graph import Graph
from semcoder.pins import read_versions
from semcoder.records import Seed, write

ROOT = Path(__file__).parents[2]
R = "results/quickstart"
VALIDATOR = Path(__file__).parents[2] / ".venv-validator/bin/python"


def seed(licence: str) -> Seed:
    return Seed(kind="function", code="x = 1", source="a.py", first_line=1, last_line=1, licence=licence)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Two shards of seeds, one of them not free; a program of each, and a score on a benchmark."""
    config = load([ROOT / "config.yaml", ROOT / "profiles/quickstart/scale.yaml"])
    graph = Graph(config, read_versions(ROOT / "data/versions.csv"))
    names = {
        "seeds": [f"{R}/seeds/{n}.{kind}" for n in (1, 2) for kind in ("jsonl", "summary.json")],
        "programs": [f"{R}/pyx/{n}.jsonl" for n in (1, 2)],
        "scores": [
            f"{R}/scores/m/cruxeval_output.direct.json",
            f"{R}/tables/scores.md",
            f"{R}/pages/overview.html",
        ],
        "external": ["data/external/cruxeval/cruxeval.jsonl"],
        "workflow": ["Snakefile", "config.yaml"],
    }
    files = {}
    for each in (each for some in names.values() for each in some):
        path = tmp_path / "from" / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{each}\n")
        files[each] = File(path, each)
    for number, licence in ((1, "MIT"), (2, "GPL-3.0")):
        write(files[f"{R}/seeds/{number}.jsonl"].path, [seed(licence)])
    when = "2026-11-01T10:00:0{}+00:00"
    jobs = [
        Job(
            "extract_seeds",
            f"semcoder --log l seeds extract --out {n}",
            (),
            tuple(names["seeds"][2 * n - 2 : 2 * n]),
            when.format(n),
            when.format(n + 1),
            "",
        )
        for n in (1, 2)
    ]
    jobs += [
        Job(
            "synthesize",
            "semcoder --log l pyx synthesize",
            (f"{R}/seeds/{n}.jsonl",),
            (f"{R}/pyx/{n}.jsonl",),
            when.format(n + 2),
            when.format(n + 3),
            "data-c6edf17265b9.sif",
        )
        for n in (1, 2)
    ]
    inputs = (*names["programs"], *names["external"])
    jobs.append(Job("score", "semcoder --log l evaluation judge", inputs, tuple(names["scores"]), "", "", ""))
    external = {names["external"][0]: "cruxeval"}
    workflow = [files.pop(each) for each in names["workflow"]]
    software = {"semcoder": "0.1.0", "git": "a" * 40, "python": "3.11.7", "snakemake": "9.27.1"}
    return Run(software, graph, jobs, workflow, files, external, [names["scores"][1]])


def entities(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["@id"]: each for each in document["@graph"]}


def written(run: Run, folder: Path, without: dict[str, str]) -> Path:
    for each in [*run.workflow, *run.files.values()]:
        if each.id not in without:
            (folder / each.id).parent.mkdir(parents=True, exist_ok=True)
            (folder / each.id).write_bytes(each.path.read_bytes())
    (folder / checking.METADATA).write_text(json.dumps(described(run, without)))
    return folder


def test_every_file_has_its_hash_and_every_job_its_files(run: Run) -> None:
    found = entities(described(run, {}))
    for each in [*run.workflow, *run.files.values()]:
        assert found[each.id]["sha256"] == sha256_of(each.path)
    jobs = [each for name, each in found.items() if name.startswith("#job-")]
    assert len(jobs) == len(run.jobs)
    judged = next(each for each in jobs if each["instrument"] == {"@id": "#tool-score"})
    assert {"@id": "data/external/cruxeval/cruxeval.jsonl"} in judged["object"]
    assert found["#tool-score"]["name"] == "semcoder evaluation judge"
    assert found["#run"]["startTime"] == "2026-11-01T10:00:01+00:00"
    assert found["#run"]["endTime"] == "2026-11-01T10:00:05+00:00"


def test_versions_are_those_of_the_start_and_those_that_jobs_noted(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "setup.json"
    path.write_text(json.dumps({"steps": 3, "versions": {"python": "3.12.1", "torch": "2.6"}}))
    id_ = f"{R}/checkpoints/a/setup.json"
    found = entities(described(run._replace(files=run.files | {id_: File(path, id_)}), {}))
    assert found["#software/start/python"]["softwareVersion"] == "3.11.7"
    assert "started the run" in found["#software/start/python"]["description"]
    assert found["#software/training/python"]["softwareVersion"] == "3.12.1"
    assert found["#software/training/torch"]["description"] == "In training, as its jobs noted."
    assert {"@id": "#software/training/torch"} in found["Snakefile"]["softwareRequirements"]


def test_every_setting_is_a_parameter(run: Run) -> None:
    found = entities(described(run, {}))
    assert found["#value/recipes.quickstart.learning_rate"]["value"] == "0.0003"
    assert found["#value/seeds.sources"]["value"].startswith('[{"')
    assert found["#config/pyx.seed"]["workExample"] == {"@id": "#value/pyx.seed"}


def test_nothing_leads_nowhere(run: Run) -> None:
    document = described(run, left_out(run))
    known = set(entities(document))

    def ids(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["@id"]} if set(value) == {"@id"} else set()
            return own.union(*(ids(each) for each in value.values()))
        return set().union(*map(ids, value)) if isinstance(value, list) else set()

    loose = {each for each in ids(document["@graph"]) - known if not each.startswith("http")}
    assert loose == set()


def test_a_bundle_leaves_out_what_is_not_free_and_what_was_made_of_it(run: Run) -> None:
    why = left_out(run)
    assert set(why) == {
        "data/external/cruxeval/cruxeval.jsonl",
        f"{R}/seeds/2.jsonl",
        f"{R}/pyx/2.jsonl",
    }
    assert "GPL-3.0" in why[f"{R}/pyx/2.jsonl"] and "MIT" in why["data/external/cruxeval/cruxeval.jsonl"]
    absent = entities(described(run, why))[f"#left-out/{R}/pyx/2.jsonl"]
    assert "GPL-3.0" in absent["description"] and len(absent["sha256"]) == 64
    assert absent["@type"] == "CreativeWork"


def test_a_folder_or_recipe_called_as_numbers_are_gives_nothing_more_away(run: Run) -> None:
    other = "runs/benchmarks/x"
    config = run.graph.config.model_copy(update={"results": Path(other)})

    def moved(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each.replace(R, other).replace("/pyx/", "/generations/benchmarks/") for each in ids)

    run = run._replace(
        graph=Graph(config, run.graph.entries),
        jobs=[each._replace(inputs=moved(each.inputs), outputs=moved(each.outputs)) for each in run.jobs],
        files={moved((id_,))[0]: file for id_, file in run.files.items()},
    )
    assert set(left_out(run)) == {
        "data/external/cruxeval/cruxeval.jsonl",
        f"{other}/seeds/2.jsonl",
        f"{other}/generations/benchmarks/2.jsonl",
    }


@pytest.mark.parametrize("bundled", [False, True])
def test_a_whole_crate_has_no_fault(run: Run, tmp_path: Path, bundled: bool) -> None:
    folder = written(run, tmp_path / "crate", left_out(run) if bundled else {})
    assert list(checking.faults(folder)) == []


def test_damage_is_found(run: Run, tmp_path: Path) -> None:
    folder = written(run, tmp_path / "crate", {})
    (folder / "Snakefile").write_text("Snakefilf\n")
    (folder / "config.yaml").write_text("longer than it was\n")
    (folder / f"{R}/pyx/1.jsonl").unlink()
    found = {each.partition(": ")[0]: each for each in checking.faults(folder)}
    assert set(found) == {"Snakefile", "config.yaml", f"{R}/pyx/1.jsonl"}
    assert "another content" in found["Snakefile"] and "bytes" in found["config.yaml"]


def test_a_name_with_signs_is_found_and_a_size_that_is_not_told_is_a_fault(run: Run, tmp_path: Path) -> None:
    odd = f"{R}/logs/a b+c=d@e.log"
    path = tmp_path / "odd.log"
    path.write_text("x")
    folder = written(run._replace(files=run.files | {odd: File(path, odd)}), tmp_path / "crate", {})
    assert list(checking.faults(folder)) == []
    (folder / odd).write_text("y")
    document = json.loads((folder / checking.METADATA).read_text())
    del entities(document)["Snakefile"]["contentSize"]
    (folder / checking.METADATA).write_text(json.dumps(document))
    assert set(checking.faults(folder)) == {
        f"{odd}: has another content than is listed",
        "Snakefile: is listed without its hash or size",
    }


def test_a_listed_file_outside_of_the_crate_is_a_fault(run: Run, tmp_path: Path) -> None:
    folder = written(run, tmp_path / "crate", {})
    text = (
        (folder / checking.METADATA).read_text().replace('"@id": "Snakefile"', '"@id": "../from/Snakefile"')
    )
    (folder / checking.METADATA).write_text(text)
    assert any("leads out" in each for each in checking.faults(folder))


def test_a_bundle_is_checked_as_it_is(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(run, tmp_path / "crate", left_out(run))
    bundle = Path(shutil.make_archive(str(tmp_path / "bundle"), "zip", folder))
    main(check=bundle)
    assert f"{bundle}: all " in capsys.readouterr().out
    (folder / "Snakefile").write_text("Snakefilf\n")
    shutil.make_archive(str(tmp_path / "bundle"), "zip", folder)
    with pytest.raises(UserError, match=r"bundle\.zip: 1 of its files"):
        main(check=bundle)
    content = bundle.read_bytes()
    bundle.write_bytes(content[:100] + bytes(100) + content[200:])
    with pytest.raises(UserError, match=r"bundle\.zip: cannot be unzipped"):
        main(check=bundle)


def test_a_crate_that_is_not_there_is_made_by_the_command(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("no ZIP")
    for name, why in (("none", "no such"), ("", "has no ro-crate"), ("a.zip", "has no ro-crate")):
        with pytest.raises(UserError, match=f"{why}.*; semcoder crate --results DIR --out DIR makes"):
            main(check=tmp_path / name)


@pytest.mark.parametrize("text", ["", "{}", '{"@graph": [1]}', '{"@graph": []}'])
def test_what_is_no_crate_is_said(text: str, tmp_path: Path) -> None:
    (tmp_path / checking.METADATA).write_text(text)
    with pytest.raises(UserError, match=r"ro-crate-metadata\.json"):
        list(checking.faults(tmp_path))


@pytest.mark.skipif(
    not VALIDATOR.exists() and os.environ.get("SEMCODER_VALIDATOR") != "required",
    reason="RO-Crate's validator has an environment of its own: make .venv-validator/.validator",
)
@pytest.mark.parametrize("bundled", [False, True])
def test_the_profiles_own_validator_finds_no_fault(run: Run, tmp_path: Path, bundled: bool) -> None:
    folder = written(run, tmp_path / "crate", left_out(run) if bundled else {})
    report = tmp_path / "report.json"
    script = str(Path(__file__).with_name("validate.py"))
    done = subprocess.run(
        [VALIDATOR, script, str(folder), str(report)], capture_output=True, text=True, check=False
    )
    assert report.exists(), done.stdout + done.stderr
    found = json.loads(report.read_text())
    assert [each["message"] for each in found["issues"]] == [] and found["passed"]
