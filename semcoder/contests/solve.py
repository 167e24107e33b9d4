"""`semcoder contests solve`: solutions of contest problems that pass every test, by execution.

The paper takes "4.3k problems with at least one correct LLM-generated solution" (section 5, App. F) and does not say
whose. Here they come from the teacher, or, without a model, from the data set itself.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from semcoder.artifacts import write_json, writing
from semcoder.contests.tasks import Task, read_tasks
from semcoder.errors import UserError
from semcoder.evaluation.benchmarks.livecodebench import Case
from semcoder.evaluation.checking import Runner
from semcoder.evaluation.judges.livecodebench import judge_stdin
from semcoder.evaluation.prompts import nl2code_response
from semcoder.records import Dropped, to_line
from semcoder.shards import Shard
from semcoder.teacher import sections
from semcoder.teacher.choose import TeacherOption, costs, teacher_from
from semcoder.teacher.interface import Refusal
from semcoder.teacher.llm import LLMTeacher
from semcoder.training.extra import ORIGIN

STAGE = "contests solve"
Written = Sequence[str | Refusal]
Writer = Callable[[Sequence[Task], int], Written]
"""The next solution of each problem, of a given number from 0."""


def solve(
    tasks: Sequence[Task], write: Writer, runner: Runner, tries: int, wanted: int
) -> list[tuple[list[str], Refusal]]:
    """For each problem its different solutions that pass, and why another did not: the last test that failed, if any.

    At most `tries` are written of each, one after the other, until `wanted` have passed.
    """
    passed: list[list[str]] = [[] for _ in tasks]
    refused: dict[int, Refusal] = {}
    failed: dict[int, Refusal] = {}
    for number in range(tries):
        waiting = [at for at, found in enumerate(passed) if len(found) < wanted]
        asked = []
        for at, code in zip(waiting, write([tasks[at] for at in waiting], number), strict=True):
            if isinstance(code, Refusal):
                refused[at] = code
            elif code not in passed[at]:
                asked.append((at, code))
        programs = [
            (tasks[at].id, [Case(each.input, each.output) for each in tasks[at].tests], code)
            for at, code in asked
        ]
        for (at, code), ruling in zip(asked, judge_stdin(runner, programs), strict=True):
            if ruling.passed:
                passed[at].append(code)
            else:
                failed[at] = Refusal(f"test failed: {ruling.reason}", ruling.detail[:200])
    none = Refusal("no other solution")
    return [(codes, failed.get(at) or refused.get(at, none)) for at, codes in enumerate(passed)]


def given(tasks: Sequence[Task], number: int) -> Written:
    """The solutions that came with the problems."""
    none = Refusal("no solution in Python 3")
    return [task.solutions[number].strip() if number < len(task.solutions) else none for task in tasks]


def sampled(teacher: LLMTeacher) -> Writer:
    """Solutions that a language model writes."""

    def write(tasks: Sequence[Task], number: int) -> Written:
        return [_code(answer) for answer in teacher.contest((task.statement for task in tasks), number)]

    return write


def _code(answer: str | Refusal) -> str | Refusal:
    if isinstance(answer, Refusal):
        return answer
    blocks = sections.python_blocks(answer)
    return blocks[0].strip() if blocks else Refusal("no code block")


def main(
    *,
    problems: Annotated[Path, typer.Option(help="Problems that `semcoder contests read` wrote.")],
    shard: Annotated[str, typer.Option(help="Problems of this shard only, as 3/16.")] = "1/1",
    by: Annotated[
        Literal["teacher", "given"],
        typer.Option(help="Whose solutions: the teacher's, or the data set's own."),
    ] = "teacher",
    teacher: TeacherOption = '{"kind": "grounded"}',
    tries: Annotated[int, typer.Option(min=1, help="Most solutions tried of a problem.")] = 8,
    per_problem: Annotated[int, typer.Option(min=1, help="Most solutions kept of a problem.")] = 3,
    workers: Annotated[int, typer.Option(min=1, help="Programs that run side by side.")] = 2,
    cpu_s: Annotated[float, typer.Option(help="Processor seconds a test may take.")] = 10.0,
    memory_mb: Annotated[int, typer.Option(help="Memory a program may take, in MB.")] = 1024,
    out: Annotated[Path, typer.Option(help="Where the rows to train on go (JSONL).")],
    dropped: Annotated[
        Path, typer.Option(help="Where problems without a solution go, with the last reason (JSONL).")
    ],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
) -> None:
    """Have contest problems solved, and keep the solutions that print what every test wants.

    Example: semcoder contests solve --problems problems.jsonl --by given --out rows.jsonl --dropped dropped.jsonl
    --summary summary.json
    """
    writer = teacher_from(teacher)
    if by == "teacher" and not isinstance(writer, LLMTeacher):
        raise UserError(
            "--by teacher needs a language model; set teacher.kind to openai, or contests.by to given."
        )
    tasks = sorted(read_tasks(problems, Shard.parse(shard)), key=lambda task: task.id)
    write = sampled(writer) if isinstance(writer, LLMTeacher) and by == "teacher" else given
    with Runner(workers, cpu_s, cpu_s, memory_mb) as runner:
        found = solve(tasks, write, runner, tries, per_problem)
    reasons: Counter[str] = Counter()
    rows: list[dict[str, str]] = []
    with writing(out) as good, writing(dropped) as bad:
        for task, (codes, refusal) in zip(tasks, found, strict=True):
            for number, code in enumerate(codes):
                row = {ORIGIN: f"{task.id}/{number}", "site": task.site, "lang": "python"}
                rows.append(row | {"problem": task.statement, "solution": nl2code_response(code)})
            if not codes:
                reasons[refusal.reason] += 1
                bad.write(
                    to_line(
                        Dropped(parents=(task.id,), stage=STAGE, reason=refusal.reason, detail=refusal.detail)
                    )
                )
        # In the order that `training clean` merges the rows of shards in.
        for row in sorted(rows, key=lambda each: each[ORIGIN]):
            good.write(json.dumps(row, separators=(",", ":")) + "\n")
    counts = {"in": len(tasks), "kept": len(tasks) - reasons.total(), "dropped": dict(reasons)}
    write_json(
        summary, {"stage": STAGE, **counts, "rows": len(rows), **(costs(writer) if by == "teacher" else {})}
    )
