"""PyX as a data set: others load what we have, and each row leads to its source."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from semcoder.artifacts import sha256_of
from semcoder.errors import UserError
from semcoder.evaluation.prompts import (
    Style,
    backward_prompt,
    failed_test,
    forward_prompt,
    nl2code_prompt,
    refine_prompt,
    refine_response,
)
from semcoder.lineage import trace_back
from semcoder.records import (
    Example,
    Generation,
    Monologue,
    Problem,
    Program,
    Record,
    Seed,
    Task,
    TestCase,
    write,
)
from semcoder.release import exported, imported
from semcoder.release.rows import question_of
from semcoder.training.extra import prompt_of


class Run:
    """What a run makes for three functions: two to train on and one held out; and a repair of the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, list[Record]] = {
            name: []
            for name in ("seeds", "problems", "programs", "tests", "monologues", "generations", "pyx_r")
        }
        for number, licence in enumerate(("MIT", "unknown", "MIT")):
            self._function(number, licence)
        first, case = self.rows["programs"][0], self.rows["tests"][0]
        assert isinstance(first, Program)
        wrong = Generation(
            model="m",
            benchmark="pyx_code",
            format="code",
            item=first.id,
            sample=0,
            prompt="p",
            text="def f0(x): ...",
            finish="stop",
        )
        test = failed_test("f0", "1", "1", "corrected")
        self.rows["generations"].append(wrong)
        self.rows["pyx_r"].append(
            Example(
                parents=(first.id, case.id, wrong.id),
                task="refine",
                prompt=refine_prompt("Add 0.", "def f0(x): ...", test, "monologue", "corrected"),
                response=refine_response("It does nothing.", first.code, "monologue", "corrected"),
            )
        )
        for name, records in self.rows.items():
            write(folder / f"{name}.jsonl", records)
        write(folder / "train.jsonl", self.rows["programs"][:2])
        write(folder / "heldout.jsonl", self.rows["programs"][2:])
        (folder / "summary.json").write_text(
            json.dumps({"stage": "pyx select", "in": 5, "kept": 3, "dropped": {"near duplicate": 2}})
        )

    def _function(self, number: int, licence: str) -> None:
        code = f"def f{number}(x):\n    y = x + {number}\n    return y"
        seed = Seed(
            kind="function", code=code, source=f"lib/m{number}.py", first_line=7, last_line=9, licence=licence
        )
        problem = Problem(parents=(seed.id,), instruction=f"Add {number}.", teacher="grounded")
        program = Program(parents=(problem.id,), code=code, entry_point=f"f{number}")
        test = TestCase(parents=(program.id,), args=("1",), output=str(1 + number), origin="type")
        told = [
            Monologue(
                parents=(f"trace-{number:016x}", test.id, program.id),
                format="monologue",
                direction=direction,
                text=f"### Conclusion\n`y` is {1 + number} | not more.",
                answer=answer,
                writer="trace",
            )
            for direction, answer in (("forward", test.output), ("backward", "1"))
        ]
        for name, records in (
            ("seeds", [seed]),
            ("problems", [problem]),
            ("programs", [program]),
            ("tests", [test]),
        ):
            self.rows[name] += records
        self.rows["monologues"] += told

    def export(self, **more: Any) -> Path:
        out = self.folder / "release"
        paths = {
            name: self.folder / f"{name}.jsonl" for name in ("problems", "train", "heldout", "tests", "pyx_r")
        }
        lists = {name: [self.folder / f"{name}.jsonl"] for name in ("seeds", "monologues")}
        said: dict[str, Any] = {
            "summary": [self.folder / "summary.json"],
            "program_writer": "source",
            "repair_writer": "a model",
            "configuration": '{"monologue": {"writer": "trace"}}',
            "out": out,
        }
        exported.main(**{**paths, **lists, **said, **more})
        return Path(more.get("out", out))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def folder(run: Run) -> Path:
    return run.export()


def test_others_load_the_rows_that_we_have(folder: Path, tmp_path: Path) -> None:
    """In a process of its own: the library reads where its cache is once."""
    script = (
        "import datasets, json, sys\n"
        "pyx, r = (datasets.load_dataset(sys.argv[1], *name) for name in ([], ['pyx_r']))\n"
        "print(json.dumps([{split: list(rows) for split, rows in each.items()} for each in (pyx, r)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        env={"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    pyx, pyx_r = json.loads(done.stdout)
    assert {split: len(rows) for split, rows in pyx.items()} == {"train": 6, "heldout": 3}
    for split, rows in (("train", pyx["train"]), ("heldout", pyx["heldout"])):
        assert rows == lines(folder / f"pyx/{split}.jsonl")
    assert pyx_r == {"train": lines(folder / "pyx_r/train.jsonl")}
    for row in pyx["train"] + pyx["heldout"]:
        assert sum(bool(row[column]) for column in ("nl", "fwd_mnl", "bwd_mnl")) == 1
        assert None not in row.values()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_row_is_followed_to_its_source(run: Run, folder: Path) -> None:
    seeds = {seed.id: seed for seed in run.rows["seeds"]}
    for row in lines(folder / "pyx/heldout.jsonl") + lines(folder / "pyx_r/train.jsonl"):
        start = row["monologue"] or row["generation"] or row["program"]
        chain = trace_back(start, run.folder)
        assert [row["seed"]] == [key for key in chain.found if key in seeds]
        seed = seeds[row["seed"]]
        assert isinstance(seed, Seed)
        said = (row["source"], row["first_line"], row["last_line"], row["licence"])
        assert said == (seed.source, seed.first_line, seed.last_line, seed.licence)
        assert {row["program"], row["problem"]} <= chain.found.keys()
    [told] = [row for row in lines(folder / "pyx/heldout.jsonl") if row["fwd_mnl"]]
    assert told["trace"] == f"trace-{2:016x}" and told["test"] == run.rows["tests"][2].id


def test_tasks_come_mixed_and_writers_are_told(folder: Path) -> None:
    rows = lines(folder / "pyx/train.jsonl")
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert {bool(row["nl"]): row["writer"] for row in rows} == {True: "source", False: "trace"}
    assert {row["writer"] for row in lines(folder / "pyx_r/train.jsonl")} == {"a model"}


def test_the_card_counts(folder: Path) -> None:
    _, head, body = (folder / "README.md").read_text().split("---\n", 2)
    values = yaml.safe_load(head)
    assert [each["config_name"] for each in values["configs"]] == ["pyx", "pyx_r"]
    assert values["size_categories"] == ["n<1K"]
    for line in (
        "| PyX | heldout | backward | 1 |",
        "| pyx select | 5 | 3 | near duplicate 2 |",
        "| MIT | 7 | 2 |",
        "| unknown | 3 | 1 |",
        "| trace | 6 |",
    ):
        assert line in body, line


def test_croissant_names_every_file_with_its_hash_and_every_column(folder: Path) -> None:
    said = json.loads((folder / "croissant.json").read_text())
    assert re.search(r"\(PyX\): \d+ rows; .* \(PyX-R\): \d+ rows\. ", said["description"])
    assert said["@type"] == "sc:Dataset" and said["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    files = {each["contentUrl"]: each for each in said["distribution"]}
    assert set(files) == {path.relative_to(folder).as_posix() for path in folder.rglob("*.jsonl")}
    assert all(each["sha256"] == sha256_of(folder / path) for path, each in files.items())
    for records in said["recordSet"]:
        [path] = {field["source"]["fileObject"]["@id"] for field in records["field"]}
        columns = [field["source"]["extract"]["column"] for field in records["field"]]
        assert columns == list(lines(folder / path)[0]) and all(
            field["description"] for field in records["field"]
        )
    unknown = {"@type": "sc:CreativeWork", "name": "unknown"}
    assert said["license"] == ["https://spdx.org/licenses/MIT.html", unknown]
    assert "url" not in said and "datePublished" not in said  # never invented


def test_what_is_published_comes_back_as_it_was(run: Run, folder: Path, tmp_path: Path) -> None:
    """Our rows, read as the released ones are, with the prefixes of a released model."""
    upstream = run.export(style="upstream", label_offset=4, pyx_r=None, out=tmp_path / "upstream")
    found = list(imported.examples("PyX", upstream / "pyx"))
    assert len(found) == 9 and all(isinstance(each, Example) for each in found)
    ids = {row["id"] for split in ("train", "heldout") for row in lines(upstream / f"pyx/{split}.jsonl")}
    assert {each.id for each in found} == ids


@given(st.text(alphabet="ab\n[]#'\"", max_size=20), st.sampled_from(get_args(Style)))
def test_a_question_gives_its_prompt_back(text: str, style: Style) -> None:
    prompts: dict[Task, str] = {
        "nl2code": nl2code_prompt(text),
        "forward": forward_prompt("x = 1", text, "f", "monologue", style, 0),
        "backward": backward_prompt("x = 1", text, "f", "monologue", style),
        "refine": refine_prompt(text, "f", "t", "monologue", "upstream"),
    }
    for task, prompt in prompts.items():
        example = Example(task=task, prompt=prompt, response="")
        if task == "refine" and style != "upstream":
            with pytest.raises(UserError, match="another style"):
                question_of(example, style)
        else:
            assert prompt_of(task, question_of(example, style), style) == prompt


def test_a_lost_seed_and_a_wrong_style_are_told(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "none.jsonl", [])
    with pytest.raises(UserError, match="no seed of it is among the files"):
        run.export(seeds=[tmp_path / "none.jsonl"], out=tmp_path / "out")
    with pytest.raises(UserError, match="in another style than upstream"):
        run.export(style="upstream", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
