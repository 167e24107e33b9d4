"""One round of self-refinement: what failed is shown to the model with a failing test, and written anew."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from semcoder import records
from semcoder.artifacts import sha256_of
from semcoder.errors import UserError
from semcoder.evaluation.benchmarks.interface import Harness
from semcoder.evaluation.checking import Runner
from semcoder.evaluation.engine import open_engine
from semcoder.evaluation.generate import (
    Asking,
    Question,
    answer,
    fingerprint,
    parsed,
    style_of,
    weights_of,
    write_setup,
)
from semcoder.evaluation.judging import CPU_S, PATIENT_CPU_S, harness_of
from semcoder.evaluation.partial import Partial
from semcoder.evaluation.prompts import Rationale, Style, refine_prompt
from semcoder.evaluation.sampling import EngineSettings, Sampling
from semcoder.evaluation.scorefile import Feedback
from semcoder.execution.api import Job
from semcoder.records import Generation, ScoredItem, Trace
from semcoder.refine.feedback import Failure, failures, shown_code
from semcoder.tracing.formats import next_scratchpad

RATIONALES = ("monologue", "trace", "none")
STOP = "[/Refined]"


def main(
    number: Annotated[int, typer.Option("--round", min=1, help="Which round this is, from 1.")],
    model: Annotated[str, typer.Option(help="Folder of the model, or its name at a server.")],
    name: Annotated[str, typer.Option(help="What tables call the model.")],
    benchmark: Annotated[str, typer.Option(help="humaneval, humaneval_plus, mbpp or mbpp_plus.")],
    data: Annotated[list[Path], typer.Option(help="The benchmark's files.")],
    previous_generations: Annotated[
        list[Path], typer.Option(help="First answers, or those of the round before.")
    ],
    previous_items: Annotated[list[Path], typer.Option(help="Their verdicts.")],
    out_generations: Annotated[Path, typer.Option(help="Generations to write (JSONL).")],
    feedback: Annotated[
        str, typer.Option(help="Whose failures are shown: base, or plus (leaks the tests that are scored).")
    ] = "base",
    rationale: Annotated[
        str, typer.Option(help="monologue, trace (the real execution is shown) or none.")
    ] = "monologue",
    style: Annotated[
        str, typer.Option(help="corrected, or upstream: byte for byte what the released checkpoints saw.")
    ] = "corrected",
    engine: Annotated[
        str, typer.Option(help='What runs the model, as JSON: {"kind": "transformers"}.')
    ] = "{}",
    sampling: Annotated[
        str, typer.Option(help='Decoding, as JSON: {"max_tokens": 512}; one sample each.')
    ] = "{}",
    threads: Annotated[int, typer.Option(help="CPU threads, 0 for the engine's own choice.")] = 0,
    workers: Annotated[int, typer.Option(help="Sandboxed processes side by side.")] = 2,
    setup: Annotated[Path | None, typer.Option(help="Where to write how this was made (JSON).")] = None,
    revision: Annotated[
        str, typer.Option(help="Which model this is; by default the sha256 of its weights.")
    ] = "",
) -> None:
    """Refine once (paper section 6.3): failed answers are repaired, all others are kept word for word.

    The prompt shows the program that failed, never the reference, and a test that it fails. With
    `--feedback base` an answer that fails only on hidden tests is kept: nothing that may be shown speaks
    against it. Where answers are drawn, the seed is that of --sampling plus the round's number. A killed run goes
    on where it stopped, as `evaluation generate` does.

    Example: semcoder refine round --round 1 --model models/base --name base --benchmark humaneval_plus
    --data HumanEvalPlus.jsonl.gz --previous-generations g.jsonl --previous-items items.jsonl
    --engine '{"kind": "transformers"}' --out-generations round1.jsonl
    """
    harness = harness_of(benchmark)
    if feedback not in ("base", "plus"):
        raise UserError(f"--feedback {feedback} is not one of base, plus.")
    if rationale not in RATIONALES:
        raise UserError(f"--rationale {rationale} is not one of {', '.join(RATIONALES)}.")
    settings = parsed(EngineSettings, engine, "--engine")
    decoding = parsed(Sampling, sampling, "--sampling")
    if decoding.n != 1:
        raise UserError(
            f"--sampling: a round writes one repair of each answer, so n must be 1, not {decoding.n}."
        )
    # Draws are seeded by the prompt: without a seed of its own a round would repeat the one before.
    stops = tuple(dict.fromkeys([*decoding.stop, STOP]))
    decoding = decoding.model_copy(update={"stop": stops, "seed": decoding.seed + number})
    files = harness.files(data)
    before = list(records.read_all(previous_generations, Generation))
    failed = _failed(before, list(records.read_all(previous_items, ScoredItem)), previous_items[0])
    with Runner(workers, CPU_S, PATIENT_CPU_S) as runner:
        questions = ask(
            runner,
            harness,
            {item.id: item for item in harness.read(files)},
            failed,
            feedback == "plus",
            cast(Rationale, rationale),
            style_of(style),
        )
    options = {
        "round": number,
        "model": fingerprint(model),
        "data": {path.name: sha256_of(path) for path in files},
        "engine": settings.model_dump(mode="json"),
        "sampling": decoding.model_dump(mode="json"),
        "prompts": hashlib.sha256(json.dumps(questions).encode()).hexdigest(),
    }
    asking = Asking(name, before[0].benchmark, before[0].format, decoding)
    with Partial(out_generations, options) as partial:
        answer(
            questions,
            asking,
            partial,
            lambda: open_engine(settings, model, threads),
        )
        repaired = {(row.item, row.sample): row for row in partial.rows(questions, 1)}
        records.write(out_generations, [repaired.get((row.item, row.sample), row) for row in before])
        given = cast(Feedback, feedback)
        write_setup(setup, settings, decoding, style, revision or weights_of(model), feedback=given)
        partial.discard()


def _failed(before: Sequence[Generation], verdicts: Sequence[ScoredItem], source: Path) -> list[Generation]:
    """The generations that did not pass. Raises UserError where the verdicts are of other generations."""
    passed = {parent: verdict.passed for verdict in verdicts for parent in verdict.parents}
    unjudged = [row for row in before if row.id not in passed]
    if unjudged or not before:
        what = unjudged[0].item if unjudged else "any generation"
        raise UserError(f"{source}: no verdict on {what}; score the previous generations first.")
    return [row for row in before if not passed[row.id]]


def ask(
    runner: Runner,
    harness: Harness[Any],
    items: dict[str, Any],
    failed: Sequence[Generation],
    plus: bool,
    rationale: Rationale,
    style: Style,
) -> list[Question]:
    """A refinement prompt for each failed answer of which a failing test may be shown."""
    answers = [(items[row.item], harness.answer(items[row.item], row)) for row in failed]
    found = failures(runner, harness, answers, plus)
    bugs = [
        (row, item, shown_code(code), failure)
        for row, (item, code), failure in zip(failed, answers, found, strict=True)
        if failure is not None
    ]
    traces = (
        _traces(runner, [(code, failure) for _, _, code, failure in bugs]) if rationale == "trace" else []
    )
    return [
        Question(
            row.item,
            refine_prompt(
                item.prompt, code, failure.text(style), rationale, style, traces[place] if traces else ""
            ),
            row.sample,
        )
        for place, (row, item, code, failure) in enumerate(bugs)
    ]


def _traces(runner: Runner, bugs: Sequence[tuple[str, Failure]]) -> list[str]:
    """Each program with the states of its real run on the failing call; the program alone where there are none."""
    jobs = (Job(str(n), code, bug.entry_point, (bug.call,), trace=True) for n, (code, bug) in enumerate(bugs))
    texts: list[str] = []
    for (code, _), outcome in zip(bugs, runner.quick(jobs), strict=True):
        events = outcome.results[0].events if outcome.results else ()
        texts.append(next_scratchpad(code, Trace(events=events)) if events else code)
    return texts
