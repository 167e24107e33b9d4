"""Benchmark items in training rows: each way in which they are found, and the table of it."""

import csv
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from semcoder import records
from semcoder.cli import application
from semcoder.errors import UserError
from semcoder.evaluation.prompts import forward_prompt, nl2code_prompt, nl2code_response, response
from semcoder.pyx.benchmarks import Item
from semcoder.pyx.overlap import WAYS, Search, taken_apart
from semcoder.records import Example

CODE = """\
def f(rows, limit):
    found = []
    for row in rows:
        if len(row) > limit and row[0] != row[-1]:
            found.append(sorted(row)[:limit])
    return found, sum(map(len, found))
"""
OTHER = """\
def weave(first, second):
    \"\"\" Take letters of two words in turn, and put the rest of the longer word behind them. \"\"\"
    out = ''.join(a + b for a, b in zip(first, second))
    return out + max(first, second, key=len)[min(len(first), len(second)):]
"""


def nl2code(said: str, code: str) -> Example:
    return Example(task="nl2code", prompt=nl2code_prompt(said), response=nl2code_response(code))


def forward(code: str, arguments: str, output: str) -> Example:
    name = code.partition("def ")[2].partition("(")[0]
    prompt = forward_prompt(code, arguments, name, "monologue", "corrected", 0)
    told = response(
        "monologue", "It runs.", entry_point=name, arguments=arguments, output=output, style="corrected"
    )
    return Example(task="forward", prompt=prompt, response=told)


ITEM = Item("sample_1", code=CODE, pair=("[[1, 2, 3]], 2", "([[1, 2]], 2)"))
PROSE = Item(
    "HumanEval/1",
    "Take letters of two words in turn, and put the rest of the longer word behind them.",
    "",
    "weave",
)


def ways(example: Example, *items: Item) -> dict[str, int]:
    search = Search("cruxeval_output", items)
    search.look_at(taken_apart(example))
    return search.found().found


def test_a_row_is_taken_apart() -> None:
    row = taken_apart(forward(CODE, "[[1, 2, 3]], 2", "([[1, 2]], 2)"))
    assert row.said == "" and row.pairs == [("[[1, 2, 3]], 2", "([[1, 2]], 2)")]
    [code] = row.codes
    assert "assert" not in code and code == CODE.strip()  # labels are gone
    row = taken_apart(nl2code("Say hello.", "print('hello')"))
    assert (row.said, row.codes) == ("Say hello.\n\n<Code>", ["print('hello')"])


@pytest.mark.parametrize(
    ("example", "found"),
    [
        (forward(CODE, "[[1, 2, 3]], 2", "([[1, 2]], 2)"), {"exact", "substring", "n-grams", "pair"}),
        (
            forward(CODE.replace("rows", "given").replace("def f", "def g"), "[]", "([], 0)"),
            {"exact", "n-grams"},
        ),
        (nl2code("Do it.", f"import os\n\n{CODE}\n\nprint(f([], 1))"), {"substring", "n-grams"}),
        (forward("def h(x):\n    return x", "[[1,2,3]], 2", "([[1,2]],2)"), {"pair"}),
        (forward("def h(x):\n    return x", "1", "1"), set()),
    ],
)
def test_a_program_is_found_in_each_way(example: Example, found: set[str]) -> None:
    counts = ways(example, ITEM)
    assert {way for way in WAYS if counts[way]} == found
    assert counts["any"] == bool(found - {"pair"})


def test_a_description_is_found_in_a_longer_one() -> None:
    said = f"Solve this puzzle. {PROSE.prose} Mind empty words."
    counts = ways(nl2code(said, "def other(a):\n    return a"), PROSE)
    assert counts["substring"] == 1
    assert ways(nl2code("Sort the words of a sentence.", "def weave(a):\n    return a"), PROSE)["any"] == 0


def test_the_table_counts_items_not_rows_and_names_an_example(tmp_path: Path) -> None:
    crux, human, mixture = (
        tmp_path / "cruxeval.jsonl",
        tmp_path / "HumanEval.jsonl.gz",
        tmp_path / "mixture.jsonl",
    )
    rows = [
        {"id": "sample_1", "code": CODE, "input": "[[1, 2, 3]], 2", "output": "([[1, 2]], 2)"},
        {"id": "sample_2", "code": "def f(a):\n    return a * 3", "input": "'xyz'", "output": "'xyzxyzxyz'"},
    ]
    crux.write_text("".join(json.dumps(row) + "\n" for row in rows))
    head, _, body = OTHER.partition("    out")
    task = {
        "task_id": "HumanEval/1",
        "prompt": head,
        "canonical_solution": f"    out{body}",
        "entry_point": "weave",
    }
    human.write_bytes(gzip.compress(json.dumps({**task, "test": ""}).encode()))
    examples = [forward(CODE, "[[1, 2, 3]], 2", "([[1, 2]], 2)"), forward(CODE, "[], 2", "([], 0)")]
    records.write(mixture, [*examples, nl2code(PROSE.prose, OTHER)])
    words = [
        "pyx",
        "overlap",
        "--mixture",
        str(mixture),
        "--name",
        "mine",
        "--out",
        str(tmp_path / "mine.json"),
    ]
    words += ["--benchmark", f"cruxeval_output|{crux}", "--benchmark", f"humaneval|{human}"]
    application(words)(words, standalone_mode=False)
    out = ["--csv", str(tmp_path / "c.csv"), "--markdown", str(tmp_path / "c.md")]
    words = ["report", "contamination", "--overlap", str(tmp_path / "mine.json"), *out]
    application(words)(words, standalone_mode=False)
    with (tmp_path / "c.csv").open(newline="") as stream:
        first, second = csv.DictReader(stream)
    assert (first["items"], first["any"], first["share"], first["exact"], first["pair"]) == (
        "2",
        "1",
        "50.0",
        "1",
        "1",
    )
    assert (second["benchmark"], second["any"], second["exact"], second["pair"]) == (
        "humaneval",
        "1",
        "1",
        "0",
    )
    assert first["example"] == f"sample_1 in {examples[0].id}: the same code"
    text = (tmp_path / "c.md").read_text()
    assert "| mine (3 rows) | CRUXEval-O | 2 | 1 (50.0 %) | 1 | 1 | 1 | 1 | sample_1 in example-" in text


def test_a_wrong_benchmark_is_named(tmp_path: Path) -> None:
    words = [
        "pyx",
        "overlap",
        "--mixture",
        "m",
        "--name",
        "m",
        "--benchmark",
        "crux|f",
        "--out",
        str(tmp_path / "o"),
    ]
    with pytest.raises(UserError, match=r"write name\|file"):
        application(words)(words, standalone_mode=False)


def test_a_report_is_the_same_in_whatever_order_texts_are_hashed() -> None:
    """Two items in one row: the first that is named as an example must not hang on the interpreter's hash seed."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_overlap import *\n"
        "said = [PROSE.prose, 'Count how many of the given rows hold more than the limit of small red apples.']\n"
        "search = Search('humaneval', [Item(f'HumanEval/{n}', text) for n, text in enumerate(said)])\n"
        "search.look_at(taken_apart(nl2code(' And then: '.join(said), CODE)))\n"
        "print(search.found().model_dump_json())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program, str(Path(__file__).parent)],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(4)
    }
    assert len(found) == 1 and '"substring":2' in found.pop()
