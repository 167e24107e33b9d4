"""Contest problems: read as the hub has them, solved by execution, made into rows to train on."""

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

sys.path.insert(0, str(Path(__file__).parent.parent / "teacher"))
from scripted_server import Script, serving

from semcoder.contests import read, solve
from semcoder.errors import UserError
from semcoder.training import clean
from semcoder.training.extra import examples

ADD = "print(sum(map(int, input().split())))"
WRONG = "a, b = map(int, input().split())\nprint(a - b)"
HANGS = "while True:\n    pass"
READS = "print(open('/etc/passwd').read())"
UNIMPORTED = "print(math.floor(float(sum(map(int, input().split())))))"


def cases(*pairs: tuple[str, str]) -> dict[str, list[str]]:
    return {"input": [given for given, _ in pairs], "output": [wanted for _, wanted in pairs]}


def problem(name: str, *solutions: str, language: int = 3, **changed: Any) -> dict[str, Any]:
    row = {
        "name": name,
        "description": f"Add the two numbers of {name}.",
        "public_tests": cases(("1 2\n", "3\n")),
        "private_tests": cases(("0 0\n", "0\n"), ("1 2\n", "3\n")),
        "generated_tests": cases(("-1 1\n", "0\n"), ("5 5\n", "10\n")),
        "source": 2,
        "solutions": {"language": [language] * len(solutions), "solution": list(solutions)},
        "input_file": "",
        "output_file": "",
        "difficulty": 7,
    }
    return row | changed


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def outputs(folder: Path, first: str) -> dict[str, Path]:
    folder.mkdir(exist_ok=True)
    return {name: folder / f"{name}.json" for name in (first, "dropped", "summary")}


def as_read(folder: Path, source: Path, **options: Any) -> tuple[list[dict[str, Any]], dict[str, Any], Path]:
    places = outputs(folder, "problems")
    read.main(source=source, **options, **places)
    summary = json.loads(places["summary"].read_text())
    assert summary["in"] == len(lines(places["problems"])) + len(lines(places["dropped"]))
    return lines(places["problems"]), summary, places["problems"]


def test_parquet_and_json_lines_read_alike_and_only_the_training_split(tmp_path: Path) -> None:
    rows = [problem("b", ADD, WRONG), problem("a", "x", language=2), problem("c", source=5)]
    hub = tmp_path / "hub/data"
    hub.mkdir(parents=True)
    parquet.write_table(pyarrow.Table.from_pylist(rows[:2]), hub / "train-00000-of-00002-x.parquet")
    parquet.write_table(pyarrow.Table.from_pylist(rows[2:]), hub / "train-00001-of-00002-x.parquet")
    parquet.write_table(
        pyarrow.Table.from_pylist([problem("held out")]), hub / "test-00000-of-00001-x.parquet"
    )
    options = {"tests": 3, "solutions": 1}
    found, summary, _ = as_read(tmp_path / "parquet", hub.parent, **options)
    again, *_ = as_read(tmp_path / "json", jsonl(tmp_path / "train.jsonl", rows), **options)
    assert found == again and [each["id"] for each in found] == ["b", "a", "c"]
    assert [each["site"] for each in found] == ["Codeforces", "Codeforces", "AtCoder"]
    assert [each["input"] for each in found[0]["tests"]] == ["1 2\n", "0 0\n", "-1 1\n"]
    assert [len(each["solutions"]) for each in found] == [1, 0, 0]
    assert (summary["with_solutions"], summary["sites"]) == (1, {"AtCoder": 1, "Codeforces": 2})


def test_what_no_program_can_show_is_left_out_with_its_reason(tmp_path: Path) -> None:
    none = cases()
    rows = [
        problem("files", input_file="in.txt"),
        problem("picture", description="Look at <image>."),
        problem("silent", description=None),
        problem("long", description="x" * 6001),
        problem("untested", public_tests=none, private_tests=none, generated_tests=none),
        problem("twice"),
        problem("twice"),
    ]
    _, summary, _ = as_read(tmp_path / "out", jsonl(tmp_path / "train.jsonl", rows))
    wanted = (
        "reads or writes a file",
        "needs a picture",
        "no statement",
        "statement too long",
        "no tests",
        "same name",
    )
    assert (summary["kept"], summary["dropped"]) == (1, dict.fromkeys(wanted, 1))


def test_another_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="row 1: no column description"):
        as_read(tmp_path / "out", jsonl(tmp_path / "train.jsonl", [{"name": "x"}]))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"holds no train\*"):
        as_read(tmp_path / "out", tmp_path / "empty")
    assert not (tmp_path / "out/problems.json").exists()


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("public_tests", None, "public_tests: "),
        ("private_tests", {"input": ["1"], "output": []}, "private_tests: .*not of one length"),
        ("generated_tests", {"input": []}, "generated_tests.output: "),
        ("solutions", {"language": [3], "solution": [None]}, "solutions.solution.0: "),
        ("name", None, "name: "),
    ],
)
def test_a_row_that_is_damaged_is_named(column: str, value: Any, said: str, tmp_path: Path) -> None:
    source = jsonl(tmp_path / "train.jsonl", [problem("a"), problem("b") | {column: value}])
    with pytest.raises(UserError, match=rf"train\.jsonl, row 2: {said}"):
        as_read(tmp_path / "out", source)
    assert not (tmp_path / "out/problems.json").exists()


def solved(
    folder: Path, problems: Path, **options: Any
) -> tuple[list[dict[str, Any]], dict[str, str], dict[str, Any]]:
    places = outputs(folder, "out")
    solve.main(problems=problems, cpu_s=1.0, **options, **places)
    summary = json.loads(places["summary"].read_text())
    reasons = {row["parents"][0]: row["reason"] for row in lines(places["dropped"])}
    rows = lines(places["out"])
    assert summary["rows"] == len(rows) and summary["in"] == summary["kept"] + len(reasons)
    return rows, reasons, summary


def test_solutions_are_kept_that_pass_every_test(tmp_path: Path) -> None:
    rows = [
        problem("right", WRONG, ADD, ADD + "\n", f"import sys\n{ADD}\nsys.exit()"),
        problem("wrong", WRONG),
        problem("hangs", HANGS),
        problem("reads", READS),
        problem("unimported", UNIMPORTED),
        problem("unsolved"),
    ]
    *_, problems = as_read(tmp_path / "read", jsonl(tmp_path / "train.jsonl", rows))
    kept, reasons, _ = solved(tmp_path / "all", problems, by="given")
    assert [row["semcoder_origin"] for row in kept] == ["right/0", "right/1"]
    assert {ADD in row["solution"] for row in kept} == {True}
    assert reasons == {
        "hangs": "test failed: timeout",
        "reads": "test failed: forbidden",
        "unimported": "test failed: raised",
        "unsolved": "no solution in Python 3",
        "wrong": "test failed: wrong",
    }
    one, *_ = solved(tmp_path / "one", problems, by="given", per_problem=1)
    assert one == kept[:1]
    [example, _] = examples("code_contests", tmp_path / "all/out.json", "corrected")
    assert example[0].parents == ("code_contests:right/0",) and example[1] == "python"
    assert "Add the two numbers of right." in example[0].prompt and example[0].response.startswith(
        "```python\n"
    )


@pytest.mark.parametrize("shards", [2, 3])
def test_how_many_shards_solved_does_not_show_in_the_rows(tmp_path: Path, shards: int) -> None:
    names = ("coins", "coins-2", "coins 3", "coins/0", "Coins", "coins.")
    rows = [problem(name, *(f"{ADD}\n# {n}" for n in range(3))) for name in names]
    *_, problems = as_read(tmp_path / "read", jsonl(tmp_path / "train.jsonl", rows))

    def cleaned(folder: Path, number: int) -> bytes:
        parts = [folder / f"{n}/out.json" for n in range(1, number + 1)]
        for n, part in enumerate(parts, 1):
            part.parent.mkdir(parents=True)
            solved(part.parent, problems, by="given", shard=f"{n}/{number}", per_problem=3)
        out, dropped, summary = (folder / name for name in ("rows", "dropped", "summary"))
        clean.main(name="code_contests", source=parts, out=out, dropped=dropped, summary=summary)
        return out.read_bytes()

    whole = cleaned(tmp_path / "whole", 1)
    assert whole.count(b"\n") == 3 * len(names) and cleaned(tmp_path / "parts", shards) == whole


def test_a_model_is_asked_until_enough_have_passed(tmp_path: Path) -> None:
    *_, problems = as_read(tmp_path / "read", jsonl(tmp_path / "train.jsonl", [problem("a"), problem("b")]))

    def reply(question: Any) -> str:
        answers = [
            "no idea",
            f"```python\n{WRONG}\n```",
            f"Add.\n```python\n{ADD}\n```",
            "```python\nprint(3)\n```",
        ]
        return answers[question.sample] if "of a." in question.messages[-1][1] else "no idea"

    with serving(Script(reply)) as script:
        teacher = {
            "kind": "openai",
            "base_url": script.address,
            "key_variable": "",
            **dict.fromkeys(("problem_model", "solution_model", "monologue_model"), "m"),
            "store": str(tmp_path / "store"),
            "budget_tokens": 10**9,
        }
        options = {"teacher": json.dumps(teacher), "tries": 4, "per_problem": 1}
        kept, reasons, summary = solved(tmp_path / "solved", problems, **options)
        assert [row["semcoder_origin"] for row in kept] == ["a/0"] and reasons == {"b": "no code block"}
        asked = [("of a." in question.messages[-1][1], question.sample) for question in script.asked]
        assert sorted(asked) == [(False, n) for n in range(4)] + [(True, n) for n in range(3)]
        assert [(post["purpose"], post["answers"]) for post in summary["teacher"]] == [("contest", 7)]


def test_without_a_model_its_solutions_cannot_be_had(tmp_path: Path) -> None:
    *_, problems = as_read(tmp_path / "read", jsonl(tmp_path / "train.jsonl", [problem("a", ADD)]))
    with pytest.raises(UserError, match="needs a language model"):
        solved(tmp_path / "solved", problems)
