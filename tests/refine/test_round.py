"""Rounds of self-refinement with a planted model that repairs its bug only when it is shown the failing test."""

import gzip
import json
import sys
from pathlib import Path

import pytest

from semcoder import records
from semcoder.cli import application
from semcoder.errors import UserError
from semcoder.evaluation.benchmarks.humaneval import Check, Checked, HumanEval
from semcoder.evaluation.checking import Runner
from semcoder.evaluation.engine import open_engine
from semcoder.evaluation.prompts import is_refine_prompt
from semcoder.evaluation.sampling import EngineSettings, Sampling
from semcoder.evaluation.scorefile import ScoreFile, Setup
from semcoder.records import Generation
from semcoder.refine.feedback import failures, shown_code

sys.path.insert(0, str(Path(__file__).parents[1] / "evaluation"))
from planted_server import Planted, planted

SECRET = "secret_name_of_the_reference"


def problem(number: int, body: str, base: list[int], plus: list[int]) -> dict[str, object]:
    return {
        "task_id": f"HumanEval/{number}",
        "prompt": f'def f{number}(x):\n    """Task {number}."""\n',
        "entry_point": f"f{number}",
        "canonical_solution": f"    {SECRET} = {body}\n    return {SECRET}\n",
        "test": "",
        "base_input": [[x] for x in base],
        "plus_input": [[x] for x in plus],
        "atol": 0,
    }


PROBLEMS = [
    problem(0, "x + 1", [1, 2], [30]),  # solved at once
    problem(1, "x * 2", [2, 7], [40]),  # fails f1(7) == 14, repaired when that is shown
    problem(2, "abs(x)", [5], [-77]),  # fails hidden tests only
    problem(3, "x - 1", [9], [50]),  # no program at all
]
FIRST = {
    0: "\n    return x + 1\n```",
    1: "\n    # doubles\n    y = x + 2  # wrong\n    return y\n```",
    2: "\n    return x\n```",
    3: "I cannot.",
}


def reply(prompt: str) -> str:
    number = int(prompt.split("Task ")[1][0])
    if not is_refine_prompt(prompt):
        return FIRST[number]
    if number == 1 and "assert f1(7) == 14" in prompt:
        return "It adds.\n[/MONOLOGUE]\n[Refined]\n```python\ndef f1(x):\n    return x * 2\n```\n[/Refined]"
    return "[Refined]\nI still cannot.\n[/Refined]"


def run(*words: object) -> None:
    argv = [str(word) for word in words]
    application(argv)(argv, standalone_mode=False)


class Lab:
    """A folder with the first answers to PROBLEMS, scored."""

    def __init__(self, folder: Path, server: Planted) -> None:
        self.folder, self.server = folder, server
        self.data = folder / "h.jsonl.gz"
        with gzip.open(self.data, "wt") as stream:
            stream.writelines(json.dumps(row) + "\n" for row in PROBLEMS)
        self.common = ["--benchmark", "humaneval_plus", "--data", self.data]
        self.model = ["--model", "m", "--name", "m", "--engine", server.engine]
        out = self.path(0)
        run("evaluation", "generate", *self.model, *self.common, "--format", "code", "--generations", out)
        self.score(0)

    def path(self, number: int, suffix: str = "jsonl") -> Path:
        return self.folder / f"round{number}.{suffix}"

    def score(self, number: int) -> ScoreFile:
        run(
            *["evaluation", "judge", *self.common, "--generations", self.path(number)],
            *["--items", self.path(number, "items"), "--score", self.path(number, "score")],
        )
        return ScoreFile.model_validate_json(self.path(number, "score").read_text())

    def refine(self, number: int, *words: object) -> ScoreFile:
        self.server.prompts.clear()
        before = ["--previous-generations", self.path(number - 1)]
        before += ["--previous-items", self.path(number - 1, "items")]
        out = ["--out-generations", self.path(number)]
        run("refine", "round", "--round", number, *self.model, *self.common, *before, *out, *words)
        return self.score(number)


def test_a_repair_counts_in_its_round_and_nothing_hidden_is_shown(tmp_path: Path) -> None:
    with planted(reply) as server:
        lab = Lab(tmp_path, server)
        assert lab.score(0).pass_at["1"] == 0.25
        first = lab.refine(1)
        assert first.pass_at["1"] == 0.5
        asked = sorted(server.prompts)
        assert ["Task 1" in prompt or "Task 3" in prompt for prompt in asked] == [True, True]
        second = lab.refine(2)
        assert second.pass_at["1"] == 0.5 and len(server.prompts) == 1  # the repaired one is left alone
    for prompt in asked:
        assert SECRET not in prompt
        for hidden in ("30", "40", "50", "77"):
            assert hidden not in prompt
    buggy = next(prompt for prompt in asked if "Task 1" in prompt)
    assert "### Buggy Solution\n```python\ndef f1(x):\n    y = x + 2\n    return y\n```" in buggy
    assert "### Failed Test\n```python\nassert f1(7) == 14\n```" in buggy
    kept = {row.item: row for row in records.read(lab.path(0), Generation)}
    rows = {row.item: row for row in records.read(lab.path(1), Generation)}
    assert rows["HumanEval/0"] == kept["HumanEval/0"] and rows["HumanEval/2"] == kept["HumanEval/2"]
    assert list(rows) == list(kept)


def test_plus_feedback_leaks_on_request_and_the_real_trace_is_shown(tmp_path: Path) -> None:
    with planted(reply) as server:
        lab = Lab(tmp_path, server)
        setup = lab.path(1, "setup")
        lab.refine(1, "--feedback", "plus", "--rationale", "trace", "--setup", setup)
        assert "a leak" in Setup.model_validate_json(setup.read_text()).words
        prompts = "\n".join(server.prompts)
    assert "assert f2(-77) == 77" in prompts
    assert '# [INPUT] {"x": 7} [/INPUT]' in prompts and '# [STATE-0] {"y": 9} [/STATE-0]' in prompts


def test_upstream_style_and_no_rationale(tmp_path: Path) -> None:
    with planted(reply) as server:
        lab = Lab(tmp_path, server)
        lab.refine(1, "--style", "upstream", "--rationale", "none")
        assert all(prompt.endswith("```\n\n[Refined]\n") for prompt in server.prompts)
        assert any("retv = f1(7)\nassert retv == 14\n" in prompt for prompt in server.prompts)


def test_humaneval_checks_tell_the_call_that_fails(tmp_path: Path) -> None:
    row = problem(1, "x * 2", [], []) | {
        "test": "def check(candidate):\n    for x in (2, 7):\n        assert candidate(x) == 2 * x\n"
    }
    data = tmp_path / "h.jsonl"
    data.write_text(json.dumps(row) + "\n")
    common = ["--benchmark", "humaneval", "--data", data]
    with planted(reply) as server:
        model = ["--model", "m", "--name", "m", "--engine", server.engine]
        g, i, s = (tmp_path / name for name in ("g", "i", "s"))
        run("evaluation", "generate", *model, *common, "--format", "code", "--generations", g)
        run("evaluation", "judge", *common, "--generations", g, "--items", i, "--score", s)
        before = ["--previous-generations", g, "--previous-items", i]
        run("refine", "round", "--round", 1, *model, *common, *before, "--out-generations", tmp_path / "o")
        run("evaluation", "judge", *common, "--generations", tmp_path / "o", "--items", i, "--score", s)
    assert ScoreFile.model_validate_json(s.read_text()).pass_at["1"] == 1.0


def test_a_float_that_is_near_enough_is_not_the_call_that_failed() -> None:
    """HumanEval's checks ask for 1e-6, or for any root; the first calls here are right, the last is not."""
    test = "def check(candidate):\n    assert abs(candidate(3.5) - 7.0) < 1e-6\n    assert candidate(-4.0) == -8.0\n"
    item = Checked("i", "def f(x):", Check("i", "f", "def f(x):\n    return x * 2\n", test))
    code = "def f(x):\n    return x * 2 + 1e-9 if x > 0 else 0.0\n"
    with Runner(1, 10.0, 20.0) as runner:
        [failure] = failures(runner, HumanEval(), [(item, code)], False)
    assert failure is not None and failure.text("corrected") == "assert f(-4.0) == -8.0"


def test_what_cannot_be_refined_is_said(tmp_path: Path) -> None:
    with planted(reply) as server:
        lab = Lab(tmp_path, server)
        with pytest.raises(UserError, match="n must be 1, not 3"):
            lab.refine(1, "--sampling", '{"n": 3}')
        with pytest.raises(UserError, match="--rationale prose is not one of"):
            lab.refine(1, "--rationale", "prose")
        lab.path(0, "items").write_text("")
        with pytest.raises(UserError, match="no verdict on HumanEval/0"):
            lab.refine(1)


def test_shown_code_has_no_docstrings_and_no_comments() -> None:
    code = '"""M."""\nclass A:\n    """A."""\n\n    def f(self):\n        """F."""\n        return "kept"  # why\n'
    assert shown_code(code) == "class A:\n\n    def f(self):\n        return 'kept'"
    assert shown_code('def f():\n    """Only."""') == "def f():\n    pass"
    assert shown_code(None).startswith("#")
    for deep in ("1" + " + 1" * 5000, "'a'" + ".strip()" * 400):
        assert shown_code(f"x = {deep}") == f"x = {deep}"


def test_each_round_draws_anew(tmp_path: Path) -> None:
    """An unchanged program is asked about with an unchanged prompt: only the seed tells the rounds apart."""
    with planted(reply) as server:
        lab = Lab(tmp_path, server)
        sampling = ["--sampling", '{"temperature": 0.8, "seed": 40}']
        for number in (1, 2):
            server.seeds.clear()
            lab.refine(number, *sampling, "--setup", lab.path(number, "setup"))
            assert set(server.seeds) == {40 + number}
            setup = Setup.model_validate_json(lab.path(number, "setup").read_text())
            assert (setup.sampling.seed, setup.sampling.temperature) == (40 + number, 0.8)


def test_the_engine_answers_an_unchanged_prompt_differently_in_the_next_round(tiny_model: Path) -> None:
    engine = open_engine(EngineSettings(kind="transformers", dtype="float32"), str(tiny_model), threads=1)
    drawn = [
        next(iter(engine.generate(["def f"], Sampling(temperature=0.8, max_tokens=12, seed=seed))))
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
