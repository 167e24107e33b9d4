import pytest

from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox
from semcoder.pyx.coverage import Coverage, steps

CODE = """\
def helper(n):
    total = 0
    for i in range(n):
        total += i
    return total

def f(x, flag=False):
    if x > 0:
        y = helper(x)
    else:
        y = -1
    while flag:
        flag = False
    return y
"""


@pytest.fixture(scope="module")
def runs() -> list[frozenset[tuple[str, int, int]]]:
    calls = (Call(("2",)), Call(("0",)), Call(("0", "True")))
    with Sandbox(1, Limits()) as sandbox:
        (outcome,) = sandbox.run([Job("a", CODE, "f", calls, trace=True)])
    return [steps(result.events) for result in outcome.results]


def test_lines_and_branches_add_up(runs: list[frozenset[tuple[str, int, int]]]) -> None:
    coverage = Coverage(CODE)
    # Ten statements: four in helper, six in f (`else` is none). Six branches: for, if, while.
    assert coverage.of(runs) == (1.0, 1.0)
    assert coverage.of([]) == (0.0, 0.0)
    assert coverage.of(runs[1:2]) == (4 / 10, 2 / 6)
    assert coverage.of(runs[:1]) == (8 / 10, 4 / 6)


def test_a_step_says_where_a_call_began_and_ended(runs: list[frozenset[tuple[str, int, int]]]) -> None:
    assert {("helper", 0, 2), ("helper", 3, 4), ("helper", 4, 3), ("helper", 5, 0)} <= runs[0]
    assert {("f", 0, 8), ("f", 8, 11), ("f", 11, 12), ("f", 12, 14), ("f", 14, 0)} == runs[1]


def test_a_program_without_branches_has_none_to_miss() -> None:
    assert Coverage("def f(x):\n    return x\n").of([frozenset({("f", 0, 2), ("f", 2, 0)})]) == (1.0, 1.0)
