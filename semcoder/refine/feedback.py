"""The test that a refinement prompt shows: the first one that the program fails."""

import ast
from collections.abc import Sequence
from typing import Any, NamedTuple

from semcoder.errors import UserError
from semcoder.evaluation import evalplus
from semcoder.evaluation.benchmarks.evalplus import Differential, EvalPlus
from semcoder.evaluation.benchmarks.humaneval import Checked, HumanEval
from semcoder.evaluation.benchmarks.interface import Harness
from semcoder.evaluation.checking import (
    Mode,
    Run,
    Runner,
    call_job,
    equal,
    in_source,
    judge,
    value_of,
)
from semcoder.evaluation.judges import judge_answers
from semcoder.evaluation.judges.evalplus import run_references, trial
from semcoder.evaluation.prompts import Style, failed_test
from semcoder.evaluation.replay import record
from semcoder.execution import literals
from semcoder.execution.api import Call

NO_CODE = "# The answer held no program."
MAX_TEST_CHARS = 4000
ROOT_ATOL = 1e-4
"""How near to 0 HumanEval/32 wants a polynomial at its root."""


class Failure(NamedTuple):
    """A call that a program gets wrong. `expected` is what the reference returns."""

    entry_point: str
    call: Call
    expected: Any
    mode: Mode

    def text(self, style: Style) -> str:
        """The test as the prompt shows it; a longer one than 4,000 characters is cut and says so."""
        arguments = ", ".join(
            [*self.call.args, *(f"{name}={text}" for name, text in self.call.kwargs.items())]
        )
        expected = literals.render(self.expected)
        if self.mode == "value" or style == "upstream":
            test = failed_test(self.entry_point, arguments, expected, style)
        elif self.mode == "set":
            test = f"assert set({self.entry_point}({arguments})) == {expected}"
        else:
            test = f"assert ({self.entry_point}({arguments}) is not None) == {expected}"
        return (
            test if len(test) <= MAX_TEST_CHARS else f"{test[:MAX_TEST_CHARS]}  # cut, {len(test)} characters"
        )


def failures(
    runner: Runner, harness: Harness[Any], answers: Sequence[tuple[Any, str | None]], plus: bool
) -> list[Failure | None]:
    """For each (item, program) the first call that it gets wrong; None where it gets all right.

    Only the base tests are looked at, unless `plus`: the extra inputs of EvalPlus are those that are scored, so
    showing them leaks (upstream's default). The reference's results stand in the prompt, never its code.
    """
    if isinstance(harness, EvalPlus):
        found = _differential(runner, answers, False)
        passing = [place for place, failure in enumerate(found) if failure is None]
        if plus and passing:
            more = _differential(runner, [answers[place] for place in passing], True)
            for place, failure in zip(passing, more, strict=True):
                found[place] = failure
        return found
    if isinstance(harness, HumanEval):
        return _checked(runner, answers)
    raise UserError("--benchmark: only humaneval, humaneval_plus, mbpp and mbpp_plus can be refined.")


def _differential(
    runner: Runner, answers: Sequence[tuple[Differential, str | None]], plus: bool
) -> list[Failure | None]:
    items = {item.id: item for item, _ in answers}
    references = run_references(runner, list(items.values()), plus)
    run = runner.patient if plus else runner.quick
    rulings = judge(run, [trial(item, code or NO_CODE, references[item.id], plus) for item, code in answers])
    found: list[Failure | None] = []
    for (item, _), ruling in zip(answers, rulings, strict=True):
        given = item.plus if plus else item.base
        place = ruling.failed or 0
        mode = evalplus.mode(item.dataset, item.entry_point)
        failure = Failure(item.entry_point, in_source(given[place]), references[item.id].outputs[place], mode)
        found.append(None if ruling.passed else failure)
    return found


def _checked(runner: Runner, answers: Sequence[tuple[Checked, str | None]]) -> list[Failure | None]:
    """HumanEval's check does not say which call failed: it is the first whose result is not the reference's."""
    checks = {item.id: item.check for item, _ in answers}
    recorded = record(runner.patient, list(checks.values()))
    calls = {id: each.calls for id, each in recorded.items()}
    references = _results(
        runner.patient, [(check.reference, check.entry_point, calls[check.id]) for check in checks.values()]
    )
    expected = dict(zip(checks, references, strict=True))
    given = _results(
        runner.quick, [(code or NO_CODE, item.check.entry_point, calls[item.id]) for item, code in answers]
    )
    rulings = judge_answers(HumanEval(), runner, answers)
    found: list[Failure | None] = []
    for (item, _), results, ruling in zip(answers, given, rulings, strict=True):
        if ruling.passed:
            found.append(None)
            continue
        name, asked, right = item.check.entry_point, calls[item.id], expected[item.id]
        place = _first_wrong(name, asked, right, results)
        found.append(Failure(name, asked[place], right[place], "value"))
    return found


def _first_wrong(
    entry_point: str, calls: Sequence[Call], expected: Sequence[Any], results: Sequence[Any]
) -> int:
    """The first call with a result that no tolerance covers, else the first with another one, else the first.

    HumanEval's checks allow floats to be a little off, and any root of a polynomial; a call that is right so is not
    the one that failed. Tolerances are EvalPlus'.
    """
    inputs = [[literals.parse(text) for text in call.args] for call in calls]
    atol = ROOT_ATOL if entry_point == "find_zero" else 0.0
    oracle = evalplus.EvalPlusOracle("humaneval", entry_point, inputs, expected, atol)
    returned = {place: each for place, each in enumerate(results) if not isinstance(each, ValueError)}
    other = [
        place
        for place, value in enumerate(expected)
        if place not in returned or not equal(value, returned[place])
    ]
    clear = (place for place in other if place not in returned or not oracle.accepts(place, returned[place]))
    return next(clear, other[0] if other else 0)


def _results(run: Run, programs: Sequence[tuple[str, str, tuple[Call, ...]]]) -> list[list[Any]]:
    """What each program returns on its calls, as far as it gets; a ValueError for a call that returned nothing."""
    jobs = (call_job(str(n), code, name, calls) for n, (code, name, calls) in enumerate(programs))
    found: list[list[Any]] = []
    for outcome in run(jobs):
        values: list[Any] = []
        for result in outcome.results:
            try:
                values.append(value_of(result))
            except ValueError as error:
                values.append(error)
        found.append(values)
    return found


def shown_code(code: str | None) -> str:
    """A buggy program as prompts show it: without comments and docstrings, which would repeat the problem.

    Upstream normalises so too (experiments/trace_evalplus.py). One nested too deeply for that is shown as it is.
    """
    try:
        return NO_CODE if code is None else _without_comments(code)
    except (RecursionError, MemoryError):
        return str(code)


def _without_comments(code: str) -> str:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module)
            and ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:] or ([] if isinstance(node, ast.Module) else [ast.Pass()])
    return ast.unparse(tree)
