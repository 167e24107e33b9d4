"""Figure 5: the ratio is the one that the paper names, the largest counts, and every sample stands in one bin."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz, utils

from semcoder import records
from semcoder.cli import application
from semcoder.errors import UserError
from semcoder.pyx.benchmarks import Item
from semcoder.pyx.edit_similarity import BINS, histogram, similarities
from semcoder.pyx.samples import Sample
from semcoder.records import Problem, Program

ADD = "def add(a, b):\n    return a + b\n"
TEXTS = st.lists(
    st.sampled_from(["Sum", "of", "two", "numbers", "x_1", "+", "(", "é", "\n", "9"]), max_size=30
)


@settings(max_examples=60)
@given(TEXTS, TEXTS)
def test_it_is_the_ratio_that_the_paper_names(ours: list[str], theirs: list[str]) -> None:
    sample, item = Sample("s", " ".join(ours), "add"), Item("i", "", " ".join(["add", *theirs]))
    [found] = similarities([sample], [item], 1, "test")
    texts = f"{sample.instruction}\n{sample.solution}", item.code
    wanted = fuzz.partial_token_sort_ratio(*texts, processor=utils.default_process)
    assert found.share == pytest.approx(wanted / 100, abs=1e-6)


def test_the_nearest_item_is_named_and_counts() -> None:
    items = [Item("b 0", "Reverse a list of words", "def f(x): return x[::-1]"), Item("b 1", "", ADD)]
    near, far = similarities([Sample("a", "", ADD), Sample("b", "zzz", "qqq")], items, 2, "test")
    assert (near.share, near.sample, near.item) == (1.0, "a", "b 1")
    assert far.share < 0.4 and far.sample == "b"


def test_a_prompt_that_is_not_in_the_solution_is_compared_too() -> None:
    [found] = similarities(
        [Sample("a", "Reverse the words of a sentence", "")],
        [Item("b", "Reverse the words of a sentence", ADD)],
        1,
        "",
    )
    [without] = similarities(
        [Sample("a", "Reverse the words of a sentence", "")], [Item("b", "", ADD)], 1, ""
    )
    assert found.share > 0.7 > without.share


@given(st.lists(st.floats(0, 1), max_size=20))
def test_every_sample_stands_in_one_bin(shares: list[float]) -> None:
    assert sum(histogram(shares)) == len(shares)
    assert [histogram([edge / BINS]).index(1) for edge in range(BINS + 1)] == [*range(BINS), BINS - 1]


def pyx(folder: Path) -> list[str]:
    problems = [Problem(instruction=f"Add {n} numbers.", teacher="t") for n in range(5)]
    programs = [
        Program(parents=(each.id,), code=ADD.replace("add", f"add{n}"), entry_point=f"add{n}")
        for n, each in enumerate(problems)
    ]
    records.write(folder / "problems.jsonl", problems)
    records.write(folder / "programs.jsonl", programs)
    return ["--programs", str(folder / "programs.jsonl"), "--problems", str(folder / "problems.jsonl")]


def run(folder: Path, *words: str) -> tuple[list[dict[str, str]], str]:
    outputs = folder / "f.csv", folder / "f.md"
    command = [
        "pyx",
        "similarity",
        *pyx(folder),
        "--csv",
        str(outputs[0]),
        "--markdown",
        str(outputs[1]),
        *words,
    ]
    application(command[:2])(command, standalone_mode=False)
    with outputs[0].open(newline="") as stream:
        return list(csv.DictReader(stream)), outputs[1].read_text()


def test_sets_stand_side_by_side(tmp_path: Path) -> None:
    benchmark, other = tmp_path / "b.jsonl", tmp_path / "o.jsonl"
    benchmark.write_text(json.dumps({"task_id": "B/0", "prompt": "Add numbers.", "code": ADD}) + "\n")
    other.write_text(json.dumps({"problem": "Add numbers.", "solution": ADD, "lang": "python"}) + "\n")
    words = [
        "--benchmark",
        f"b={benchmark}",
        "--data",
        f"other={other}",
        "--unchecked",
        "mbpp=no data.mirror",
    ]
    rows, text = run(tmp_path, *words, "--sample", "3")
    counts = {
        name: sum(int(row["samples"]) for row in rows if row["set"] == name) for name in ("PyX", "other")
    }
    assert counts == {"PyX": 3, "other": 1} and len(rows) == 2 * BINS
    assert run(tmp_path, *words, "--sample", "3") == (rows, text)
    assert "| other | b | 1 | 1.00 | 1.00 | 0.0 % | 1.00: o.jsonl:1 and b B/0 |" in text
    assert "Not compared with mbpp: no data.mirror." in text


def test_without_a_benchmark_there_is_nothing_but_the_reason(tmp_path: Path) -> None:
    rows, text = run(tmp_path, "--unchecked", "mbpp=no data.mirror")
    assert rows == [] and "Not compared with mbpp: no data.mirror." in text


def test_what_is_no_set_or_benchmark_is_named(tmp_path: Path) -> None:
    (tmp_path / "o.jsonl").write_text('{"fwd_mnl": "x", "response": "y"}\n')
    for words, said in (
        (["--data", "o.jsonl"], "write it as NAME=PATH"),
        (["--benchmark", "b.jsonl"], "write it as NAME=PATH"),
        (["--data", f"o={tmp_path / 'o.jsonl'}"], "no instruction with a solution"),
    ):
        with pytest.raises(UserError, match=said):
            run(tmp_path, *words)
        assert not (tmp_path / "f.csv").exists()
