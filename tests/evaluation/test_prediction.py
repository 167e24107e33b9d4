"""Output and input prediction: right answers in any form, wrong and dishonest ones refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from semcoder.evaluation import expressions
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.prediction import InputPrediction, OutputPrediction, Question
from semcoder.evaluation.checking import Runner
from semcoder.records import Generation

OUTPUT = OutputPrediction(lambda paths: iter(()))
INPUT = InputPrediction(lambda paths: iter(()))
QUESTION = Question(
    "q", "LIMIT = [3, 4]\ndef f(x, y=1):\n    return sorted(x)[:y]", "f", "[3, 1], y=2", "[1, 3]"
)


def test_output_answers(runner: Runner) -> None:
    right = ["[1, 3]", "[1,3]", "[1.0, 3]", "list((1, 3))", "[1] + [3]", "sorted([3, 1])", "[ 1,\n 3]"]
    wrong = ["[3, 1]", "(1, 3)", "'[1, 3]'", "None", "f([3, 1], y=2)", "sorted(x)", "[1, 3] if True else 0"]
    wrong += ["__import__('os')", "(lambda: [1, 3])()", "[1, 3] or 0", "open('/etc/passwd').read()", "LIMIT"]
    rulings = OUTPUT.judge(runner, [(QUESTION, answer) for answer in [*right, *wrong]])
    assert [ruling.passed for ruling in rulings] == [True] * len(right) + [False] * len(wrong)
    assert OUTPUT.judge(runner, [(QUESTION, None)])[0].reason == "no answer"


def test_input_answers(runner: Runner) -> None:
    right = [
        "[3, 1], y=2",
        "[1, 3], 2",
        "x=[3, 1], y=2",
        "(1, 3), 5",
        "range(1, 4, 2), 2",
        "{1, 3}, len('ab')",
    ]
    right += ["[3] + [1], 2", "[i for i in (1, 3)], 2"]
    wrong = [
        "[3, 1]",
        "",
        "[1, 3], 2, 3",
        "[3, 1], 'two'",
        "f([1, 3], 2), 2",
        "*[[1, 3], 2]",
        "1) or f([1, 3]",
    ]
    wrong += ["(f := lambda *a: [1, 3]), 2", "globals().update(f=lambda *a: [1, 3]), 2", "LIMIT.clear(), 2"]
    wrong += [
        "().__class__.__base__.__subclasses__(), 2",
        "exec('def f(*a): return [1, 3]'), 2",
        "[f for f in [1]], f",
    ]
    rulings = INPUT.judge(runner, [(QUESTION, answer) for answer in [*right, *wrong]])
    assert [ruling.passed for ruling in rulings] == [True] * len(right) + [False] * len(wrong)


def test_what_is_not_allowed_is_said() -> None:
    for source, words in {
        "f(1)": "the name f",
        "x[0]": "the name x",
        "(1).__class__": "the attribute __class__",
        "1 or 2": "BoolOp",
        "[1": "not an expression",
    }.items():
        with pytest.raises(expressions.NotAllowed, match=words):
            expressions.value(source)


def test_the_answer_is_read_after_direct_and_other_prompts() -> None:
    def generation(prompt: str, text: str) -> Generation:
        return Generation(
            model="m", benchmark="b", format="x", item="q", sample=0, prompt=prompt, text=text, finish="stop"
        )

    direct = generation("...[ANSWER]\n", "assert f([3, 1], y=2) == [1, 3]\n")
    reasoned = generation(
        "...[MONOLOGUE]\n", "Hm.\n[/MONOLOGUE]\n[ANSWER]\nassert f([3, 1], y=2) == [1, 3]\n"
    )
    for each in (direct, reasoned):
        assert OUTPUT.answer(QUESTION, each) == "[1, 3]"
        assert INPUT.answer(QUESTION, each) == "[3, 1], y=2"


@pytest.mark.parametrize("name", ["cruxeval_output", "cruxeval_input"])
def test_all_of_cruxeval_is_right_by_its_own_answers(
    runner: Runner, benchmark_file: Callable[[str], Path], name: str
) -> None:
    harness = HARNESSES[name]
    items: list[Question] = list(harness.load([benchmark_file("cruxeval.jsonl")]))
    assert len(items) == 800
    own = [(item, item.output if name.endswith("output") else item.arguments) for item in items]
    rulings = harness.judge(runner, own)
    assert [item.id for item, ruling in zip(items, rulings, strict=True) if not ruling.passed] == []
    garbage = [(item, "what it returns") for item in items]
    assert sum(ruling.passed for ruling in harness.judge(runner, garbage)) == 0
