import json
from pathlib import Path

import pytest

from semcoder.errors import UserError
from semcoder.evaluation.prompts import FORWARD_PREFIX, nl2code_prompt
from semcoder.records import Dropped, Example, Monologue, Problem, Program, Record, TestCase, read, write
from semcoder.training import mix

CODE = "def f{n}(x):\n    y = x + {n}\n    return y"


class Corpus:
    """Programs f0..f9, each with a problem, a test and a forward and backward monologue, written to files."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.folder, self.model = folder, model
        self.problems = [Problem(instruction=f"Add {n}.", teacher="t") for n in range(10)]
        self.programs = [
            Program(parents=(problem.id,), code=CODE.format(n=n), entry_point=f"f{n}")
            for n, problem in enumerate(self.problems)
        ]
        self.tests = [
            TestCase(parents=(program.id,), args=("1",), output=str(n + 1), origin="type")
            for n, program in enumerate(self.programs)
        ]
        self.rationales = [
            self._rationale(n, direction, "monologue", "think\n" * (n + 1))
            for n in range(10)
            for direction in ("forward", "backward")
        ]

    def _rationale(self, n: int, direction: str, format: str, text: str) -> Monologue:
        test = self.tests[n]
        return Monologue.model_validate(
            {
                "parents": (f"trace-{n}", test.id, self.programs[n].id),
                "format": format,
                "direction": direction,
                "text": text,
                "answer": test.output if direction == "forward" else "1",
                "writer": "trace",
            }
        )

    def add(self, n: int, direction: str, format: str, text: str) -> Monologue:
        self.rationales.append(self._rationale(n, direction, format, text))
        return self.rationales[-1]

    def path(self, name: str, records: list[Record]) -> Path:
        write(self.folder / name, records)
        return self.folder / name

    def mix(
        self, recipe: object, **options: object
    ) -> tuple[list[Example], list[Dropped], dict[str, object]]:
        names = ("mixture.jsonl", "dropped.jsonl", "summary.json")
        mixture, dropped, summary = (self.folder / name for name in names)
        files = {
            "problems": self.path("problems.jsonl", [*self.problems]),
            "programs": self.path("programs.jsonl", [*self.programs]),
            "tests": self.path("tests.jsonl", [*self.tests]),
            "rationales": [self.path("rationales.jsonl", [*self.rationales])],
        }
        mix.main(
            recipe=json.dumps(recipe),
            tokenizer=self.model,
            mixture=mixture,
            dropped=dropped,
            summary=summary,
            **files | options,  # type: ignore[arg-type]
        )
        return list(read(mixture, Example)), list(read(dropped, Dropped)), json.loads(summary.read_text())


@pytest.fixture
def corpus(tmp_path: Path, tiny_model: Path) -> Corpus:
    return Corpus(tmp_path, tiny_model)


def test_all_tasks_with_their_parents(corpus: Corpus) -> None:
    examples, dropped, summary = corpus.mix({})
    assert not dropped
    assert summary["in"] == summary["kept"] == len(examples) == 30
    assert summary["tasks"] == {"nl2code": 10, "forward": 10, "backward": 10}
    by_parent = {example.parents: example for example in examples}
    assert len(by_parent) == 30
    code = by_parent[(corpus.programs[3].id,)]
    assert code.prompt == nl2code_prompt("Add 3.")
    assert code.response == f"```python\n{CODE.format(n=3)}\n```"
    forward = by_parent[(corpus.rationales[6].id,)]
    assert forward.prompt.startswith(FORWARD_PREFIX + "[PYTHON]\ndef f3(x): # [L1]\n")
    assert forward.prompt.endswith("assert f3(1) == ??\n[/PYTHON]\n[MONOLOGUE]\n")
    assert forward.response.endswith("think\n[/MONOLOGUE]\n[ANSWER]\nassert f3(1) == 4\n[/ANSWER]")


def test_backward_answers_with_the_monologues_own_input(corpus: Corpus) -> None:
    record = corpus.rationales[1]
    other = Monologue(**{**record.model_dump(), "id": "", "answer": "2 - 1"})
    corpus.rationales = [other]
    (example,), _, _ = corpus.mix({"tasks": {"nl2code": 0, "forward": 0}})
    assert example.prompt.endswith("assert f0(??) == 1\n[/PYTHON]\n[MONOLOGUE]\n")
    assert "assert f0(2 - 1) == 1" in example.response


def test_too_long_is_dropped_with_its_length_and_never_cut(corpus: Corpus) -> None:
    long = corpus.add(0, "forward", "monologue", "a very long thought. " * 300)
    examples, dropped, summary = corpus.mix({"max_tokens": 600})
    assert [each.parents[0] for each in dropped] == [long.id]
    assert dropped[0].reason == mix.TOO_LONG
    assert int(dropped[0].detail.split()[0]) > 600
    assert len(examples) == 30
    assert summary["dropped"] == {mix.TOO_LONG: 1}


def test_programs_outside_the_split_stay_outside(corpus: Corpus) -> None:
    held_out = corpus.programs.pop()
    examples, dropped, _ = corpus.mix({})
    assert len(examples) == 27
    assert [each.reason for each in dropped] == [mix.HELD_OUT] * 2
    assert all(held_out.id in each.parents for each in dropped)


def test_caps_choose_by_seed_and_are_filled_past_long_ones(corpus: Corpus) -> None:
    tasks = {"nl2code": 0, "forward": 4, "backward": 0}
    first, dropped, summary = corpus.mix({"tasks": tasks, "seed": 1})
    assert len(first) == 4
    assert summary["dropped"] == {mix.CAPPED: 6}
    assert summary["in"] == summary["kept"] + len(dropped)
    corpus.rationales.reverse()
    assert corpus.mix({"tasks": tasks, "seed": 1})[0] == first
    assert corpus.mix({"tasks": tasks, "seed": 2})[0] != first
    for n in range(10):
        corpus.add(n, "forward", "monologue", "a very long thought. " * 300)
    assert len(corpus.mix({"tasks": tasks, "seed": 1, "max_tokens": 600})[0]) == 4


def test_only_the_recipes_format_is_taken(corpus: Corpus) -> None:
    corpus.add(0, "forward", "concise", "[L1] {} [/L1]")
    tasks = {"nl2code": 0, "backward": 0}
    (example,), _, _ = corpus.mix({"tasks": tasks, "format": "concise"})
    assert example.prompt.endswith("[TRACE]\n")
    with pytest.raises(UserError, match="no forward record in format scratchpad"):
        corpus.mix({"tasks": tasks, "format": "scratchpad"})


def test_equal_examples_count_once(corpus: Corpus) -> None:
    twin = corpus.rationales[0]
    corpus.rationales.append(
        Monologue(**{**twin.model_dump(), "id": "", "parents": ("trace-x", *twin.parents[1:])})
    )
    examples, dropped, _ = corpus.mix({})
    assert len({example.id for example in examples}) == len(examples) == 30
    assert [each.reason for each in dropped] == [mix.DUPLICATE]


def test_soft_programs_are_added(corpus: Corpus) -> None:
    problem = Problem(instruction="Do what never runs.", teacher="t")
    corpus.problems.append(problem)
    soft = Program(parents=(problem.id,), code="def g():\n    return 1", entry_point="g")
    tasks = {"forward": 0, "backward": 0}
    path = corpus.path("soft.jsonl", [soft])
    examples, dropped, _ = corpus.mix({"tasks": tasks, "soft": True}, soft=path)
    assert len(examples) == 11 and not dropped
    assert [each.prompt for each in examples if each.parents == (soft.id,)] == [
        nl2code_prompt("Do what never runs.")
    ]
    assert len(corpus.mix({"tasks": tasks}, soft=path)[0]) == 10


@pytest.mark.parametrize(("rows", "tasks"), [(0, {}), (1, {"nl2code": 0})])
def test_soft_that_adds_nothing_is_refused(corpus: Corpus, rows: int, tasks: dict[str, int]) -> None:
    soft = [Program(parents=(corpus.problems[0].id,), code="def g():\n    return 1", entry_point="g")]
    path = corpus.path("soft.jsonl", [*soft[:rows]])
    with pytest.raises(UserError, match=rf"soft\.jsonl: none of its {rows} programs gets into the mixture"):
        corpus.mix({"tasks": tasks, "soft": True}, soft=path)
    assert not (corpus.folder / "mixture.jsonl").exists()


def test_a_missing_problem_is_named(corpus: Corpus) -> None:
    lost = corpus.problems.pop()
    with pytest.raises(UserError, match=f"--problems: {lost.id}, the problem of program-"):
        corpus.mix({})


def test_other_data_sets(corpus: Corpus) -> None:
    rows = [
        {"instruction": "i", "response": "r"},
        {"lang": "python", "problem": "p", "solution": "s"},
        {"lang": "rust", "problem": "p2", "solution": "s2"},
        {"nl": "", "fwd_mnl": "[PYTHON]\nx\n[/PYTHON]", "bwd_mnl": "", "response": "m"},
        {"fault": "### Problem", "response": "d"},
    ]
    path = corpus.folder / "other.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = {"tasks": dict.fromkeys(("nl2code", "forward", "backward"), 0), "extra": {"other": -1}}
    examples, dropped, _ = corpus.mix({**recipe, "extra_language": "python"}, extra=[f"other={path}"])
    found = {example.parents[0]: example for example in examples}
    assert {key: each.task for key, each in found.items()} == {
        "other:other.jsonl:1": "nl2code",
        "other:other.jsonl:2": "nl2code",
        "other:other.jsonl:4": "forward",
        "other:other.jsonl:5": "refine",
    }
    assert found["other:other.jsonl:4"].prompt == FORWARD_PREFIX + "[PYTHON]\nx\n[/PYTHON]\n"
    assert [(each.parents, each.reason, each.detail) for each in dropped] == [
        (("other:other.jsonl:3",), mix.LANGUAGE, "rust")
    ]
    assert len(corpus.mix({**recipe, "extra": {"other": 2}}, extra=[f"other={path}"])[0]) == 2


@pytest.mark.parametrize(
    ("recipe", "options", "message"),
    [
        ({"extra": {"a": -1}}, {}, "recipe's extra names a"),
        ({}, {"extra": ["a=b"]}, "recipe's extra names none"),
        ({"extra": {"a": -1}}, {"extra": ["a"]}, "write it as NAME=PATH"),
        ({"extra": {"a": -1}}, {"extra": ["a=missing.jsonl"]}, "no JSONL file there"),
        ({}, {"tests": None}, "--tests is missing"),
        ({"tasks": {"refine": -1}}, {}, "--refine is missing"),
        ({"max_tokens": 16}, {}, "the mixture is empty"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    corpus: Corpus, recipe: object, options: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        corpus.mix(recipe, **options)
    assert not (corpus.folder / "mixture.jsonl").exists()
    assert not (corpus.folder / "summary.json").exists()


def test_row_without_question_names_the_line(corpus: Corpus) -> None:
    path = corpus.folder / "bad.jsonl"
    path.write_text('{"instruction": "i", "response": "r"}\n{"text": "x"}\n')
    with pytest.raises(UserError, match=r"bad\.jsonl:2: no question and answer"):
        corpus.mix({"extra": {"bad": -1}}, extra=[f"bad={path}"])


def test_missing_test_is_named(corpus: Corpus) -> None:
    lost = corpus.tests.pop()
    with pytest.raises(UserError, match=f"--tests: {lost.id}"):
        corpus.mix({})


FORMATS = ["monologue", "scratchpad", "next", "concise", "direct"]


def compared(corpus: Corpus) -> dict[str, tuple[list[Example], list[Dropped], dict[str, object]]]:
    """The mixture of each format, over the same records."""
    tasks = {"nl2code": 0, "forward": -1, "backward": 5}
    recipe = {"tasks": tasks, "compare": FORMATS, "max_tokens": 600}
    return {name: corpus.mix({**recipe, "format": name}) for name in FORMATS}


def test_compared_formats_hold_the_same_pairs_in_the_same_order(corpus: Corpus) -> None:
    """Each format drops other rows: one is too long, one is missing, one is there twice."""
    for name in FORMATS[1:]:
        for n in range(10):
            for direction in ("forward", "backward"):
                if (name, n, direction) == ("next", 4, "forward"):
                    continue
                long = (name, n, direction) == ("scratchpad", 2, "backward")
                corpus.add(n, direction, name, "" if name == "direct" else "[L1] " * (800 if long else n + 1))
    corpus.add(7, "forward", "concise", "another row of the same")
    corpus.programs.pop()  # held out
    asked = {}
    for name, (examples, dropped, summary) in compared(corpus).items():
        by_id = {each.id: each for each in corpus.rationales}
        asked[name] = [
            (by_id[each.parents[0]].parents[1], each.task, each.prompt.count("== ??")) for each in examples
        ]
        assert summary["in"] == len(examples) + len(dropped)
        assert summary["pairs"] == len(examples) == 8 + 5
        details = {each.detail for each in dropped if each.reason == mix.UNPAIRED}
        assert ("not told as next" in details) is (name != "next")
    assert all(pairs == asked["monologue"] for pairs in asked.values())
    assert corpus.tests[4].id not in [test for test, task, _ in asked["direct"] if task == "forward"]


def test_a_comparison_names_its_own_format(corpus: Corpus) -> None:
    with pytest.raises(UserError, match="compare does not name the recipe's own format, next"):
        corpus.mix({"format": "next", "compare": ["monologue"]})


def test_the_released_rows_stand_for_all_but_the_debugging_set(corpus: Corpus) -> None:
    rows = [
        Example(parents=(f"PyX:pyx.jsonl:{n}",), task=task, prompt=f"{task} {n}\n", response="x")
        for task in ("nl2code", "forward", "backward", "refine")
        for n in range(3)
    ]
    nothing = {"problems": None, "programs": None, "tests": None, "rationales": None}
    given = {"released": corpus.path("released.jsonl", [*rows]), **nothing}
    kept, _, summary = corpus.mix({"tasks": {"nl2code": 2}}, **given)
    assert summary["tasks"] == {"nl2code": 2, "forward": 3, "backward": 3}
    assert all(each in rows for each in kept)
    repairs = corpus.path("pyx_r.jsonl", [*rows[9:]])
    kept, *_ = corpus.mix(
        {"tasks": {"nl2code": 0, "forward": 0, "backward": 0, "refine": -1}}, refine=repairs, **nothing
    )
    assert {each.id for each in kept} == {each.id for each in rows[9:]}
    with pytest.raises(UserError, match="--released: holds monologues alone"):
        corpus.mix({"format": "next"}, **given)
    with pytest.raises(UserError, match="no backward row; set the recipe's"):
        corpus.mix({}, **(given | {"released": corpus.path("some.jsonl", [*rows[:6]])}))
