"""Scores of answers that others wrote, in the files of CRUXEval's and EvalPlus' own harnesses."""

import ast
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from semcoder.artifacts import write_json
from semcoder.errors import UserError
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.evalplus import Differential
from semcoder.evaluation.benchmarks.prediction import Question
from semcoder.evaluation.checking import Runner
from semcoder.evaluation.extract import call_arguments, compared
from semcoder.evaluation.judges.evalplus import judge_part
from semcoder.evaluation.judging import CPU_S, PATIENT_CPU_S, chunks, rule
from semcoder.evaluation.statistics import mean, pass_at_k
from semcoder.execution import literals
from semcoder.progress import tell
from semcoder.reading import read_lines, read_text

Foreign = Literal["cruxeval-output", "cruxeval-input", "humaneval", "mbpp"]
EXTERNAL = Path("data/external")
DATA = {
    "cruxeval-output": EXTERNAL / "cruxeval/cruxeval.jsonl",
    "cruxeval-input": EXTERNAL / "cruxeval/cruxeval.jsonl",
    "humaneval": EXTERNAL / "humaneval_plus/HumanEvalPlus.jsonl.gz",
    "mbpp": EXTERNAL / "mbpp_plus/MbppPlus.jsonl.gz",
}
"""Where `semcoder data fetch` puts them."""


def main(
    benchmark: Annotated[Foreign, typer.Argument(help="Whose questions were answered.", show_default=False)],
    scores: Annotated[Path, typer.Option(help="JSON to write.")],
    generations: Annotated[
        Path | None,
        typer.Option(
            help='CRUXEval: {"sample_0": ["answer", ...], ...}; an answer is a value, or for inputs a call of f.'
        ),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(help="HumanEval and MBPP: EvalPlus' samples, {task_id, solution or completion} a line."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="The benchmark's file; where the workflow keeps it, in data/external, if left out."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Sandboxed processes side by side.")] = 2,
    cpu_seconds: Annotated[float, typer.Option(help="Processor time of one answer.")] = CPU_S,
    patient_cpu_seconds: Annotated[
        float, typer.Option(help="The same for reference solutions and the plus inputs of EvalPlus.")
    ] = PATIENT_CPU_S,
) -> None:
    """Score a file of CRUXEval's or EvalPlus' own kind; every answer gets a verdict.

    CRUXEval: `pass_at_1` and `pass_at_5` in percent, `samples`, true or false for each answer, and `reasons`. What
    could not stand behind `assert OUTPUT ==`, or for inputs is no call of f, is `no answer`. An answer stands for a
    value: one whose value is no plain data (an iterator, a class of an imported module) is `not allowed`, and it is
    evaluated where the program is not, so it can neither call nor change it. HumanEval and
    MBPP: `base` and `plus`, each with `pass_at_1` in percent, and `samples` with a verdict on both for each
    sample. pass@5 of fewer than five answers is null. Items without an answer do not count: `items` and `of`
    say how many there are.

    Example: semcoder evaluation score cruxeval-output --generations generations.json --scores scores.json
    """
    prediction = benchmark.startswith("cruxeval")
    given, other = (generations, samples) if prediction else (samples, generations)
    if given is None or other is not None:
        option = "--generations" if prediction else "--samples"
        raise UserError(f"{benchmark}: give the answers with {option}, and nothing else.")
    source = data or DATA[benchmark]
    if not source.is_file():
        raise UserError(
            f"{source}: no such file; name the benchmark's file with --data, or get it: semcoder data fetch "
            f"{DATA[benchmark].parent.name} --versions data/versions.csv --out {DATA[benchmark]} (with --mirror DIR "
            f"where a folder holds it)."
        )
    with Runner(workers, cpu_seconds, patient_cpu_seconds) as runner:
        if prediction:
            found = _cruxeval(benchmark, given, source, runner)
        else:
            found = _evalplus(benchmark, given, source, runner)
    write_json(scores, found)
    if all(not any(row) for row in found["samples"].values()) and prediction:
        print(f"no answer is right: {found['reasons']}", file=sys.stderr)
    shares = (
        {"pass@1": found["pass_at_1"]}
        if prediction
        else {f"pass@1 {part}": found[part]["pass_at_1"] for part in ("base", "plus")}
    )
    told = ", ".join(f"{name} {share:.1f} %" for name, share in shares.items())
    tell(f"{told} of {found['items']} answered items (there are {found['of']}); written to {scores}")


def _items(benchmark: Foreign, name: str, data: Path) -> dict[str, Any]:
    """The items of the harness `name` by their ids; what is wrong with the file says which it has to be."""
    try:
        return {item.id: item for item in HARNESSES[name].read([data])}
    except UserError as error:
        raise UserError(f"{str(error).rstrip('.')}: {benchmark} needs {DATA[benchmark].name}.") from error


def _cruxeval(benchmark: Foreign, path: Path, data: Path, runner: Runner) -> dict[str, Any]:
    name = benchmark.replace("-", "_")
    known: dict[str, Question] = _items(benchmark, name, data)
    written = _generations(path)
    _require_known(written, known, path, data)
    _require_readable(known.values(), data)
    outputs = benchmark == "cruxeval-output"
    answers = [
        (item, compared(text) if outputs else call_arguments(text, known[item].entry_point))
        for item, texts in written.items()
        for text in texts
    ]
    rulings = rule(HARNESSES[name], known, answers, runner)
    passed = iter(rulings)
    verdicts = {item: [next(passed).passed for _ in texts] for item, texts in written.items()}
    return {
        "pass_at_1": _percent(verdicts.values(), 1),
        "pass_at_5": _percent(verdicts.values(), 5),
        "items": len(verdicts),
        "of": len(known),
        "reasons": dict(sorted(Counter(ruling.reason for ruling in rulings).items())),
        "samples": verdicts,
    }


def _evalplus(benchmark: Foreign, path: Path, data: Path, runner: Runner) -> dict[str, Any]:
    known: dict[str, Differential] = _items(benchmark, f"{benchmark}_plus", data)
    written = _samples(path, known)
    _require_known(written, known, path, data)
    order = [(known[item], code) for item, codes in written.items() for code in codes]
    distinct = list({(item.id, code): (item, code) for item, code in order}.values())
    base: dict[tuple[str, str], bool] = {}
    plus: dict[tuple[str, str], bool] = {}
    for chunk in chunks(distinct):
        for (item, code), ruling in zip(chunk, judge_part(runner, chunk, False), strict=True):
            base[item.id, code] = ruling.passed
        again = [(item, code) for item, code in chunk if base[item.id, code]]
        for (item, code), ruling in zip(again, judge_part(runner, again, True), strict=True):
            plus[item.id, code] = ruling.passed
    verdicts = {
        item: [{"base": base[item, code], "plus": plus.get((item, code), False)} for code in codes]
        for item, codes in written.items()
    }
    shares = {
        part: {"pass_at_1": _percent([[each[part] for each in row] for row in verdicts.values()], 1)}
        for part in ("base", "plus")
    }
    return {**shares, "items": len(verdicts), "of": len(known), "samples": verdicts}


def _percent(verdicts: Iterable[Sequence[bool]], k: int) -> float | None:
    """pass@k in percent; None where some item has fewer than k answers."""
    rows = list(verdicts)
    if min(map(len, rows)) < k:
        return None
    return 100 * mean([pass_at_k(len(row), sum(row), k) for row in rows])


def _generations(path: Path) -> dict[str, list[str]]:
    """The answers by item. Raises UserError for what is not CRUXEval's generations file."""
    form = '{"sample_0": ["answer", ...], ...}'
    try:
        found = json.loads(read_text(path), object_pairs_hook=_no_key_twice)
    except (ValueError, RecursionError) as error:
        raise UserError(f"--generations {path}: not JSON ({error}); it has to be {form}.") from error
    if not isinstance(found, dict) or not found:
        raise UserError(f"--generations {path}: no answers; it has to be {form}.")
    for item, texts in found.items():
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise UserError(f"--generations {path}: {item} has no list of answers; it has to be {form}.")
    return found


def _samples(path: Path, known: Mapping[str, Differential]) -> dict[str, list[str]]:
    """The programs by problem. Raises UserError for what is not EvalPlus' samples file."""
    found: dict[str, list[str]] = {}
    for number, line in read_lines(path):
        where = f"--samples {path}, line {number}"
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{where}: not JSON ({error}).") from error
        if not isinstance(row, dict) or not isinstance(row.get("task_id"), str):
            raise UserError(f"{where}: no task_id; a line has to be {{task_id, solution or completion}}.")
        code, rest = row.get("solution"), row.get("completion")
        if not isinstance(code, str) and not isinstance(rest, str):
            raise UserError(f"{where}: neither solution nor completion is a text; give one of them.")
        item = known.get(row["task_id"])
        prompt = item.prompt if item is not None else ""
        found.setdefault(row["task_id"], []).append(code if isinstance(code, str) else f"{prompt}{rest}")
    if not found:
        raise UserError(
            f"--samples {path}: no samples; a line has to be {{task_id, solution or completion}}."
        )
    return found


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an item stands there twice")
    return found


def _require_readable(items: Iterable[Question], data: Path) -> None:
    for item in items:
        try:
            literals.parse(item.output)
            ast.parse(item.code)
        except (ValueError, SyntaxError, RecursionError) as error:
            raise UserError(f"{data}: {item.id} cannot be read ({error}); fetch the file anew.") from error


def _require_known(written: Iterable[str], known: Mapping[str, Any], path: Path, data: Path) -> None:
    for item in written:
        if item not in known:
            raise UserError(f"{path}: {data} has no item {item}; give the benchmark that was answered.")
