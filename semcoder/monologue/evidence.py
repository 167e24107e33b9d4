"""The run that a monologue is about: the recorded trace, or a run of the arguments that it concludes itself."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from semcoder.errors import UserError
from semcoder.evaluation.arguments import Run, calls
from semcoder.execution.api import Call, CallResult, Job
from semcoder.monologue.verify import Verified, verify
from semcoder.records import Direction, Event, Monologue, Program, TestCase, Trace


class Question(NamedTuple):
    """A call whose run is wanted: `arguments` is the text between its parentheses."""

    program: Program
    arguments: str


class Told(NamedTuple):
    """A monologue beside the run that it tells."""

    id: str
    direction: Direction
    text: str
    program: Program
    arguments: str
    """The text between the parentheses of the call that ran."""
    events: tuple[Event, ...]
    truncated: bool
    label_offset: int

    def verified(self) -> Verified:
        """Every claim, checked."""
        return verify(
            *(self.text, self.direction, self.events, self.program.code),
            label_offset=self.label_offset,
            truncated=self.truncated,
        )


def beside_runs(
    rows: Sequence[Monologue],
    programs: Mapping[str, Program],
    tests: Mapping[str, TestCase],
    traces: Iterable[Trace],
    run: Run,
    label_offset: int = 0,
) -> list[Told]:
    """Each monologue beside its run, in order; those that were held against no recorded trace are run again.

    Raises UserError where a program or a test of a monologue is not given.
    """
    wanted = {parent for row in rows for parent in row.parents}
    known = {trace.id: trace for trace in traces if trace.id in wanted}
    questions: list[Question] = []
    recorded: list[Trace | None] = []
    for row in rows:
        program = next((programs[each] for each in row.parents if each in programs), None)
        test = next((tests[each] for each in row.parents if each in tests), None)
        if program is None or test is None:
            raise UserError(
                f"{row.id}: the program or the test that it was made from ({', '.join(row.parents)}) is in none of "
                f"the files; give the files that belong to the monologues."
            )
        trace = next((known[each] for each in row.parents if each in known), None)
        arguments = row.answer if row.direction == "backward" else test.call_arguments
        recorded.append(trace)
        questions.append(Question(program, arguments))
    missing = [each for each, trace in zip(questions, recorded, strict=True) if trace is None]
    again = iter(results(missing, run))
    found: list[Told] = []
    for row, question, trace in zip(rows, questions, recorded, strict=True):
        result = CallResult(events=trace.events) if trace else next(again)
        found.append(told(row.id, row.direction, row.text, question, result, label_offset))
    return found


def told(
    name: str, direction: Direction, text: str, question: Question, result: CallResult, label_offset: int
) -> Told:
    """A monologue beside a result of `results`."""
    return Told(name, direction, text, *question, result.events, bool(result.truncated), label_offset)


def results(questions: Sequence[Question], run: Run) -> list[CallResult]:
    """What each call did, with its events; an empty result for what is no call or does not end well."""
    asked = calls(run, [(each.arguments, each.program.code) for each in questions])
    jobs = [
        Job(each.program.id, each.program.code, each.program.entry_point, (call,), trace=True)
        for each, call in zip(questions, asked, strict=True)
        if isinstance(call, Call)
    ]
    outcomes = run(jobs)
    found = []
    for call in asked:
        outcome = next(outcomes) if isinstance(call, Call) else None
        found.append(outcome.results[0] if outcome and outcome.results else CallResult(truncated="no run"))
    return found
