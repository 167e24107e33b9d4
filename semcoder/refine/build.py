"""`semcoder refine build`: PyX-R, the debugging set (paper section 3.3, App. F).

A model's solutions that fail a test of their problem go to a teacher, which explains to itself what the program
does on the failed test and mends it. What is kept is decided by execution: the mended program must agree with
the ground truth on every test. The ground truth itself is never shown to the teacher.
"""

import ast
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from semcoder import records
from semcoder.artifacts import write_json
from semcoder.errors import UserError
from semcoder.evaluation.checking import Expected, Ruling, Trial, judge
from semcoder.evaluation.extract import program as extract_program
from semcoder.evaluation.prompts import Style, failed_test, refine_prompt, refine_response
from semcoder.execution import literals
from semcoder.execution.api import Call, Job, Limits, Outcome
from semcoder.execution.pool import Sandbox
from semcoder.records import Dropped, Example, Generation, Problem, Program, ScoredItem, TestCase
from semcoder.teacher import sections
from semcoder.teacher.choose import TeacherOption, costs, teacher_from
from semcoder.teacher.interface import Refusal
from semcoder.teacher.llm import Bug, LLMTeacher
from semcoder.teacher.prompts import shown_test
from semcoder.teacher.rejection import first_accepted

STAGE = "refine.build"
Run = Callable[[Iterable[Job]], Iterator[Outcome]]
"""`Sandbox.run`: outcomes in the order of the jobs."""
MAX_OBSERVED_CHARS = 300

_OBSERVED = {
    "wrong": "it returned {detail}",
    "raised": "{detail}",
    "timeout": "it did not finish in time",
    "memory": "it used more memory than allowed",
}


@dataclass(frozen=True)
class Task:
    """A problem of PyX: its reference program and tests, those that are easiest to follow first."""

    problem: Problem
    program: Program
    tests: tuple[TestCase, ...]

    def trial(self, id: str, code: str) -> Trial:
        """`code` on all tests."""
        return Trial(
            id,
            code,
            self.program.entry_point,
            tuple(Call(test.args, test.kwargs) for test in self.tests),
            Expected(tuple(literals.parse(test.output) for test in self.tests)),
        )


@dataclass(frozen=True)
class Buggy:
    """A program that a model wrote for a task, and the test that it fails."""

    task: Task
    generation: str
    code: str
    test: TestCase
    observed: str

    @property
    def parents(self) -> tuple[str, ...]:
        """What an example of this bug comes from."""
        return self.task.program.id, self.test.id, self.generation


@dataclass(frozen=True)
class Repaired:
    """A rationale, and a patch that passes every test."""

    rationale: str
    code: str


def buggy_programs(
    tasks: dict[str, Task], generations: Iterable[Generation], per_program: int, run: Run
) -> tuple[list[Buggy], list[Dropped]]:
    """The distinct programs that fail a test, at most `per_program` a task, in the order of the generations."""
    candidates: list[tuple[Task, Generation, str]] = []
    lost: list[Dropped] = []
    seen: dict[str, set[str]] = defaultdict(set)
    for generation in generations:
        task = tasks[generation.item]
        code = extract_program(generation.text, task.program.entry_point, None)
        if code is None:
            lost.append(_dropped(Refusal("no program"), (generation.id, task.program.id)))
            continue
        form = ast.dump(ast.parse(code))
        if form in seen[task.program.id]:
            lost.append(_dropped(Refusal("same bug"), (generation.id, task.program.id)))
            continue
        seen[task.program.id].add(form)
        candidates.append((task, generation, code))
    rulings = judge(run, [task.trial(generation.id, code) for task, generation, code in candidates])
    found: list[Buggy] = []
    taken: Counter[str] = Counter()
    for (task, generation, code), ruling in zip(candidates, rulings, strict=True):
        parents = (generation.id, task.program.id)
        if ruling.passed or ruling.failed is None:
            lost.append(_dropped(Refusal("fails no test", ruling.reason), parents))
        elif taken[task.program.id] >= per_program:
            lost.append(_dropped(Refusal("enough bugs of this program"), parents))
        else:
            taken[task.program.id] += 1
            found.append(Buggy(task, generation.id, code, task.tests[ruling.failed], _observed(ruling)))
    return found, lost


def _observed(ruling: Ruling) -> str:
    form = _OBSERVED.get(ruling.reason, "{reason}: {detail}")
    text = form.format(reason=ruling.reason, detail=ruling.detail)
    return text if len(text) <= MAX_OBSERVED_CHARS else f"{text[:MAX_OBSERVED_CHARS]}..."


def repair(bugs: Sequence[Buggy], teacher: LLMTeacher, run: Run) -> list[Repaired | Refusal]:
    """For each bug the first rationale whose patch passes, or the last reason why none did."""

    def ask(some: Iterable[Buggy], samples: range) -> Iterator[Sequence[str] | Refusal]:
        return teacher.debug((_question(bug) for bug in some), samples)

    def accepted(drafts: Sequence[tuple[Buggy, str]]) -> list[Repaired | Refusal]:
        read = [sections.debugging(text) for _, text in drafts]
        trials = [
            bug.task.trial(bug.generation, answer[1])
            for (bug, _), answer in zip(drafts, read, strict=True)
            if not isinstance(answer, Refusal)
        ]
        rulings = iter(judge(run, trials))
        return [
            answer if isinstance(answer, Refusal) else _accepted(answer, next(rulings)) for answer in read
        ]

    return first_accepted(bugs, teacher.settings.samples, ask, accepted)


def _question(bug: Buggy) -> Bug:
    """What the teacher is shown: problem, wrong program, failed test. Nothing of the reference program."""
    test = shown_test(bug.task.program.entry_point, bug.test.call_arguments, bug.test.output)
    return Bug(bug.task.problem.instruction, bug.code, test, bug.observed)


def _accepted(answer: tuple[str, str], ruling: Ruling) -> Repaired | Refusal:
    if ruling.passed:
        return Repaired(*answer)
    return Refusal("patch fails", f"{ruling.reason} {ruling.detail}".strip()[:MAX_OBSERVED_CHARS])


def example(bug: Buggy, repaired: Repaired, style: Style) -> Example:
    """The training row: problem, buggy solution and failed test; rationale and refined program."""
    test = failed_test(bug.task.program.entry_point, bug.test.call_arguments, bug.test.output, style)
    return Example(
        parents=bug.parents,
        task="refine",
        prompt=refine_prompt(bug.task.problem.instruction, bug.code, test, "monologue", style),
        response=refine_response(repaired.rationale, repaired.code, "monologue", style),
    )


def failed_generations(generations: Sequence[Path], items: Sequence[Path]) -> list[Generation]:
    """The generations that were scored as failing, in the order of the files."""
    failed: set[str] = set()
    for row in records.read_all(items, ScoredItem):
        if not row.passed:
            failed.update(row.parents[:1])
    found = [row for row in records.read_all(generations, Generation) if row.id in failed]
    if len({row.id for row in found}) < len(failed):
        missing = min(failed - {row.id for row in found})
        raise UserError(f"--generations: {missing} is in none of the files; give those that --items scores.")
    return found


def read_tasks(problems: Path, programs: Path, tests: Path, wanted: set[str]) -> dict[str, Task]:
    """The tasks whose program is wanted, by the program's id; short tests come first."""
    known = {row.id: row for row in records.read(programs, Program) if row.id in wanted}
    if wanted - known.keys():
        raise UserError(f"{programs}: does not hold {min(wanted - known.keys())}; give the scored programs.")
    of_program: dict[str, list[TestCase]] = defaultdict(list)
    for test in records.read(tests, TestCase):
        if test.parents and test.parents[0] in known:
            of_program[test.parents[0]].append(test)
    of_programs = {parent for program in known.values() for parent in program.parents}
    described = {row.id: row for row in records.read(problems, Problem) if row.id in of_programs}
    tasks: dict[str, Task] = {}
    for program in known.values():
        problem = next((described[parent] for parent in program.parents if parent in described), None)
        if problem is None:
            raise UserError(f"{problems}: does not hold the problem of {program.id}; give the one of PyX.")
        cases = sorted(of_program[program.id], key=lambda test: len(test.call_arguments) + len(test.output))
        tasks[program.id] = Task(problem, program, tuple(cases))
    return tasks


def _dropped(refusal: Refusal, parents: tuple[str, ...]) -> Dropped:
    return Dropped(parents=parents, stage=STAGE, reason=refusal.reason, detail=refusal.detail)


def main(
    *,
    problems: Annotated[Path, typer.Option(help="Problem records of PyX.")],
    programs: Annotated[Path, typer.Option(help="Program records of PyX: the ground truth.")],
    tests: Annotated[Path, typer.Option(help="TestCase records of PyX.")],
    generations: Annotated[list[Path], typer.Option(help="What a model wrote for the problems; repeatable.")],
    items: Annotated[list[Path], typer.Option(help="The scores of these generations; repeatable.")],
    teacher: TeacherOption,
    per_program: Annotated[int, typer.Option(min=1, help="Buggy solutions taken of a program.")] = 3,
    style: Annotated[Style, typer.Option(help="Prompt style of the training rows.")] = "corrected",
    workers: Annotated[int, typer.Option(min=1, help="Programs that run side by side.")] = 2,
    cpu_s: Annotated[float, typer.Option(help="Processor seconds a program may take on all tests.")] = 10.0,
    memory_mb: Annotated[int, typer.Option(help="Memory a program may take, in MB.")] = 1024,
    out: Annotated[Path, typer.Option(help="Where the examples go (JSONL).")],
    dropped: Annotated[Path, typer.Option(help="Where what is not kept goes, with reasons (JSONL).")],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
) -> None:
    """Build PyX-R: buggy solutions with a rationale and a patch that passes every test.

    Example: semcoder refine build --problems problems.jsonl --programs train.jsonl --tests tests.jsonl
    --generations g.jsonl --items items.jsonl --teacher "$(jq .teacher config.json)" --out pyx_r.jsonl
    --dropped dropped.jsonl --summary summary.json
    """
    writer = teacher_from(teacher)
    if not isinstance(writer, LLMTeacher):
        raise UserError(
            "--teacher: debugging rationales need a language model; give a teacher of kind openai."
        )
    failing = failed_generations(generations, items)
    tasks = read_tasks(problems, programs, tests, {row.item for row in failing})
    kept: dict[str, Example] = {}
    with Sandbox(workers, Limits(cpu_s=cpu_s, wall_s=4 * cpu_s, memory_mb=memory_mb)) as sandbox:
        bugs, lost = buggy_programs(tasks, failing, per_program, sandbox.run)
        for bug, answer in zip(bugs, repair(bugs, writer, sandbox.run), strict=True):
            row = answer if isinstance(answer, Refusal) else example(bug, answer, style)
            if isinstance(row, Example) and row.id in kept:
                row = Refusal("same example", row.id)
            if isinstance(row, Refusal):
                lost.append(_dropped(row, bug.parents))
            else:
                kept[row.id] = row
    records.write(out, kept.values())
    records.write(dropped, lost)
    reasons = Counter(row.reason for row in lost)
    counts = {"in": len(failing), "kept": len(kept), "dropped": dict(reasons)}
    write_json(summary, {"stage": STAGE, **counts, **costs(writer)})
