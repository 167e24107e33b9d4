"""Verdicts of `semcoder evaluation score` beside the official ones, answer by answer.

CRUXEval's own check (benchmarks.cruxeval_check) and EvalPlus' own functions (benchmarks.evalplus_check) judge the same
files of answers: right ones in many dresses, wrong ones, what mutants of the programs return, hostile ones, and what a
real model wrote (benchmarks/model_answers.jsonl.gz). Every difference has to have an explanation
(benchmarks.explained); one without makes the run fail. Programs that the two judge differently are judged anew by
EvalPlus, alone and with ten seconds an input: its limits are wall time, and this machine does other work.
"""

import gzip
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import cruxeval_check, disguises, evalplus_check, variants
from benchmarks.evalplus_check import FILES, Dataset
from benchmarks.explained import explain_call, explain_output, explain_program
from benchmarks.mutants import mutant
from benchmarks.programs import lines
from semcoder.evaluation import extract
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox

MODEL = Path(__file__).parent / "model_answers.jsonl.gz"
MUTANTS = {"humaneval": 14, "mbpp": 4}
"""Of each problem."""
AROUND = {"humaneval": 4, "mbpp": 2}
"""Dresses, other results and hostile ones of each problem, as many of each sort."""


class Given(NamedTuple):
    """An answer in a file of answers."""

    item: str
    kind: str
    text: str


class Difference(NamedTuple):
    """An answer with two verdicts, and why; no reason: not explained."""

    item: str
    kind: str
    text: str
    ours: str
    official: str
    reason: str


def _by_sort(given: Sequence[Given], ours: Sequence[Any]) -> dict[str, str]:
    """`right of all` for each sort of answer."""
    right: Counter[str] = Counter()
    for each, verdict in zip(given, ours, strict=True):
        right[each.kind] += bool(verdict)
    return {kind: f"{right[kind]} of {count}" for kind, count in Counter(each.kind for each in given).items()}


Compared = tuple[list[Given], list[Any], list[Any], list[Difference]]


def main(mirror: Path, workers: int) -> dict[str, Any]:
    """Verdicts of both on every answer, and the differences."""
    found: dict[str, Any] = {}
    unexplained: list[dict[str, str]] = []
    ways: list[tuple[str, Callable[[Path, int], Compared]]] = [
        ("cruxeval-output", partial(cruxeval, "cruxeval-output")),
        ("cruxeval-input", partial(cruxeval, "cruxeval-input")),
        ("humaneval", partial(evalplus, "humaneval")),
        ("mbpp", partial(evalplus, "mbpp")),
    ]
    for name, compared in ways:
        given, ours, official, differences = compared(mirror, workers)
        reasons = Counter(each.reason or "NOT EXPLAINED" for each in differences)
        found |= {
            f"{name}: answers": len(given),
            f"{name}: right here": sum(map(bool, ours)),
            f"{name}: right officially": sum(map(bool, official)),
            f"{name}: differences": len(differences),
            f"{name}: explained by": dict(reasons.most_common()),
            f"{name}: right of each sort": _by_sort(given, ours),
            f"{name}: they are": [each._asdict() for each in differences],
        }
        unexplained += [{"benchmark": name, **each._asdict()} for each in differences if not each.reason]
    return {**found, "unexplained": unexplained}


def cruxeval(name: str, mirror: Path, workers: int) -> Compared:
    """CRUXEval-O or -I."""
    rows = {row["id"]: row for row in lines(mirror, "cruxeval.jsonl")}
    inputs = name == "cruxeval-input"
    given = [*_predictions(rows, inputs, workers), *_model(name, rows)]
    asked = [
        cruxeval_check.Asked(row["code"], row["input"], row["output"], each.text, inputs)
        for each in given
        for row in [rows[each.item]]
    ]
    official = cruxeval_check.verdicts(asked, workers)
    ours = _scored(name, mirror / "cruxeval.jsonl", given, workers)
    differences = []
    for each, question, a, b in zip(given, asked, ours, official, strict=True):
        if a != b:
            b = cruxeval_check.verdict(question)
        if a != b:
            reason = (explain_call if inputs else explain_output)(question, a)
            differences.append(Difference(*each, str(a), str(b), reason))
    return given, ours, official, differences


def evalplus(name: Dataset, mirror: Path, workers: int) -> Compared:
    """HumanEval+ or MBPP+, base and plus inputs."""
    known = evalplus_check.problems(name, mirror)
    given = [*_programs(name, known), *_model(name, known)]
    official = evalplus_check.verdicts(name, known, [(each.item, each.text) for each in given], workers)
    ours = _scored(name, mirror / FILES[name], given, workers)
    apart = [n for n, (a, b) in enumerate(zip(ours, official, strict=True)) if a != (b.base, b.plus)]
    again = evalplus_check.verdicts(
        name, known, [(given[n].item, given[n].text) for n in apart], 1, least_s=10
    )
    sure = dict(zip(apart, again, strict=True))
    failing = {
        each.item
        for n, each in enumerate(given)
        if each.kind == "reference" and not sure.get(n, official[n]).plus
    }
    differences = []
    for place, verdict in zip(apart, again, strict=True):
        a, each = ours[place], given[place]
        if a == (verdict.base, verdict.plus):
            continue
        reason = explain_program(each.item not in failing, each.text, a, verdict)
        if not reason:  # ten seconds of wall time may not do beside other work
            [verdict] = evalplus_check.verdicts(name, known, [(each.item, each.text)], 1, least_s=60)
        if a != (verdict.base, verdict.plus):
            differences.append(Difference(*each, f"base {a[0]}, plus {a[1]}", verdict.words, reason))
    return given, [plus for _, plus in ours], [each.plus for each in official], differences


def _predictions(rows: dict[str, Any], inputs: bool, workers: int) -> Iterator[Given]:
    draw = random.Random(inputs)
    side = "input" if inputs else "output"
    others = [row[side] for row in rows.values()]
    make = variants.inputs if inputs else variants.outputs
    for item, row in rows.items():
        for answer in make(row["code"], row["input"], row["output"], others, draw):
            yield Given(item, *answer)
    if not inputs:
        yield from _returned_by_mutants(rows, workers)


def _returned_by_mutants(rows: dict[str, Any], workers: int) -> Iterator[Given]:
    """What two mutants of each program return on its input."""
    jobs = [
        Job(item, changed, "semcoder_call", (Call(),))
        for item, row in rows.items()
        for seed in "ab"
        for changed in [mutant(row["code"], item + seed)]
        if changed
    ]
    calls = [f"{job.code}\n\ndef semcoder_call():\n    return f({rows[job.id]['input']})\n" for job in jobs]
    jobs = [Job(job.id, code, "semcoder_call", (Call(),)) for job, code in zip(jobs, calls, strict=True)]
    with Sandbox(workers, Limits(cpu_s=2)) as sandbox:
        for outcome in sandbox.run(jobs):
            if outcome.results and outcome.results[0].value is not None:
                yield Given(outcome.id, "a mutant's", outcome.results[0].value)


def _programs(name: Dataset, known: dict[str, Any]) -> Iterator[Given]:
    draw = random.Random(name)
    for item, row in known.items():
        reference, function = row["prompt"] + row["canonical_solution"], row["entry_point"]
        for kind, code in disguises.around(reference, function, AROUND[name], draw):
            yield Given(item, kind, code)
        for kind, code in disguises.blank(reference, function):
            yield Given(item, kind, code)
        changed = {mutant(reference, f"{item} {seed}") for seed in range(3 * MUTANTS[name])} - {None}
        for code in sorted(map(str, changed))[: MUTANTS[name]]:
            yield Given(item, "a mutant", code)


def _model(name: str, known: dict[str, Any]) -> Iterator[Given]:
    """What a real model answered, as it comes out of its text; the text itself where nothing does."""
    with gzip.open(MODEL, "rt", encoding="utf-8") as stream:
        for row in map(json.loads, stream):
            if row["benchmark"] != name:
                continue
            text = row["text"]
            if name == "cruxeval-output":
                found = extract.output_answer(text, "f", inside=True)
            elif name == "cruxeval-input":
                arguments = extract.input_answer(text, "f", inside=True)
                found = None if arguments is None else f"f({arguments})"
            else:
                start = known[row["item"]]["prompt"].strip() if name == "humaneval" else ""
                found = extract.program(text, known[row["item"]]["entry_point"], start)
            yield Given(row["item"], "a model's", text if found is None else found)


def _scored(name: str, data: Path, given: Sequence[Given], workers: int) -> list[Any]:
    """The verdicts of `semcoder evaluation score`, in the order of the answers."""
    with tempfile.TemporaryDirectory() as folder:
        answers, scores = Path(folder, "answers"), Path(folder, "scores.json")
        if name.startswith("cruxeval"):
            rows: dict[str, list[str]] = {}
            for each in given:
                rows.setdefault(each.item, []).append(each.text)
            answers.write_text(json.dumps(rows), encoding="utf-8")
            option = "--generations"
        else:
            samples = [json.dumps({"task_id": each.item, "solution": each.text}) for each in given]
            answers.write_text("\n".join(samples), encoding="utf-8")
            option = "--samples"
        command = [sys.executable, "-m", "semcoder.cli", "evaluation", "score", name, option, str(answers)]
        command += ["--scores", str(scores), "--data", str(data), "--workers", str(workers)]
        subprocess.run(command, check=True)
        verdicts = json.loads(scores.read_text(encoding="utf-8"))["samples"]
    return list(_in_order(given, verdicts))


def _in_order(given: Iterable[Given], verdicts: dict[str, list[Any]]) -> Iterator[Any]:
    rows = {item: iter(row) for item, row in verdicts.items()}
    for each in given:
        verdict = next(rows[each.item])
        yield verdict if isinstance(verdict, bool) else (verdict["base"], verdict["plus"])
