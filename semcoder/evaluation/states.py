"""`semcoder evaluation states`: questions about the middle of runs, with the answers that traces give."""

import ast
import hashlib
import itertools
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Annotated, Any

import typer

from semcoder import records
from semcoder.artifacts import write_json, writing
from semcoder.errors import UserError
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.prediction import OutputPrediction, Question
from semcoder.evaluation.benchmarks.states import COLUMNS, KINDS, Kind, StateQuestion, line_below
from semcoder.execution import literals
from semcoder.execution.api import Call, Job, Limits, Outcome
from semcoder.execution.compare import same
from semcoder.execution.pool import Sandbox
from semcoder.progress import track
from semcoder.records import Dropped, Event

STAGE = "evaluation.states"
HEADERS = (ast.If, ast.For, ast.While)
UNSURE = (ast.For, ast.While, ast.With, ast.Try, ast.Match, ast.FunctionDef, ast.ClassDef)
"""First statements of a loop's body whose line does not run exactly once a round."""


def main(
    *,
    benchmark: Annotated[
        str, typer.Option(help="Whose programs and inputs: cruxeval_output, pyx_output ...")
    ],
    data: Annotated[list[Path], typer.Option(help="The benchmark's files.")],
    out: Annotated[Path, typer.Option(help="Where the questions go (JSONL).")],
    dropped: Annotated[
        Path, typer.Option(help="Where runs that nothing is asked about go, with reasons (JSONL).")
    ],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
    per_kind: Annotated[int, typer.Option(help="Most questions of a kind; 0 for all.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the choice.")] = 0,
    max_events: Annotated[int, typer.Option(help="Longest run asked about, in steps.")] = 300,
    max_value_chars: Annotated[int, typer.Option(help="Longest value in a run asked about.")] = 400,
    cpu_s: Annotated[float, typer.Option(help="Processor seconds of one run.")] = 10.0,
    memory_mb: Annotated[int, typer.Option(help="Megabytes of one run.")] = 1024,
    workers: Annotated[int, typer.Option(help="Sandboxed processes side by side.")] = 2,
) -> None:
    """Ask about a value, the next line and the rounds of a loop: at most one question of each kind a program.

    A run counts where it gave the item's output and its trace is whole. What can be asked, and then which programs
    are, is drawn by hash: the same for the same seed in whatever order the data come.

    Example: semcoder evaluation states --benchmark cruxeval_output --data cruxeval.jsonl --per-kind 300
    --out states.jsonl --dropped states.dropped.jsonl --summary states.summary.json
    """
    harness = HARNESSES.get(benchmark)
    if not isinstance(harness, OutputPrediction):
        raise UserError(f"--benchmark {benchmark} does not ask about programs and their outputs.")
    items = harness.read(harness.files(data))
    limits = Limits(
        cpu_s=cpu_s,
        wall_s=6 * cpu_s,
        memory_mb=memory_mb,
        max_events=max_events,
        max_value_chars=max_value_chars,
    )
    with Sandbox(workers, limits) as sandbox:
        found = list(zip(items, track(traced(items, sandbox), "traces", len(items)), strict=True))
    lost = [
        Dropped(parents=(item.id,), stage=STAGE, reason=run) for item, run in found if isinstance(run, str)
    ]
    asked: list[StateQuestion] = []
    for item, run in found:
        if not isinstance(run, str):
            questions = drawn(item, run, seed)
            asked += questions
            if not questions:
                lost.append(Dropped(parents=(item.id,), stage=STAGE, reason="nothing to ask"))
    kept = chosen(asked, per_kind, seed)
    with writing(out) as stream:
        stream.writelines(json.dumps(_row(each), separators=(",", ":")) + "\n" for each in kept)
    records.write(dropped, lost)
    write_json(
        summary,
        {
            "stage": STAGE,
            "in": len(items),
            "kept": len(items) - len(lost),
            "dropped": dict(sorted(Counter(each.reason for each in lost).items())),
            "questions": {kind: sum(each.kind == kind for each in kept) for kind in KINDS},
            "could be asked": {kind: sum(each.kind == kind for each in asked) for kind in KINDS},
        },
    )


def traced(items: Sequence[Question], sandbox: Sandbox) -> Iterator[tuple[Event, ...] | str]:
    """The events of each item's run, or why it does not count."""
    jobs = (Job(item.id, item.code, item.entry_point, (_call(item.arguments),), trace=True) for item in items)
    for item, outcome in zip(items, sandbox.run(jobs), strict=True):
        yield _events(item, outcome)


def _call(arguments: str) -> Call:
    call = ast.parse(f"_({arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    named = {word.arg: ast.unparse(word.value) for word in call.keywords if word.arg}
    return Call(tuple(map(ast.unparse, call.args)), named)


def _events(item: Question, outcome: Outcome) -> tuple[Event, ...] | str:
    if not outcome.results:
        return outcome.verdict
    result = outcome.results[0]
    if result.raised or result.value is None:
        return "raised"
    if not same(result.value, literals.render(literals.parse(item.output))):
        return "another output"
    return f"truncated: {result.truncated}" if result.truncated else result.events


def drawn(item: Question, events: Sequence[Event], seed: int) -> list[StateQuestion]:
    """At most one question of each kind about a run, drawn from all that can be asked about it."""
    can = list(questions(item, events))
    found = []
    for kind in KINDS:
        of_kind = [each for each in can if each.kind == kind]
        if of_kind:
            found.append(random.Random(f"{seed} {kind} {item.id}").choice(of_kind))
    return found


def chosen(asked: Iterable[StateQuestion], per_kind: int, seed: int) -> list[StateQuestion]:
    """One question of each kind a program, and of these the `per_kind` with the smallest hashes (0: all), in order."""

    def rank(each: StateQuestion) -> bytes:
        return hashlib.sha256(f"{seed} {each.id}".encode()).digest()

    asked = list(asked)
    kept: set[str] = set()
    for kind in KINDS:
        first = {each.group: each for each in sorted(asked, key=rank, reverse=True) if each.kind == kind}
        kept.update(each.id for each in sorted(first.values(), key=rank)[: per_kind or None])
    return [each for each in asked if each.id in kept]


def questions(item: Question, events: Sequence[Event]) -> Iterator[StateQuestion]:
    """All that can be asked about the entry point's own lines, each with its answer.

    Not asked about: lines that hold several statements or that run in several calls of the function, values that are
    no literals or that the program states as such, next lines that merely stand next, loops whose rounds no single
    line counts.
    """
    module = ast.parse(item.code)
    function = next(
        (each for each in module.body if isinstance(each, ast.FunctionDef) and each.name == item.entry_point),
        None,
    )
    if function is None:
        return
    statements = [node for node in ast.walk(module) if isinstance(node, ast.stmt)]
    begun = Counter(node.lineno for node in statements)
    mine = [node for node in _own(function) if begun[node.lineno] == 1]
    again = {each.line for each in events if each.kind == "line" and each.depth > 0}
    at = {node.lineno: node for node in mine if node.lineno not in again}
    steps = [each for each in events if each.depth == 0]
    nodes = list(ast.walk(function))
    local = {each.arg for each in nodes if isinstance(each, ast.arg)}
    local |= {each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    local -= {name for each in nodes if isinstance(each, ast.Global | ast.Nonlocal) for name in each.names}

    def ask(kind: Kind, answer: str, *about: Any) -> StateQuestion:
        return StateQuestion(
            f"{item.id}.{kind}",
            item.code,
            item.entry_point,
            item.arguments,
            answer,
            item.group or item.id,
            "",
            kind,
            *about,
        )

    for step, after in itertools.pairwise(steps):
        statement = at.get(step.line) if step.kind == "line" else None
        if statement is None or isinstance(statement, ast.Return):  # no later moment to ask about
            continue
        for name, text in step.changes.items():
            if name in local and _is_literal(text) and not _states(statement):
                yield ask("value", text, step.line, step.count, name)
        leads = isinstance(statement, HEADERS) or after.line != line_below(item.code, step.line)
        if after.kind == "line" and leads:
            yield ask("next", str(after.line), step.line, step.count)
    ran = Counter(each.line for each in steps if each.kind == "line")
    for node in mine:
        if isinstance(node, ast.For | ast.While) and ran[node.lineno]:
            first = node.body[0]
            if not isinstance(first, UNSURE) and first.lineno in at and first.lineno != node.lineno:
                yield ask("loop", str(ran[first.lineno]), node.lineno)


def _own(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    """The statements of a function, not those of functions and classes inside of it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def _is_literal(text: str) -> bool:
    try:
        literals.parse(text)
    except ValueError:
        return False
    return True


def _states(statement: ast.stmt) -> bool:
    """Whether it gives a variable a value that stands in it as such."""
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    return value is not None and _is_literal(ast.unparse(value))


def _row(each: StateQuestion) -> dict[str, Any]:
    return dict(zip(COLUMNS, astuple(each), strict=True))
