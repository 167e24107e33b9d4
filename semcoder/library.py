"""What a user of the package calls in one line: tracing a call, and scoring answers. Sandboxes start and end inside.

The names are imported from `semcoder` itself; docs/library.md shows them at work.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from semcoder.errors import UserError
from semcoder.evaluation.arguments import calls
from semcoder.evaluation.assertions import check_program, judge_programs, read_tests
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.prediction import Question
from semcoder.evaluation.checking import Ruling, Runner
from semcoder.evaluation.expressions import NotAllowed
from semcoder.evaluation.judges import judge_answers
from semcoder.evaluation.judging import CPU_S, PATIENT_CPU_S, harness_of, rule
from semcoder.execution.api import CallResult, Job, Limits
from semcoder.execution.pool import Sandbox

Answers = Sequence[tuple[Question, str | None]]
"""Questions with what was answered, as Python source; None for no answer."""


def trace(code: str, entry_point: str, arguments: str = "", limits: Limits | None = None) -> CallResult:
    """Run `entry_point(arguments)` of a program in a sandbox of its own, and record every line that ran.

    `arguments` is the text between the parentheses. The result has the call's `value` as a literal, or what it
    `raised`, and its `events`; `truncated` says why they are not all, if so. Raises UserError where the program is
    no Python or does not come to its call, or where the call does not end within `limits`.
    """
    check_program(code)
    with Sandbox(1, limits or Limits()) as sandbox:
        (call,) = calls(sandbox.run, [(arguments, code)])
        if isinstance(call, NotAllowed):
            raise UserError(f"{entry_point}({arguments}): no call that can be made: {call}.")
        (outcome,) = sandbox.run([Job("trace", code, entry_point, (call,), trace=True)])
    if not outcome.results:
        detail = f" ({outcome.detail})" if outcome.detail else ""
        raise UserError(f"{entry_point}({arguments}): not traced: {outcome.verdict}{detail}.")
    return outcome.results[0]


def score_outputs(answers: Answers, workers: int = 2) -> list[Ruling]:
    """Whether each answer is the output of its question: equal values, however they are written."""
    return _predicted("pyx_output", answers, workers)


def score_inputs(answers: Answers, workers: int = 2) -> list[Ruling]:
    """Whether each answer, the text between the parentheses of a call, makes the program give the output asked for."""
    return _predicted("pyx_input", answers, workers)


def _predicted(benchmark: str, answers: Answers, workers: int) -> list[Ruling]:
    for question, _ in answers:
        check_program(question.code)
    with _runner(workers) as runner:
        return judge_answers(HARNESSES[benchmark], runner, answers)


def score_programs(tests: str, programs: Sequence[str | None], workers: int = 2) -> list[Ruling]:
    """Whether each program passes all tests, lines of `assert f(1) == 2` about one function.

    `Ruling.failed` is the first test that it fails, from 0. Raises UserError for a line that is no such test.
    """
    read = read_tests(tests)
    with _runner(workers) as runner:
        return judge_programs(runner.quick, read, programs)


def score(
    benchmark: str, files: Sequence[Path], answers: Mapping[str, Sequence[str | None]], workers: int = 2
) -> dict[str, list[Ruling]]:
    """The ruling on each answer to the items of a benchmark, by their ids: `cruxeval_output`, `humaneval_plus`, ...

    `files` are the benchmark's own (`semcoder evaluation score --help` says where they come from). Raises UserError
    for an unknown benchmark or item, and for files that are not the benchmark's.
    """
    harness = harness_of(benchmark)
    items = {item.id: item for item in harness.read(harness.files(files))}
    unknown = next((name for name in answers if name not in items), None)
    if unknown is not None:
        raise UserError(f"{unknown}: {benchmark} has no such item; give ids of {files[0]}.")
    given = [(name, answer) for name, several in answers.items() for answer in several]
    with _runner(workers) as runner:
        rulings = iter(rule(harness, items, given, runner))
    return {name: [next(rulings) for _ in several] for name, several in answers.items()}


def _runner(workers: int) -> Runner:
    return Runner(workers, CPU_S, PATIENT_CPU_S)
