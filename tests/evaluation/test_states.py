"""Questions about the middle of a run: their answers, by another way too; what is not asked; what is extracted."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from watched import job

from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.prediction import Question
from semcoder.evaluation.benchmarks.states import EXAMPLES, KINDS, Kind, StateQuestion
from semcoder.evaluation.checking import Runner
from semcoder.evaluation.judges import judge_answers
from semcoder.evaluation.states import chosen, drawn, main, questions, traced
from semcoder.execution.api import Limits
from semcoder.execution.compare import same
from semcoder.execution.pool import Sandbox
from semcoder.records import Dropped, Generation, Program, TestCase, read, write

CODE = """\
def f(rows, most=3):
    total, seen = 0, []
    for row in rows:
        for item in row:
            if item > most: continue
            total += item
        seen.append(total)
    while total > 2:
        total -= 2
        if total == 4:
            break
    def inner(total):
        total = 'x'
        return total
    kept = 5; total += 1
    name = inner(total)
    label = 'constant'
    return seen, total
"""
ITEM = Question("q", CODE, "f", "[[1, 5], [], [2, 3, 1]]", "([1, 1, 7], 2)")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(2, Limits()) as pool:
        yield pool


def asked_about(item: Question, sandbox: Sandbox) -> list[StateQuestion]:
    [events] = traced([item], sandbox)
    assert not isinstance(events, str), events
    return list(questions(item, events))


def confirm(asked: list[StateQuestion], sandbox: Sandbox) -> None:
    """The program's own notes say the same."""
    for question, outcome in zip(asked, sandbox.run(map(job, asked)), strict=True):
        [result] = outcome.results
        assert result.value and same(result.value, question.output), (question, result)


def test_answers_are_what_the_program_itself_notes(sandbox: Sandbox) -> None:
    asked = [
        each for each in asked_about(ITEM, sandbox) if each.line != 5
    ]  # two statements; notes count both
    confirm(asked, sandbox)
    facts = {(each.kind, each.line, each.time, each.variable): each.output for each in asked}
    assert facts["value", 6, 3, "total"] == "6"
    assert (
        facts["next", 4, 3, ""] == "7" and facts["next", 7, 3, ""] == "3" and facts["next", 3, 4, ""] == "8"
    )
    assert facts["value", 7, 2, "seen"] == "[1, 1]"


def test_what_cannot_be_asked_is_not(sandbox: Sandbox) -> None:
    asked = asked_about(ITEM, sandbox)
    lines = {each.line for each in asked}
    assert 15 not in lines and 13 not in lines  # two statements on a line; another function's
    assert not [each for each in asked if each.variable == "label"]  # the program states it
    # In the other loops a loop, or a line of two statements, comes first.
    assert {each.line for each in asked if each.kind == "loop"} == {8}
    assert [each.output for each in asked if each.kind == "loop"] == ["3"]
    again = Question("r", "def f(n):\n    m = n - 1\n    return f(m) if m else 0", "f", "3", "0")
    assert asked_about(again, sandbox) == []  # its lines run in several calls


def test_a_benchmarks_answers_are_confirmed(sandbox: Sandbox, benchmark_file: Callable[[str], Path]) -> None:
    items: list[Question] = list(HARNESSES["cruxeval_output"].load([benchmark_file("cruxeval.jsonl")]))[::20]
    runs = list(zip(items, traced(items, sandbox), strict=True))
    asked = [each for item, run in runs if not isinstance(run, str) for each in drawn(item, run, 1)]
    assert len(asked) > 40 and {each.kind for each in asked} == set(KINDS)
    confirm(asked, sandbox)


def test_the_worked_examples_are_right(sandbox: Sandbox) -> None:
    confirm([example for example, _ in EXAMPLES.values()], sandbox)


def test_a_program_is_asked_once_a_kind_and_the_choice_is_the_seeds() -> None:
    asked = [
        StateQuestion(f"{group}{number}.{kind}", "", "f", "", "1", group, "", kind)
        for group in "abcdefgh"
        for number in range(3)
        for kind in KINDS
    ]
    kept = chosen(asked, 5, 0)
    assert [sum(each.kind == kind for each in kept) for kind in KINDS] == [5, 5, 5]
    assert len({(each.group, each.kind) for each in kept}) == 15
    assert {each.id for each in chosen(asked[::-1], 5, 0)} == {each.id for each in kept}
    assert {each.id for each in chosen(asked, 5, 1)} != {each.id for each in kept}
    assert len(chosen(asked, 0, 0)) == 24


@pytest.mark.parametrize(
    ("kind", "text", "answer"),
    [
        ("value", "assert kept == [1, 2]", "[1, 2]"),
        ("value", "[1, 2]", "[1, 2]"),
        ("next", "assert next_line == 4", "4"),
        ("next", "[L4]", "4"),
        ("next", "assert next_line == L4", "4"),
        ("loop", "3", "3"),
        ("loop", "no one knows", None),
    ],
)
@pytest.mark.parametrize("format", ["direct", "cot"])
def test_answers_are_found(kind: Kind, text: str, answer: str | None, format: str) -> None:
    harness, (item, _) = HARNESSES[f"states_{kind}"], EXAMPLES[kind]
    asked = harness.prompt(item, format, "base", 4)
    assert asked.count("[L5]") >= 2 and "[L9]" not in asked  # labels are line numbers whatever the offset
    assert asked.endswith(f"assert {item.about} == ??\n{'[ANSWER]' if format == 'direct' else '[THOUGHT]'}\n")
    written = text if format == "direct" else f"Hm.\n[/THOUGHT]\n[ANSWER]\n{text}\n[/ANSWER]"
    generation = Generation(
        model="m", benchmark="b", format=format, item="i", sample=0, prompt=asked, text=written, finish="stop"
    )
    assert harness.answer(item, generation) == answer


def test_answers_are_judged_as_values_and_standing_next_is_a_copy(runner: Runner) -> None:
    (value, _), (after, _) = EXAMPLES["value"], EXAMPLES["next"]
    rulings = judge_answers(
        HARNESSES["states_value"],
        runner,
        [(value, "[9, 25]"), (value, "[9]"), (value, "[25] + [9]"), (value, None)],
    )
    assert [each.passed for each in rulings] == [True, False, False, False]
    assert HARNESSES["states_next"].copies(after) == ["5"] and HARNESSES["states_value"].copies(value) == []


def test_the_command_asks_about_runs_that_gave_the_output(tmp_path: Path) -> None:
    program = Program(code=CODE, entry_point="f")
    tests = [
        TestCase(parents=(program.id,), args=(rows,), output=output, origin="doctest")
        for rows, output in (
            ("[[1, 5], [], [2, 3, 1]]", "([1, 1, 7], 2)"),
            ("[]", "([], 1)"),
            ("[[9]]", "([], -1)"),
        )
    ]
    programs, given, out, lost, counts = (
        tmp_path / f"{n}.jsonl" for n in ("p", "t", "out", "lost", "counts")
    )
    write(programs, [program])
    write(given, tests)
    main(benchmark="pyx_output", data=[programs, given], out=out, dropped=lost, summary=counts)
    summary = json.loads(counts.read_text())
    assert summary["in"] == 3 and summary["questions"] == {"value": 1, "next": 1, "loop": 1}
    assert [row.parents for row in read(lost, Dropped)] == [(tests[2].id,)]
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert {row["group"] for row in rows} == {program.id}
    assert [each.kind for kind in KINDS for each in HARNESSES[f"states_{kind}"].load([out])] == [*KINDS]
