"""Figure 6: each category is found by its words, one word of a special category is not enough, all is counted."""

import csv
import json
from pathlib import Path

import pytest

from semcoder import records
from semcoder.cli import application
from semcoder.pyx.categories import CATEGORIES, GENERAL, NONE, category
from semcoder.pyx.samples import Sample
from semcoder.records import Problem, Program


@pytest.mark.parametrize(
    ("instruction", "solution", "wanted"),
    [
        ("Count the rows of a database table.", "import sqlite3", "Database and SQL"),
        ("Check a password.", "import hashlib", "Security and Cryptography"),
        ("Lay out the buttons of a menu.", "import tkinter", "User Interface and Application Design"),
        ("Parse the query of a URL.", "def parse(url): return url.split('http')", "Web"),
        ("Normalize the features of a dataset.", "import numpy", "Data Science and Machine Learning"),
        ("Make it faster with a cache.", "from functools import lru_cache", "Performance Optimization"),
        ("Register plugins and handlers of events.", "registry = {}", "System Design and Architecture"),
        ("Give the balance of a bank account.", "", "Domain Specific"),
        ("Say whether a number is prime.", "", "Mathematical and Computational"),
        ("Sort the nodes of a tree.", "", "Algorithmic and Data Structure"),
        ("Say hello.", "print('hello')", NONE),
        # One word of a category that is not general may mean anything.
        ("Return the sorted list of a table.", "", "Algorithmic and Data Structure"),
        ("Draw a window.", "", NONE),
    ],
)
def test_a_sample_belongs_where_most_of_its_words_do(instruction: str, solution: str, wanted: str) -> None:
    assert category(Sample("s", instruction, solution)) == wanted


def test_there_are_ten_and_no_word_of_theirs_can_not_be_found() -> None:
    assert len(CATEGORIES) == 10 and set(GENERAL) < set(CATEGORIES)
    for name, theirs in CATEGORIES.items():
        assert category(Sample("s", " ".join(theirs).upper(), "")) == name


def test_every_sample_is_counted_in_every_set(tmp_path: Path) -> None:
    problems = [Problem(instruction=text, teacher="t") for text in ("Sort a list.", "Say hello.")]
    programs = [Program(parents=(each.id,), code=f"x = '{each.id}'", entry_point="x") for each in problems]
    records.write(tmp_path / "problems.jsonl", problems)
    records.write(tmp_path / "programs.jsonl", programs)
    (tmp_path / "o.jsonl").write_text(
        json.dumps({"problem": "Is it a prime?", "solution": "def f(): ..."}) + "\n"
    )
    words = [
        word for name in ("programs", "problems") for word in (f"--{name}", str(tmp_path / f"{name}.jsonl"))
    ]
    words += ["--data", f"other={tmp_path / 'o.jsonl'}", "--csv", str(tmp_path / "f.csv")]
    command = ["pyx", "categories", *words, "--markdown", str(tmp_path / "f.md")]
    application(command[:2])(command, standalone_mode=False)
    with (tmp_path / "f.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["samples"] != "0"]
    assert [(row["set"], row["category"], row["percent"]) for row in rows] == [
        ("PyX", "Algorithmic and Data Structure", "50.0"),
        ("PyX", NONE, "50.0"),
        ("other", "Mathematical and Computational", "100.0"),
    ]
    text = (tmp_path / "f.md").read_text()
    assert f"| {NONE} | 1 (50.0 %) | 0 (0.0 %) |" in text and "not the classifier of the paper" in text
