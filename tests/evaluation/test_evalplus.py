"""EvalPlus' inputs and comparison, on made rows and on its real files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from semcoder.errors import UserError
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.evalplus import Differential, EvalPlus
from semcoder.evaluation.benchmarks.mbpp import mbpp_inputs
from semcoder.evaluation.checking import Runner
from semcoder.evaluation.evalplus import EvalPlusOracle, mode
from semcoder.evaluation.judges import judge_answers


def oracle(
    expected: Any, *, atol: float = 0, name: str = "f", dataset: Any = "mbpp", given: Any = ()
) -> EvalPlusOracle:
    return EvalPlusOracle(dataset, name, [given], [expected], atol)


@pytest.mark.parametrize(
    ("expected", "actual", "atol", "verdict"),
    [
        (1, 1.0, 0, True),
        (1, 2, 0, False),
        (0.3, 0.1 + 0.2, 0, True),  # floats get 1e-6 where the task gives nothing
        (0.3, 0.31, 0, False),
        ([0.3, 1.0], [0.30000001, 1.0], 0, True),
        ([0.3, 1.0], (0.30000001, 1.0), 0, False),  # another type is never close
        ([0.3, 1.0], [0.30000001], 0, False),
        ([0.3, "a"], [0.30000001, "a"], 0, False),
        (10, 10.00005, 1e-4, False),
        (10.0, 10.00005, 1e-4, True),
        ({"a": 0.3}, {"a": 0.30000001}, 1e-4, False),
        (float("inf"), float("inf"), 0, True),
        (1.0, float("nan"), 0, False),
        ("a", None, 1e-4, False),
    ],
)
def test_comparison(expected: Any, actual: Any, atol: float, verdict: bool) -> None:
    assert oracle(expected, atol=atol).accepts(0, actual) is verdict


def test_a_huge_result_after_a_float_is_wrong() -> None:
    huge = 10**400
    for expected, actual in (
        (1, huge),
        (huge, 1),
        (1, -huge),
        ([0.5], [huge]),
        (huge, huge + 1),
        (1 + 0j, huge),
    ):
        assert oracle(expected, atol=1e-4).accepts(0, actual) is False
    assert oracle(huge, atol=1e-4).accepts(0, huge)
    tolerant = EvalPlusOracle("humaneval", "f", [[1], [2]], [0.5, 3], 0)
    assert [tolerant.accepts(1, actual) for actual in (10**400, 3)] == [False, True]


def test_special_oracles() -> None:
    assert oracle(True, name="are_equivalent").accepts(0, "anything")
    assert oracle(7, name="sum_div").accepts(0, 0)
    assert not oracle(7, name="sum_div").accepts(0, 1)
    assert oracle(33, name="surface_Area", given=(3, 4)).accepts(0, 35)
    assert oracle(1, name="digit_distance_nums", given=(1, 23)).accepts(0, 4)
    assert not oracle(1, name="digit_distance_nums", given=(-1, 23)).accepts(0, 4)
    roots = oracle(-0.5, name="find_zero", dataset="humaneval", atol=1e-4, given=([1, 2],))
    assert roots.accepts(0, -0.50001) and not roots.accepts(0, 0.5) and not roots.accepts(0, "x")
    assert not roots.accepts(0, 10**400)
    assert not oracle(33, name="surface_Area", given=(3, 4)).accepts(0, 10**400)
    assert not oracle(7, name="sum_div", dataset="humaneval").accepts(0, 0)
    assert (mode("mbpp", "Diff"), mode("mbpp", "check_str"), mode("humaneval", "Diff")) == (
        "set",
        "present",
        "value",
    )


def test_json_inputs_become_what_the_task_takes() -> None:
    assert mbpp_inputs("Mbpp/2", [[[1, 2], [3]]]) == [[(1, 2), (3,)]]
    assert mbpp_inputs("Mbpp/63", [[[[1, 2]], [[3]]]]) == [[[(1, 2)], [(3,)]]]
    assert mbpp_inputs("Mbpp/115", [[[[1], {}, []]]]) == [[[{1}, {}, {}]]]
    assert mbpp_inputs("Mbpp/252", [["3+4j"]]) == [[3 + 4j]]
    assert mbpp_inputs("Mbpp/580", [[[1, [2]]]]) == [[(1, (2,))]]
    assert mbpp_inputs("Mbpp/722", [[{"a": [1, 2]}, 3]]) == [[{"a": (1, 2)}, 3]]
    assert mbpp_inputs("Mbpp/3", [[[1]]]) == [[[1]]]


ITEM = Differential(
    "T/0",
    "humaneval",
    "def f(x):\n",
    "f",
    "def f(x):\n    return x * 0.1",
    [[3], [4]],
    [[7], [-1]],
    0,
)


def test_base_and_plus_inputs(runner: Runner) -> None:
    programs = [
        "def f(x):\n    return x / 10",
        "def f(x):\n    return abs(x) / 10",  # right on the base inputs only
        "def f(x):\n    return x",
        None,
    ]
    answers = [(ITEM, program) for program in programs]
    base = judge_answers(EvalPlus("humaneval", plus=False), runner, answers)
    plus = judge_answers(EvalPlus("humaneval", plus=True), runner, answers)
    assert [ruling.passed for ruling in base] == [True, True, False, False]
    assert [ruling.passed for ruling in plus] == [True, False, False, False]
    assert (plus[1].reason, plus[1].failed) == ("wrong", 1)


def test_programs_may_use_numpy_as_in_the_official_process(runner: Runner) -> None:
    programs = [
        "import numpy as np\ndef f(x):\n    return np.float64(x) / 10",
        "import numpy as np\ndef f(x):\n    return np.array([x / 10]).sum()",
        "import numpy as np\ndef f(x):\n    return np.float64(x)",
        "import numpy as np\ndef f(x):\n    return np.array(['a', 'b'])",
    ]
    rulings = judge_answers(EvalPlus("humaneval", plus=True), runner, [(ITEM, code) for code in programs])
    assert [ruling.passed for ruling in rulings] == [True, True, False, False], rulings


def test_an_answer_that_loops_on_a_plus_input_costs_one_call(runner: Runner) -> None:
    code = "def f(x):\n    while x < 0:\n        pass\n    return x / 10"
    (ruling,) = judge_answers(EvalPlus("humaneval", plus=True), runner, [(ITEM, code)])
    assert (ruling.reason, ruling.failed) == ("timeout", 1)
    assert ruling.detail == "over 1 s of processor time in one call", "the runner's own limit is 20 s"


def test_a_reference_that_fails_is_an_error(runner: Runner) -> None:
    broken = Differential("T/1", "mbpp", "", "f", "def f(x):\n    return 1 / x", [[0]], [], 0)
    with pytest.raises(UserError, match="T/1: its reference fails on its own input"):
        judge_answers(EvalPlus("mbpp", plus=False), runner, [(broken, "def f(x): return 0")])


def test_the_wrong_file_is_refused(tmp_path: Path) -> None:
    row = dict.fromkeys(("prompt", "entry_point", "canonical_solution"), "") | {
        "task_id": "HumanEval/0",
        "base_input": [],
        "plus_input": [],
        "atol": 0,
    }
    path = tmp_path / "m.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(UserError, match="HumanEval/0 is no problem of mbpp"):
        list(HARNESSES["mbpp"].load([path]))


@pytest.mark.parametrize(
    ("name", "file", "count"),
    [("mbpp", "MbppPlus.jsonl.gz", 378), ("humaneval_plus", "HumanEvalPlus.jsonl.gz", 164)],
)
def test_references_pass_on_the_real_files(
    runner: Runner, benchmark_file: Callable[[str], Path], name: str, file: str, count: int
) -> None:
    """Every third problem on its base inputs, every twelfth on the long plus lists as well."""
    harness = HARNESSES[name]
    items: list[Differential] = list(harness.load([benchmark_file(file)]))
    assert len(items) == count
    base = judge_answers(
        EvalPlus(items[0].dataset, plus=False), runner, [(item, item.reference) for item in items[::3]]
    )
    assert [item.id for item, ruling in zip(items[::3], base, strict=True) if not ruling.passed] == []
    some = [item for item in items[::12] if len(json.dumps(item.plus, default=str)) < 20_000]
    plus = judge_answers(
        EvalPlus(items[0].dataset, plus=True), runner, [(item, item.reference) for item in some]
    )
    assert [item.id for item, ruling in zip(some, plus, strict=True) if not ruling.passed] == []
