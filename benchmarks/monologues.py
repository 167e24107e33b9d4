"""Grounded monologues of a corpus: how many programs can be told, how fully, at what length, how fast, and how truly.

`python -m benchmarks.monologues CORPUS` measures a folder with programs.jsonl, tests.jsonl and traces.jsonl (the
quickstart's, or what `python -m benchmarks.monologues --make CORPUS MIRROR` makes of CRUXEval's 800 programs);
`--sample 20` prints that many backward monologues without their conclusion instead, for a person to find an input,
and `--answers FILE` runs what the person found, a line `NUMBER: ARGUMENTS` each.
"""

import ast
import random
import re
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypedDict

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.programs import cruxeval
from semcoder import records
from semcoder.artifacts import write_json
from semcoder.errors import UserError
from semcoder.evaluation.prompts import backward_prompt, forward_prompt
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.compare import same
from semcoder.execution.pool import Sandbox
from semcoder.monologue.activations import Step, tree
from semcoder.monologue.compose import CONCLUSION, PROPERTIES, SIMULATION
from semcoder.monologue.constraints import stated
from semcoder.monologue.write import monologue, siblings
from semcoder.records import Direction, Monologue, Program, TestCase
from semcoder.tracing import trace
from semcoder.tracing.cases import Case, cases
from semcoder.tracing.structure import statement_at
from semcoder.training.encoding import load_tokenizer

CHARS_A_TOKEN = 2.8
"""Of grounded monologues under SmolLM2's tokenizer; used where no tokenizer is given."""
LABEL = re.compile(r"\[L(\d+)\]")
SPAN = re.compile(r"(`{2,}) (.+?) \1(?!`)|`([^`]+)`")
STATE = re.compile(r"([A-Za-z_]\w*) = (.+)", re.DOTALL)
DECIDING = (
    *(ast.If, ast.While, ast.For, ast.AsyncFor, ast.Assert, ast.Raise, ast.Return, ast.Break, ast.Continue),
    *(ast.match_case, ast.ExceptHandler),
)
WINDOW = 50
"""Words over which variety is measured (moving-average type-token ratio)."""


def main(mirror: Path, workers: int) -> dict[str, Any]:
    """CRUXEval's programs, for `python -m benchmarks`."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), mirror, workers)
        return measure(Path(folder), None, FULL, 0, workers)


def make(corpus: Path, mirror: Path, workers: int) -> None:
    """Write CRUXEval's programs, inputs and traces as records."""
    corpus.mkdir(parents=True, exist_ok=True)
    programs: dict[str, Program] = {}
    tests = []
    for case in cruxeval(mirror):
        program = Program(code=case.code + "\n" * (not case.code.endswith("\n")), entry_point="f")
        programs[program.id] = program
        given = {"args": case.args, "kwargs": case.kwargs, "output": case.output}
        tests.append(TestCase(parents=(program.id,), origin="call site", **given))
    records.write(corpus / "programs.jsonl", programs.values())
    records.write(corpus / "tests.jsonl", tests)
    trace.main(
        programs=corpus / "programs.jsonl",
        tests=corpus / "tests.jsonl",
        traces=corpus / "traces.jsonl",
        dropped=corpus / "dropped.jsonl",
        summary=corpus / "summary.json",
        workers=workers,
    )


class Budget(TypedDict):
    """Lengths, as of `monologue write`."""

    max_chars: int
    max_total_chars: int


FULL = Budget(max_chars=6000, max_total_chars=5600)
"""As in config.yaml."""


class Told(NamedTuple):
    """A monologue and what it was made from."""

    case: Case
    row: Monologue


def known_cases(corpus: Path) -> list[Case]:
    """The traced inputs of a corpus."""
    return list(cases(corpus / "programs.jsonl", corpus / "tests.jsonl", corpus / "traces.jsonl"))


def measure(corpus: Path, model: Path | None, budget: Budget, limit: int, workers: int) -> dict[str, Any]:
    """All figures of a corpus, both directions."""
    known = known_cases(corpus)[: limit or None]
    tokens = _counter(model)
    alike = siblings(case.test for case in known)
    found: dict[str, Any] = {"traces": len(known), "programs": len({case.program.id for case in known})}
    found["tokens"] = (
        "of the model's tokenizer" if model else f"{CHARS_A_TOKEN} characters each (approximation)"
    )
    for direction in ("forward", "backward"):
        started = time.process_time()
        rows = [
            (case, monologue(*case, direction, **budget, alike=alike.get(case.key, ()))) for case in known
        ]
        spent = time.process_time() - started
        told = [Told(case, row) for case, row in rows if isinstance(row, Monologue)]
        lost = Counter(row.reason for _, row in rows if not isinstance(row, Monologue))
        lengths = [tokens(each.row.text) for each in told]
        prompts = [
            length + tokens(_prompt(each, direction)) for length, each in zip(lengths, told, strict=True)
        ]
        events = sum(len(case.trace.events) for case in known)
        found |= {
            f"{direction}: told": len(told) / len(known),
            f"{direction}: programs told": len({each.case.program.id for each in told}) / found["programs"],
            f"{direction}: not told": dict(lost),
            f"{direction}: tokens, median": statistics.median(lengths),
            f"{direction}: tokens, 95 %": _percentile(lengths, 95),
            f"{direction}: tokens with prompt, 95 %": _percentile(prompts, 95),
            f"{direction}: within 2,048 tokens with prompt": sum(n <= 2048 for n in prompts) / len(prompts),
            f"{direction}: a CPU second": len(known) / spent,
            f"{direction}: CPU us an event": spent / events * 1e6,
            f"{direction}: variety": _variety(each.row.text for each in told),
        }
        if direction == "forward":
            found |= _forward(told)
        else:
            found |= _backward(told, alike, workers)
    return found


def _prompt(told: Told, direction: Direction) -> str:
    program, test, _ = told.case
    if direction == "forward":
        return forward_prompt(
            program.code, test.call_arguments, program.entry_point, "monologue", "corrected", 0
        )
    return backward_prompt(program.code, test.output, program.entry_point, "monologue", "corrected")


def _forward(told: Sequence[Told]) -> dict[str, Any]:
    lines = spoken = claims = whole = 0
    wrong: list[str] = []
    for case, row in told:
        wanted, cited = effective(case), {int(n) for n in LABEL.findall(row.text)}
        lines, spoken, whole = lines + len(wanted), spoken + len(wanted & cited), whole + (wanted <= cited)
        count, false = state_claims(row.text, case)
        claims += count
        wrong += [f"{row.id}: {each}" for each in false]
    return {
        "forward: line coverage": spoken / lines,
        "forward: monologues that cover every line": whole / len(told),
        "forward: states claimed": claims,
        "forward: states that did not occur": len(wrong),
        "forward: first of these": wrong[:3],
    }


def effective(case: Case) -> set[int]:
    """The lines that ran and changed a variable, or decided where the execution went on."""
    owners = statement_at(case.program.code)
    return {
        event.line
        for event in case.trace.events
        if event.kind == "line"
        and (event.changes or event.removed or isinstance(owners.get(event.line), DECIDING))
    }


def state_claims(text: str, case: Case) -> tuple[int, list[str]]:
    """(how many `name = value` a forward monologue states behind a label, those no execution of the line had)."""
    root = tree(case.trace.events)
    at: dict[int, list[Step]] = defaultdict(list)
    for step in _steps(root.steps):
        at[step.line].append(step)
    calls = [event.changes for event in case.trace.events if event.kind == "call"]
    code = {line.strip() for line in case.program.code.splitlines()}
    count, wrong = 0, []
    for line in text.partition(SIMULATION)[2].partition(CONCLUSION)[0].splitlines():
        pieces = LABEL.split(line)
        for label, piece in zip([0, *map(int, pieces[1::2])], pieces[::2], strict=True):
            for match in SPAN.finditer(piece):
                state = STATE.fullmatch(match[2] or match[3])
                if state is None or state[0] in code:
                    continue
                count += 1
                name, value = state[1], state[2]
                some = at[label] if label in at else [each for steps in at.values() for each in steps]
                if any(value in (step.before.get(name), step.after(name)) for step in some):
                    continue
                if not any(given.get(name) == value for given in calls):
                    wrong.append(f"[L{label}] {state[0]}")
    return count, wrong


def _steps(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        for call in step.calls:
            yield from _steps(call.steps)
        yield step


def _backward(
    told: Sequence[Told], alike: dict[tuple[str, str], list[TestCase]], workers: int
) -> dict[str, Any]:
    """Run every stated constraint on every recorded input with the same output, in the sandbox."""
    jobs, meant = [], []
    with_any = several = 0
    for case, row in told:
        expressions = stated(row.text)
        inputs = alike.get(case.key, [case.test])
        with_any += bool(expressions)
        several += len(inputs) > 1
        if not expressions:
            continue
        code = f"{case.program.code}\n\n{_checker(case.program, expressions)}"
        jobs.append(Job(row.id, code, "the_constraints", tuple(Call(t.args, t.kwargs) for t in inputs)))
        meant.append((row, expressions))
    held = ran = 0
    wrong: list[str] = []
    with Sandbox(workers, Limits()) as sandbox:
        for (row, expressions), outcome in zip(meant, sandbox.run(jobs), strict=True):
            for result in outcome.results:
                values = (
                    ast.literal_eval(result.value) if result.value else [result.raised] * len(expressions)
                )
                ran += len(values)
                held += sum(value is True for value in values)
                wrong += [
                    f"{row.id}: {e} is {v}" for e, v in zip(expressions, values, strict=True) if v is not True
                ]
    return {
        "backward: monologues with constraints": with_any / len(told),
        "backward: constraints each": sum(len(e) for _, e in meant) / len(told),
        "backward: outputs with several recorded inputs": several,
        "backward: constraints run": ran,
        "backward: constraints that hold": held / max(ran, 1),
        "backward: first that do not": wrong[:3],
    }


def _checker(program: Program, expressions: Sequence[str]) -> str:
    """A function of the program's own parameters that gives the truth of each expression."""
    function = next(
        node
        for node in ast.parse(program.code).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == program.entry_point
    )
    tests = ", ".join(f"bool({each})" for each in expressions)
    return f"def the_constraints({ast.unparse(function.args)}):\n    return [{tests}]\n"


def _counter(model: Path | None) -> Any:
    if model is None:
        return lambda text: round(len(text) / CHARS_A_TOKEN)
    tokenizer = load_tokenizer(model)
    return lambda text: len(tokenizer(text, add_special_tokens=False)["input_ids"])


def _percentile(values: Sequence[int], percent: int) -> int:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def _variety(texts: Any) -> float:
    """Moving-average type-token ratio of the words outside code spans, over WINDOW words, mean over the texts."""
    ratios = []
    for text in texts:
        words = re.findall(r"[a-z]+", SPAN.sub(" ", text).lower())
        windows = [words[at : at + WINDOW] for at in range(0, len(words) - WINDOW + 1, 10)]
        if windows:
            ratios.append(statistics.mean(len(set(window)) / WINDOW for window in windows))
    return statistics.mean(ratios) if ratios else 0.0


def sampled(corpus: Path, count: int, seed: int, budget: Budget) -> list[Told]:
    """Backward monologues of different programs, drawn by the seed."""
    known = known_cases(corpus)
    alike = siblings(case.test for case in known)
    random.Random(seed).shuffle(known)
    told: dict[str, Told] = {}
    for case in known:
        if len(told) < count and case.program.id not in told:
            row = monologue(*case, "backward", **budget, alike=alike.get(case.key, ()))
            if isinstance(row, Monologue):
                told[case.program.id] = Told(case, row)
    return list(told.values())


def _try(told: Sequence[Told], answers: Path) -> None:
    """Run a person's inputs and say which give the output."""
    given = dict(line.split(":", 1) for line in answers.read_text().splitlines() if line.strip())
    accepted = 0
    with Sandbox(1, Limits()) as sandbox:
        for number, (case, _) in enumerate(told, 1):
            arguments = given.get(str(number), "").strip()
            if not arguments:
                print(f"{number}: no input")
                continue
            call = ast.parse(f"f({arguments})", mode="eval").body
            assert isinstance(call, ast.Call)
            args = tuple(map(ast.unparse, call.args))
            words = {str(word.arg): ast.unparse(word.value) for word in call.keywords}
            job = Job(str(number), case.program.code, case.program.entry_point, (Call(args, words),))
            [outcome] = sandbox.run([job])
            value = outcome.results[0].value if outcome.results else None
            right = value is not None and same(value, case.test.output)
            accepted += right
            print(f"{number}: {'accepted' if right else f'{value} instead of {case.test.output}'}")
    print(f"{accepted} of {len(told)} accepted")


def command(
    corpus: Annotated[Path, typer.Argument(help="Folder of programs.jsonl, tests.jsonl and traces.jsonl.")],
    make_from: Annotated[
        Path | None, typer.Option("--make", help="First make the corpus of this mirror's CRUXEval.")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Model folder whose tokenizer counts.")] = None,
    max_chars: Annotated[int, typer.Option(help="As of `monologue write`.")] = FULL["max_chars"],
    max_total_chars: Annotated[int, typer.Option(help="The same.")] = FULL["max_total_chars"],
    limit: Annotated[int, typer.Option(help="Traces to measure; 0 for all.")] = 0,
    sample: Annotated[
        int, typer.Option(help="Print this many backward monologues without conclusion instead.")
    ] = 0,
    answers: Annotated[
        Path | None, typer.Option(help="Run these inputs of the sample, `1: [2, 3], 'x'` a line.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the sample.")] = 0,
    workers: Annotated[int, typer.Option(help="Sandbox processes.")] = 2,
    out: Annotated[Path | None, typer.Option(help="Also write the figures here, as JSON.")] = None,
) -> None:
    """Measure the grounded monologues of a corpus, or print a sample of backward ones."""
    budget = Budget(max_chars=max_chars, max_total_chars=max_total_chars)
    if make_from:
        make(corpus, make_from, workers)
    if sample:
        told = sampled(corpus, sample, seed, budget)
        if answers:
            _try(told, answers)
            return
        for number, (case, row) in enumerate(told, 1):
            goal = f"{case.program.entry_point}(??) == {case.test.output}"
            body = row.text.partition(PROPERTIES)[2].partition(CONCLUSION)[0].strip()
            print(f"======== {number}\n{case.program.code}\n{goal}\n\n{body}\n")
        return
    found = measure(corpus, model, budget, limit, workers)
    table = Table("what", "value", title=str(corpus))
    for what, value in found.items():
        table.add_row(what, f"{value:,.4f}" if isinstance(value, float) else str(value)[:400])
    Console().print(table)
    if out:
        write_json(out, found)


if __name__ == "__main__":
    try:
        typer.run(command)
    except UserError as error:
        raise SystemExit(f"benchmarks: {error}") from error
