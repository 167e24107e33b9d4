import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from test_decontamination import CRUX, HUMANEVAL, solution

from semcoder import records
from semcoder.errors import UserError
from semcoder.pyx.select import main
from semcoder.pyx.split import place
from semcoder.records import Dropped, Problem, Program, TestCase

OUTPUTS = (
    *("out_problems", "out_programs", "out_train", "out_heldout"),
    *("out_tests", "out_soft", "dropped", "summary"),
)
Row = tuple[Problem, Program, list[TestCase]]


def row(name: str, body: str, *pairs: tuple[str, str]) -> Row:
    problem = Problem(
        instruction=f"Write {name}, which is told apart by its name.", teacher="t", parents=("seed-1",)
    )
    code = body if body.startswith("def") else f"def {name}(x):\n    {body}\n"
    program = Program(code=code, entry_point=name, parents=(problem.id,))
    tests = [
        TestCase(args=(a,), output=b, origin="type", parents=(program.id,)) for a, b in pairs or [("1", "2")]
    ]
    return problem, program, tests


def many(count: int) -> list[Row]:
    """Programs of which no two are near duplicates."""
    names = [
        "sorted",
        "len",
        "sum",
        "min",
        "max",
        "set",
        "list",
        "tuple",
        "str",
        "repr",
        "bool",
        "abs",
        "round",
        "float",
    ]
    picks = itertools.islice(itertools.permutations(names, 3), 0, None, 17)
    return [
        row(f"name_{number}", f"{a}_{b} = {a}(x)\n    return {{{b}({a}_{b}): {c}(x)}}")
        for number, (a, b, c) in zip(range(count), picks, strict=False)
    ]


def run(
    folder: Path, shards: list[list[Row]], soft: list[Row] | None = None, **options: Any
) -> dict[str, Path]:
    folder.mkdir(exist_ok=True)
    (folder / "bench.jsonl").write_text(json.dumps(HUMANEVAL) + "\n" + json.dumps(CRUX))
    paths: dict[str, list[Path]] = {"problems": [], "programs": [], "tests": []}
    for number, rows in enumerate(shards):
        for place_, kind in enumerate(("problems", "programs", "tests")):
            path = folder / f"{kind}-{number}"
            written = (
                [case for each in rows for case in each[2]]
                if kind == "tests"
                else [each[place_] for each in rows]
            )
            records.write(path, written)  # type: ignore[arg-type]
            paths[kind].append(path)
    if soft:
        records.write(folder / "soft-problems", [each[0] for each in soft])
        records.write(folder / "soft", [each[1] for each in soft])
        paths["problems"].append(folder / "soft-problems")
        paths["soft"] = [folder / "soft"]
    outputs = {name: folder / name for name in OUTPUTS}
    given = {"benchmark": [f"planted={folder / 'bench.jsonl'}"], "heldout": 0.3, **options}
    main(**paths, **outputs, **given)  # type: ignore[arg-type]
    return outputs


def test_nothing_is_lost_and_shards_do_not_matter(tmp_path: Path) -> None:
    rows = many(40)
    one = run(tmp_path / "one", [rows])
    three = run(tmp_path / "three", [rows[::-1][:15], rows[:5], rows[3:30]])
    assert all(one[name].read_bytes() == three[name].read_bytes() for name in OUTPUTS)
    summary = json.loads(one["summary"].read_text())
    assert summary["in"] == 40 == summary["kept"] + sum(summary["dropped"].values())
    assert summary["kept"] == summary["train"] + summary["heldout"] and summary["heldout"] > 0
    train, heldout = (
        {p.id for p in records.read(one[name], Program)} for name in ("out_train", "out_heldout")
    )
    kept = [program.id for program in records.read(one["out_programs"], Program)]
    assert not train & heldout and sorted(train | heldout) == kept
    problems = {problem.id for problem in records.read(one["out_problems"], Problem)}
    assert problems == {program.parents[0] for program in records.read(one["out_programs"], Program)}
    assert {case.parents[0] for case in records.read(one["out_tests"], TestCase)} == set(kept)


def test_of_near_duplicates_one_stays(tmp_path: Path) -> None:
    body = "n = 0\n    for item in x:\n        if item > 3:\n            n += item * item\n    return n + {}"
    family = [row("same", body.format(number)) for number in range(30)]
    made = run(tmp_path, [family], heldout=0.5)
    assert len(list(records.read(made["out_programs"], Program))) == 1
    assert {each.reason for each in records.read(made["dropped"], Dropped)} == {"near duplicate"}


def test_contamination_is_dropped_with_its_match(tmp_path: Path) -> None:
    crux_pair = ('"xay"', "'xya'")
    rows = [
        row("runs", solution(HUMANEVAL)),
        row("fine", "return x.upper() + str(len(x))", ("'a'", "'A1'"), ("'b'", "'B1'")),
        row("left", "return [x[0], x[-1]]", crux_pair),
    ]
    made = run(tmp_path, [rows])
    dropped = {each.parents[0]: each for each in records.read(made["dropped"], Dropped)}
    assert dropped[rows[0][1].id].detail == "planted HumanEval/900: the same code"
    assert [program.entry_point for program in records.read(made["out_programs"], Program)].count("fine") == 1
    assert json.loads(made["summary"].read_text())["dropped"] == {"benchmark solution": 1}


def test_a_program_that_loses_its_last_test_goes(tmp_path: Path) -> None:
    pair = row("last", "return x.title()", ("'xay', b='a'", "'xya'"))
    problem, program, _ = pair
    case = TestCase(
        args=("'xay'",), kwargs={"b": "'a'"}, output="'xya'", origin="type", parents=(program.id,)
    )
    made = run(tmp_path, [[(problem, program, [case])]])
    assert [each.reason for each in records.read(made["dropped"], Dropped)] == [
        "benchmark input-output pair",
        "no tests left",
    ]
    assert made["out_programs"].read_text() == ""


def test_soft_programs_pass_the_same_gates(tmp_path: Path) -> None:
    """PyX-Soft keeps what is new, not what is in a benchmark or in PyX; and what is like it is not held out."""
    body = "words = sorted(x)\n    best = words[0] + words[1]\n    return {best: len(words) * 2}"
    like, other = row("like_it", body), row("other", "return [x.upper(), x.lower(), x.title()]")
    far = "\n\ndef soft(x):\n    return [helper(y) for y in str(x).split() if len(y) % 3] or {x: None}\nNAME = x\n"
    soft = [
        row("fine", "def fine(x):\n    return undefined[x] @ (x | 3) << len(x)\n"),
        row("again", like[1].code.replace("words", "terms")),
        row("runs", solution(HUMANEVAL)),
        row("soft", like[1].code.replace("like_it", "helper") + far),
    ]
    made = run(tmp_path, [[like, other]], soft, heldout=1)
    assert [p.entry_point for p in records.read(made["out_heldout"], Program)] == ["other"]
    assert {p.entry_point for p in records.read(made["out_soft"], Program)} == {"fine", "soft"}
    problems = {problem.id for problem in records.read(made["out_problems"], Problem)}
    assert problems == {each[0].id for each in (like, other, soft[0], soft[3])}
    reasons = {each.parents[0]: each.reason for each in records.read(made["dropped"], Dropped)}
    assert reasons == {soft[1][1].id: "duplicate", soft[2][1].id: "benchmark solution"}
    summary = json.loads(made["summary"].read_text())
    assert summary["in"] == summary["kept"] + sum(summary["dropped"].values()) == 6
    assert summary["soft"] == 2


def test_the_summary_says_what_was_looked_into(tmp_path: Path) -> None:
    made = run(tmp_path, [many(3)], unchecked=["mbpp=no data.mirror, and data.reach has no url"])
    summary = json.loads(made["summary"].read_text())
    assert summary["benchmarks"] == {"planted": 2}
    assert summary["unchecked"] == {"mbpp": "no data.mirror, and data.reach has no url"}


def test_a_limit_takes_the_same_sample_each_time(tmp_path: Path) -> None:
    rows = many(30)
    all_of_them = run(tmp_path / "all", [rows])
    limited = run(tmp_path / "limited", [rows], max_programs=10)
    chosen = {program.id for program in records.read(limited["out_programs"], Program)}
    order = sorted((place(0, p.id), p.id) for p in records.read(all_of_them["out_programs"], Program))
    assert chosen == {key for _, key in order[:10]}
    reasons = json.loads(limited["summary"].read_text())["dropped"]
    assert reasons["over the number wanted"] == len(order) - 10


def test_a_benchmark_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="NAME=PATH"):
        run(tmp_path, [many(2)], benchmark=["file.jsonl"])
    with pytest.raises(UserError, match="NAME=WHY"):
        run(tmp_path, [many(2)], unchecked=["mbpp"])
