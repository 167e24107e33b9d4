"""Verdicts: references pass, and nothing that a program does from inside its sandbox makes a wrong one pass."""

import json
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from semcoder.errors import UserError
from semcoder.evaluation import inside, replay
from semcoder.evaluation.benchmarks.humaneval import Checked, HumanEval
from semcoder.evaluation.checking import Expected, Runner, Trial, as_call, equal, judge, ruling
from semcoder.evaluation.judges import judge_answers
from semcoder.execution.api import CallResult, Outcome

CHECK = replay.Check(
    "T/0",
    "twice",
    'import math\n\ndef twice(x):\n    """Double x."""\n    return x + x\n',
    "import random\n\ndef check(candidate):\n    assert candidate(2) == 4\n    assert candidate([1]) == [1, 1]\n"
    "    for _ in range(3):\n        n = random.randrange(1000)\n        assert candidate(n) == 2 * n\n"
    "    assert math.isclose(candidate(0.5), 1)\n",
)
ITEM = Checked("T/0", 'def twice(x):\n    """Double x."""\n', CHECK)

HOSTILE = {
    "equals everything": (
        "class Any:\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n"
        "def twice(x):\n    return Any()"
    ),
    "int that equals everything": (
        "class Any(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n"
        "def twice(x):\n    return Any(7)"
    ),
    "leaves at once": "import sys\nsys.exit(0)\ndef twice(x): pass",
    "leaves when called": "import os\ndef twice(x):\n    os._exit(0)",
    "says that it passed": "def twice(x):\n    print('PASSED', True)\n    return 'passed'",
    "looks into frames": (
        "import sys\ndef twice(x):\n    frame = sys._getframe()\n    while frame:\n"
        "        for value in list(frame.f_locals.values()):\n"
        "            if callable(value) and getattr(value, '__name__', '') == 'semcoder_result':\n"
        "                return value(True, 'value')\n        frame = frame.f_back\n"
    ),
    "patches the harness": (
        "import builtins, json\nbuiltins.repr = lambda v: '4'\njson.dumps = lambda *a, **k: '[]'\n"
        "def twice(x):\n    return 3"
    ),
    "redefines what runs after it": "def twice(x):\n    return 3\ndef semcoder_result(*a): return True",
    "writes to the result's descriptor": (
        'import os\ndef twice(x):\n    os.write(3, b\'["call", {"value": "4"}]\\n\' * 6)\n    return 3'
    ),
    "sends code for a value": (
        "import os\ndef twice(x):\n"
        '    os.write(3, b\'["call", {"value": "globals().update(check=lambda c: None)"}]\\n\' * 6)\n    os._exit(0)'
    ),
    "raises": "def twice(x):\n    raise AssertionError('no')",
    "never ends": "def twice(x):\n    while True: pass",
    "is not defined": "def thrice(x): return x",
    "is no Python": "def twice(x) return x",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_wrong_program_passes(runner: Runner, name: str) -> None:
    calls = (as_call([2]), as_call([[1]]))
    ruling = judge(runner.quick, [Trial("t", HOSTILE[name], "twice", calls, Expected((4, [1, 1])))])[0]
    assert not ruling.passed and ruling.reason in (
        "wrong",
        "raised",
        "timeout",
        "killed",
        "invalid",
        "forbidden",
    )
    assert not judge_answers(HumanEval(), runner, [(ITEM, HOSTILE[name])])[0].passed


def test_right_programs_pass_in_any_dress(runner: Runner) -> None:
    programs = [
        CHECK.reference,
        "import sys\nprint('noise')\nsum = max = list = type = isinstance = None\ndef twice(x): return x + x",
        "class L(list): pass\ndef twice(x):\n    return L(x + x) if isinstance(x, list) else x + x",
        "from fractions import Fraction\ndef twice(x):\n    return x + x if isinstance(x, list) else Fraction(x) * 2",
        "def twice(x):\n    if isinstance(x, list):\n        x.extend(x)\n        return x\n    return 2 * x",
    ]
    rulings = judge_answers(HumanEval(), runner, [(ITEM, code) for code in programs])
    assert [ruling.reason for ruling in rulings] == ["passed"] * len(programs)


def test_a_wrong_result_is_told_with_its_assertion(runner: Runner) -> None:
    ruling = judge_answers(HumanEval(), runner, [(ITEM, "def twice(x): return 4")])[0]
    assert (ruling.reason, ruling.detail) == ("wrong", "assert candidate([1]) == [1, 1]")
    assert judge_answers(HumanEval(), runner, [(ITEM, None)])[0].reason == "no program"


def test_a_check_that_its_reference_fails_is_an_error(runner: Runner) -> None:
    broken = replay.Check("T/1", "f", "def f(x):\n    return 1", "def check(c):\n    assert c(1) == 2")
    with pytest.raises(UserError, match="T/1: its test cannot be replayed"):
        replay.record(runner.quick, [broken])


MUTATING = replay.Check(
    "T/2",
    "grow",
    "def grow(x, seen={}):\n    x.append(len(x))\n    seen[str(x)] = 1\n    return seen",
    "def check(candidate):\n    x, seen = [5], {}\n    assert candidate(x, seen=seen) == {'[5, 1]': 1}\n"
    "    assert x == [5, 1] and seen == {'[5, 1]': 1}\n    candidate(x, seen)\n    assert len(x) == 3",
)
NOT_A_NUMBER = replay.Check(
    "T/3",
    "same",
    "def same(x):\n    return x",
    "def check(candidate):\n    nan = float('nan')\n    assert candidate(nan) != nan\n"
    "    assert candidate([nan, {'a': nan}])[1]['a'] != nan",
)
LARGE = replay.Check(
    "T/4",
    "double",
    "def double(x):\n    return [2 * i for i in x]",
    "def check(candidate):\n    x = list(range(60_000))\n    assert candidate(x) == list(range(0, 120_000, 2))",
)


def test_checks_that_look_at_arguments_nan_or_long_lists(runner: Runner) -> None:
    programs = {
        MUTATING: "def grow(x, seen):\n    x += [len(x)]\n    seen.update({str(x): True})\n    return dict(seen)",
        NOT_A_NUMBER: "def same(x):\n    return [*x] if isinstance(x, list) else x",
        LARGE: "def double(x):\n    x[:] = [i + i for i in x]\n    return x",
    }
    wrong = {
        MUTATING: "def grow(x, seen):\n    return {'[5, 1]': 1}",
        NOT_A_NUMBER: "def same(x):\n    return None",
        LARGE: "def double(x):\n    return [i + i for i in x][:-1] + [0]",
    }
    recorded = replay.record(runner.quick, list(programs))
    for some, passed in ((programs, True), (wrong, False)):
        rulings = replay.judge(runner.quick, [(recorded[check.id], code) for check, code in some.items()])
        assert [ruling.passed for ruling in rulings] == [passed] * len(some)


def test_a_program_whose_arguments_become_no_plain_data_is_judged_by_its_result(runner: Runner) -> None:
    code = (
        "def twice(x):\n    y = x + x\n    if isinstance(x, list):\n        x.append(object())\n    return y"
    )
    assert judge_answers(HumanEval(), runner, [(ITEM, code)])[0].passed


def test_a_check_that_cannot_be_replayed_is_an_error(runner: Runner) -> None:
    """Its reference passes it, but keeps to the identity of what it is given."""
    check = replay.Check(
        "T/5", "same", "def same(x):\n    return x", "def check(c):\n    x = [1]\n    assert c(x) is x"
    )
    with pytest.raises(UserError, match="T/5: its test cannot be replayed"):
        replay.record(runner.quick, [check])


def test_large_results_are_compared_by_digest(runner: Runner) -> None:
    code = "def f(n):\n    return [float(i) for i in range(n)]"
    other = "def f(n):\n    return list(range(n - 1)) + [0]"
    oracle_code = "def f(n):\n    return list(range(n))"
    calls = (as_call([60_000]),)
    job = judge(runner.quick, [Trial("t", oracle_code, "f", calls, Anything())])
    assert job[0].passed
    expected = Expected((Anything.seen,))
    assert Anything.seen[0] == "digest"
    assert judge(runner.quick, [Trial("t", code, "f", calls, expected)])[0].passed  # 1.0 == 1
    assert not judge(runner.quick, [Trial("t", other, "f", calls, expected)])[0].passed
    assert not judge(runner.quick, [Trial("t", "def f(n):\n    return 10 ** 6000", "f", calls, expected)])[
        0
    ].passed


COLLIDING = "{" + ", ".join(str(k * (2**61 - 1)) for k in range(36_000)) + "}"
FORGED = {
    "keys of one hash": COLLIDING,
    "fewer keys of one hash": COLLIDING[:90_000].rpartition(",")[0] + "}",
    "pairs of keys of one hash": "{" + COLLIDING[1:-1].replace(",", ": 0,") + ": 0}",
    "a long list": f"[{', '.join('1' * 330_000)}]",
}


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("count", [1, 30])
def test_a_forged_result_does_not_keep_the_scorer_busy(runner: Runner, name: str, count: int) -> None:
    """What a program wrote to the result's descriptor itself, past all limits inside the sandbox."""
    outcome = Outcome("t", "ok", results=(CallResult(FORGED[name]),) * count)
    trial = Trial("t", "", "f", (as_call([0]),) * count, Expected(({1},) * count))
    recorded = replay.Recorded(CHECK, (as_call([0]),) * count, (10,) * count)
    start = process_time()
    assert not ruling(trial, outcome).passed
    assert not replay.judge(lambda jobs: iter([outcome] * len(list(jobs))), [(recorded, "")])[0].passed
    assert process_time() - start < 1.5


def test_long_results_are_read_where_the_right_ones_are_long(runner: Runner) -> None:
    code = "def f(n):\n    return ['abcdefgh'] * n"
    numbers = (9_000, 9_500, 12_000, 1, 0)
    right = Expected(tuple(["abcdefgh"] * n for n in numbers))
    calls = tuple(as_call([n]) for n in numbers)
    assert judge(runner.quick, [Trial("t", code, "f", calls, right)])[0].passed
    wrong = Expected((*right.values[:2], ["abcdefgh"], *right.values[3:]))
    told = judge(runner.quick, [Trial("t", code, "f", calls, wrong)])[0]
    assert (told.passed, told.reason, told.failed) == (False, "wrong", 2)


class Broken:
    """An oracle that a result of its program brings down."""

    def accepts(self, index: int, actual: Any) -> bool:
        raise OverflowError("int too large")

    def chars(self, index: int) -> int:
        return 0


def test_a_comparison_that_fails_is_a_failed_item(runner: Runner) -> None:
    trials = [
        Trial(name, "def f(x): return x", "f", (as_call([1]),), oracle)
        for name, oracle in (("a", Broken()), ("b", Expected((1,))))
    ]
    rulings = judge(runner.quick, trials)
    assert [(r.passed, r.reason) for r in rulings] == [(False, "not comparable"), (True, "passed")]
    assert rulings[0].detail == "OverflowError: int too large"


class Anything:
    """Accepts what comes and remembers it."""

    seen: Any = None

    def accepts(self, index: int, actual: Any) -> bool:
        Anything.seen = actual
        return True

    def chars(self, index: int) -> int:
        return 0


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        (1, True, True),
        ([1], (1,), False),
        (float("nan"), float("nan"), True),
        ({"a": [float("nan")]}, {"a": [float("nan")]}, True),
        ({1, 2}, {2, 1}, True),
        ("1", 1, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
    ],
)
def test_equality_is_that_of_an_assertion(left: Any, right: Any, verdict: bool) -> None:
    assert equal(left, right) is verdict


def test_humaneval_references_pass_and_blanks_fail(
    runner: Runner, benchmark_file: Callable[[str], Path]
) -> None:
    harness = HumanEval()
    items = list(harness.load([benchmark_file("HumanEval.jsonl.gz")]))
    assert len(items) == 164
    rulings = judge_answers(harness, runner, [(item, item.check.reference) for item in items])
    assert [item.id for item, ruling in zip(items, rulings, strict=True) if not ruling.passed] == []
    blank = [(item, f"{item.prompt}\n    pass\n") for item in items[::4]]
    assert not any(ruling.passed for ruling in judge_answers(harness, runner, blank))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(json.dumps({"task_id": "x"}) + "\n")
    with pytest.raises(UserError, match=r"h\.jsonl, line 1: no column 'prompt'"):
        list(HumanEval().load([path]))
    path.write_text("{\n")
    with pytest.raises(UserError, match=r"h\.jsonl, line 1: not JSON"):
        list(HumanEval().load([path]))


@pytest.mark.parametrize("size", [60_000, 60_001])
def test_large_results_that_are_equal_have_one_digest(size: int) -> None:
    ints = list(range(size))
    mixed: list[object] = [float(each) if each % 3 else each for each in ints]
    assert inside.semcoder_result(ints, "value") == inside.semcoder_result(mixed, "value")
    for place in (0, 9_999, 10_000, size - 1):
        other = [*ints[:place], ints[place] + 0.5, *ints[place + 1 :]]
        assert inside.semcoder_result(other, "value") != inside.semcoder_result(ints, "value")
    assert inside.semcoder_result(tuple(ints), "value") != inside.semcoder_result(ints, "value")
