"""Generation and scoring through the real commands, a planted model behind a real server."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest
from planted_server import planted

from semcoder import records
from semcoder.cli import application
from semcoder.errors import UserError
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.generate import choose, weights_of
from semcoder.evaluation.partial import Partial
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.evaluation.sampling import Sampling
from semcoder.evaluation.scorefile import ScoreFile, Setup
from semcoder.records import Dropped, Generation, Problem, Program, ScoredItem, TestCase
from semcoder.shards import Shard


@pytest.fixture
def pyx(tmp_path: Path) -> dict[str, Path]:
    """Two held-out programs, and a test of a program that is not held out."""
    problems = [Problem(instruction=f"Write f{n}, which adds {n}.", teacher="t") for n in range(3)]
    programs = [
        Program(code=f"def f{n}(x):\n    return x + {n}", entry_point=f"f{n}", parents=(problems[n].id,))
        for n in range(3)
    ]
    tests = [
        TestCase(args=(str(x),), output=str(x + n), origin="type", parents=(programs[n].id,))
        for n in range(3)
        for x in (1, 2, 5)
    ]
    for name, rows in (("problems", problems), ("heldout", programs[:2]), ("tests", tests)):
        records.write(tmp_path / f"{name}.jsonl", rows)
    return {name: tmp_path / f"{name}.jsonl" for name in ("heldout", "tests", "problems")}


def right(prompt: str) -> str:
    """Solves the held-out tests: reads the program out of the prompt and runs it."""
    found = re.search(r"return x \+ (\d).*?assert f\d\((\d+)\) == \?\?", prompt, re.DOTALL)
    assert found
    n, x = int(found[1]), int(found[2])
    return f"Adds {n}.\n[/MONOLOGUE]\n[ANSWER]\nassert f{n}({x}) == {x + n}\n[/ANSWER] and more"


def run(*words: object) -> None:
    argv = [str(word) for word in words]
    application(argv)(argv, standalone_mode=False)


def options(data: dict[str, Path]) -> list[str]:
    return [word for path in data.values() for word in ("--data", str(path))]


def generate(data: dict[str, Path], out: Path, engine: str, *more: object) -> list[object]:
    asked = ["evaluation", "generate", "--model", "planted", "--name", "planted", "--generations", out]
    return [*asked, "--engine", engine, *options(data), *more]


def test_from_questions_to_a_score(pyx: dict[str, Path], tmp_path: Path) -> None:
    names = ("g.jsonl", "items.jsonl", "score.json", "setup.json")
    out, items, score, setup = (tmp_path / name for name in names)
    with planted(right) as server:
        words = generate(pyx, out, server.engine, "--benchmark", "pyx_output", "--format", "monologue")
        run(*words, "--setup", setup, "--revision", "abc", "--sampling", '{"max_tokens": 77, "seed": 5}')
        asked = len(server.prompts)
    written = list(records.read(out, Generation))
    assert asked == len(written) == 6  # the third program is not held out
    assert [row.item for row in written] == [t.id for t in records.read(pyx["tests"], TestCase)][:6]
    assert not list(tmp_path.glob("*.partial.jsonl"))
    spoilt = [written[0].model_copy(update={"id": "", "text": "no answer"}), *written[1:]]
    records.write(out, [Generation.model_validate(row.model_dump()) for row in spoilt[::-1]])
    scoring = ["evaluation", "judge", "--benchmark", "pyx_output", *options(pyx), "--generations", out]
    run(*scoring, "--items", items, "--score", score, "--setup", setup)
    found = ScoreFile.model_validate_json(score.read_text())
    assert (found.items, found.samples, found.pass_at, found.model) == (6, 1, {"1": 5 / 6}, "planted")
    assert found.groups == 2 and found.copied == 3 / 6  # two programs; x + 0 gives its argument back
    assert found.setup is not None and (found.setup.engine, found.setup.revision) == ("openai", "abc")
    assert found.setup.versions["openai"] == version("openai") and found.setup.batch == {"batch_size": 1}
    assert (found.setup.style, found.setup.sampling.max_tokens, found.setup.sampling.seed) == (
        "corrected",
        77,
        5,
    )
    assert found.reasons == {"no answer": 1, "passed": 5}
    assert found.interval[0] < 5 / 6 < found.interval[1] <= 1
    assert set(found.data_sha256) == {"heldout.jsonl", "tests.jsonl", "problems.jsonl"}
    verdicts = list(records.read(items, ScoredItem))
    assert [v.item for v in verdicts] == [row.item for row in written]  # in the order of the data again
    assert verdicts[1].answer == "2" and verdicts[1].parents == (written[1].id,)


def test_code_for_held_out_problems(pyx: dict[str, Path], tmp_path: Path) -> None:
    def solve(prompt: str) -> str:
        n = prompt.split("Write f")[1][0]
        return f"It adds.\n```python\ndef f{n}(x):\n    return x + {n if n == '0' else 0}\n```\nDone."

    out, items, score = (tmp_path / name for name in ("g.jsonl", "items.jsonl", "score.json"))
    sampling = json.dumps({"n": 2, "temperature": 0.8})
    with planted(solve) as server:
        words = ["--benchmark", "pyx_code", "--format", "code", "--sampling", sampling]
        run(*generate(pyx, out, server.engine, *words))
    scoring = ["evaluation", "judge", "--benchmark", "pyx_code", *options(pyx), "--generations", out]
    run(*scoring, "--items", items, "--score", score)
    found = ScoreFile.model_validate_json(score.read_text())
    assert (found.items, found.samples, found.pass_at["1"]) == (2, 2, 0.5)
    assert found.reasons == {"passed": 2, "wrong": 2}


def test_input_questions_are_asked_once_an_output(tmp_path: Path) -> None:
    program = Program(code="def f(x):\n    return abs(x)", entry_point="f")
    tests = [
        TestCase(args=(x,), output=y, origin="type", parents=(program.id,))
        for x, y in (("1", "1"), ("-1", "1"), ("2", "2"))
    ]
    records.write(tmp_path / "p.jsonl", [program])
    records.write(tmp_path / "t.jsonl", tests)
    paths = [tmp_path / "p.jsonl", tmp_path / "t.jsonl"]
    assert [q.output for q in HARNESSES["pyx_input"].load(paths)] == ["1", "2"]
    assert len(list(HARNESSES["pyx_output"].load(paths))) == 3


def test_questions_that_a_copy_answers_are_left_out_and_counted(tmp_path: Path) -> None:
    program = Program(code="def f(x):\n    return sorted(x)", entry_point="f")
    adding = Program(code="def g(x, y=1):\n    return x + y", entry_point="g")
    unasked = Program(code="def h(x):\n    return x", entry_point="h")
    cases = {
        "kept": TestCase(args=("2",), kwargs={"y": "3"}, output="5", origin="type", parents=(adding.id,)),
        "same": TestCase(args=("[1.0, 2]",), output="[1, 2]", origin="type", parents=(program.id,)),
        "fixed": TestCase(args=("[2, 1]",), output="[1, 2]", origin="type", parents=(program.id,)),
        "training": TestCase(args=("1",), output="1", origin="type", parents=(unasked.id,)),
    }
    programs, tests = tmp_path / "heldout.jsonl", tmp_path / "tests.jsonl"
    records.write(programs, [program, adding])
    records.write(tests, cases.values())
    kept, dropped, summary = (tmp_path / name for name in ("q.jsonl", "d.jsonl", "s.json"))
    run(
        *["evaluation", "questions", "--programs", programs, "--tests", tests],
        *["--out", kept, "--dropped", dropped, "--summary", summary],
    )
    assert list(records.read(kept, TestCase)) == [cases["kept"]]
    reasons = {row.parents[0]: row.reason for row in records.read(dropped, Dropped)}
    assert reasons == {
        cases["same"].id: "an argument is the output",
        cases["fixed"].id: "the output is an input",
    }
    assert json.loads(summary.read_text()) == {
        "stage": "evaluation.questions",
        "in": 3,
        "kept": 1,
        "dropped": {"an argument is the output": 1, "the output is an input": 1},
    }
    other = tmp_path / "other.jsonl"
    with pytest.raises(UserError, match=r"can be asked \(1\) than are wanted \(2\); raise pyx\.heldout"):
        run(
            *["evaluation", "questions", "--programs", programs, "--tests", tests, "--at-least", 2],
            *["--out", other, "--dropped", dropped, "--summary", summary],
        )
    assert not other.exists()


def test_the_weights_tell_which_model_it_is(tiny_model: Path, tmp_path: Path) -> None:
    first = weights_of(str(tiny_model))
    copied = tmp_path / "elsewhere"
    shutil.copytree(tiny_model, copied)
    assert first == weights_of(str(copied)) and len(first) == 64
    with next(copied.rglob("*.safetensors")).open("ab") as stream:
        stream.write(b"x")
    assert weights_of(str(copied)) != first
    assert weights_of("a-name-at-a-server") == ""


def test_shards_made_in_different_ways_are_not_one_score(pyx: dict[str, Path], tmp_path: Path) -> None:
    id = next(records.read(pyx["tests"], TestCase)).id
    path = write(tmp_path / "g.jsonl", (id, 0, "x"))
    for name, seed in (("a", 1), ("b", 2)):
        made = Setup(engine="openai", sampling=Sampling(seed=seed), style="base", revision="")
        (tmp_path / name).write_text(made.model_dump_json())
    scoring = ["evaluation", "judge", "--benchmark", "pyx_output", *options(pyx), "--generations", path]
    words = [*scoring, "--items", tmp_path / "i", "--score", tmp_path / "s", "--setup", tmp_path / "a"]
    with pytest.raises(UserError, match="made in different ways"):
        run(*words, "--setup", tmp_path / "b")
    run(*words)


def test_killed_generation_goes_on_and_ends_the_same(pyx: dict[str, Path], tmp_path: Path) -> None:
    """kill -9 once the first group (4 prompts) is on the disk; the rest is asked by the second run."""
    whole, out = tmp_path / "whole.jsonl", tmp_path / "g.jsonl"
    slow = False

    def reply(prompt: str) -> str:
        if slow and len(server.prompts) > 4:
            time.sleep(30)
        return right(prompt)

    with planted(reply) as server:
        words = ["--benchmark", "pyx_output", "--format", "monologue"]
        run(*generate(pyx, whole, server.engine, *words))
        server.prompts.clear()
        slow = True
        argv = [sys.executable, "-m", "semcoder.cli", *map(str, generate(pyx, out, server.engine, *words))]
        process = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
        partial = tmp_path / "g.jsonl.partial.jsonl"
        until = time.monotonic() + 60
        while not (partial.exists() and partial.read_bytes().count(b"\n") >= 5):
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert not out.exists()
        with partial.open("ab") as stream:
            stream.write(b'{"model": "torn')
        slow = False
        server.prompts.clear()
        run(*generate(pyx, out, server.engine, *words))
        assert len(server.prompts) == 2
    assert out.read_bytes() == whole.read_bytes()
    assert not partial.exists()


def test_what_other_options_left_is_thrown_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = Generation(
        model="m", benchmark="b", format="f", item="i", sample=0, prompt="p", text="t", finish="stop"
    )
    question = [row]
    with Partial(tmp_path / "g.jsonl", {"temperature": 0}) as partial:
        partial.add([row])
    with Partial(tmp_path / "g.jsonl", {"temperature": 0}) as partial:
        assert partial.has(question, 1) and not partial.has(question, 2)
        with pytest.raises(UserError, match="another process"), Partial(tmp_path / "g.jsonl", {}):
            pass
    with Partial(tmp_path / "g.jsonl", {"temperature": 1}) as partial:
        assert not partial.has(question, 1)
    assert "begun anew" in capsys.readouterr().err


def test_limit_and_shards_do_not_hang_on_order(pyx: dict[str, Path]) -> None:
    items = list(HARNESSES["pyx_output"].load(list(pyx.values())))
    chosen = choose(items, 4, Shard(1, 1))
    assert chosen == [item for item in items if item in chosen] and len(chosen) == 4
    assert {item.id for item in choose(items[::-1], 4, Shard(1, 1))} == {item.id for item in chosen}
    pieces = [choose(items, 4, Shard(n, 3)) for n in (1, 2, 3)]
    assert sorted(item.id for piece in pieces for item in piece) == sorted(item.id for item in chosen)


def write(path: Path, *rows: tuple[str, int, str]) -> Path:
    fields = {"model": "m", "benchmark": "pyx_output", "format": "direct", "prompt": "p", "finish": "stop"}
    records.write(path, [Generation(item=i, sample=s, text=t, **fields) for i, s, t in rows])  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("nowhere", 0, "x")], "the generations answer nowhere"),
        ([], "no generations"),
        ([("A", 0, "x"), ("A", 0, "y")], "there twice"),
        ([("A", 0, "x"), ("A", 1, "y"), ("B", 0, "z")], "some items have 1 samples and others 2"),
    ],
)
def test_what_cannot_be_scored_is_said(
    pyx: dict[str, Path], tmp_path: Path, rows: list[tuple[str, int, str]], words: str
) -> None:
    ids = [test.id for test in records.read(pyx["tests"], TestCase)]
    path = write(tmp_path / "g.jsonl", *[({"A": ids[0], "B": ids[1]}.get(i, i), s, t) for i, s, t in rows])
    with pytest.raises(UserError, match=words):
        run(
            *["evaluation", "judge", "--benchmark", "pyx_output", *options(pyx), "--generations", path],
            *["--items", tmp_path / "i.jsonl", "--score", tmp_path / "s.json"],
        )
    assert not (tmp_path / "s.json").exists() and not (tmp_path / "i.jsonl").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--benchmark", "pyx_output", "--format", "code"], "pyx_output has monologue, scratchpad"),
        (["--benchmark", "pyx_outptu", "--format", "direct"], "--benchmark pyx_outptu is not one of"),
        (["--benchmark", "pyx_output", "--format", "direct", "--style", "new"], "--style new"),
        (["--benchmark", "pyx_output", "--format", "direct", "--sampling", '{"n": 0}'], "--sampling: n:"),
    ],
)
def test_wrong_options_are_named(
    pyx: dict[str, Path], tmp_path: Path, words: list[str], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        run(*generate(pyx, tmp_path / "g.jsonl", "{}", *words))


def test_every_benchmark_of_the_registry_has_a_harness() -> None:
    assert list(HARNESSES) == list(BENCHMARKS)
    for name, facts in BENCHMARKS.items():
        assert (HARNESSES[name].formats == ("code",)) == (facts.task == "code")
