"""From what a model wrote to verdicts and a score."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError

from semcoder import records
from semcoder.artifacts import sha256_of, write_json
from semcoder.errors import UserError
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.interface import Harness, Item
from semcoder.evaluation.checking import Ruling, Runner
from semcoder.evaluation.judges import judge_answers
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.evaluation.scorefile import ScoreFile, Setup
from semcoder.evaluation.statistics import bootstrap, interval, mean, pass_at_k
from semcoder.progress import track
from semcoder.records import Generation, ScoredItem

A = TypeVar("A")
CHUNK = 512
"""Generations judged together: between chunks progress is shown."""
PASS_AT = (1, 5, 10, 100)
CPU_S = 10.0
PATIENT_CPU_S = 120.0


def main(
    benchmark: Annotated[str, typer.Option(help=f"One of: {', '.join(BENCHMARKS)}.")],
    data: Annotated[list[Path], typer.Option(help="The benchmark's files.")],
    generations: Annotated[list[Path], typer.Option(help="What the model wrote, all shards.")],
    items: Annotated[Path, typer.Option(help="Verdicts to write, one line a generation.")],
    score: Annotated[Path, typer.Option(help="Score to write (JSON).")],
    workers: Annotated[int, typer.Option(help="Sandboxed processes side by side.")] = 2,
    cpu_seconds: Annotated[
        float, typer.Option(help="Processor time of one program on all its tests.")
    ] = CPU_S,
    patient_cpu_seconds: Annotated[
        float, typer.Option(help="The same for reference solutions and the long lists of EvalPlus.")
    ] = PATIENT_CPU_S,
    setup: Annotated[
        list[Path] | None,
        typer.Option(help="How the generations were made, of each shard; the score keeps it."),
    ] = None,
) -> None:
    """Judge generations, and write verdicts and pass@k with its 95 % interval.

    Nothing that a model wrote shares a process with a test, a reference or an expected value.
    Every generation is judged; one for an item that the data do not have is an error. For output and input
    prediction the score also says how many of the items are solved by copying what the question shows.

    Example: semcoder evaluation judge --benchmark humaneval --data HumanEval.jsonl.gz --generations g.jsonl
    --items items.jsonl --score score.json
    """
    harness = harness_of(benchmark)
    written = list(records.read_all(generations, Generation))
    if not written:
        raise UserError(f"{generations[0]}: no generations; make them with `semcoder evaluation generate`.")
    files = harness.files(data)
    known: dict[str, Item] = {item.id: item for item in harness.read(files)}
    place = {id: number for number, id in enumerate(known)}
    for generation in written:
        if generation.item not in known:
            raise UserError(
                f"the generations answer {generation.item}, which {data[0]} does not have; "
                "give --data the files that they were made from."
            )
    written.sort(key=lambda generation: (place[generation.item], generation.sample))
    with Runner(workers, cpu_seconds, patient_cpu_seconds) as runner:
        scored = judge(harness, known, written, runner)
        asked = [known[id] for id in dict.fromkeys(generation.item for generation in written)]
        copied = copying(harness, asked, runner)
    hashes = {path.name: sha256_of(path) for path in files}
    summary = summarize(benchmark, written, scored, copied, hashes, _setup_of(setup or []))
    records.write(items, scored)
    write_json(score, summary.model_dump(mode="json"))
    low, high = summary.interval
    print(
        f"{benchmark}: pass@1 {100 * summary.pass_at['1']:.1f} % [{100 * low:.1f}, {100 * high:.1f}], "
        f"{summary.items} of {len(known)} items",
        file=sys.stderr,
    )


def harness_of(benchmark: str) -> Harness[Any]:
    """The harness of a benchmark; raises UserError for an unknown name."""
    if benchmark not in HARNESSES:
        raise UserError(f"--benchmark {benchmark} is not one of {', '.join(HARNESSES)}.")
    return HARNESSES[benchmark]


def judge(
    harness: Harness[Any], items: Mapping[str, Item], written: Sequence[Generation], runner: Runner
) -> list[ScoredItem]:
    """A verdict for each generation, in their order."""
    answers = [(g.item, harness.answer(items[g.item], g)) for g in written]
    rulings = rule(harness, items, answers, runner)
    return [
        ScoredItem(
            parents=(generation.id,),
            item=generation.item,
            group=harness.group(items[generation.item]),
            sample=generation.sample,
            answer=answer or "",
            passed=ruling.passed,
            reason=ruling.reason,
        )
        for generation, (_, answer), ruling in zip(written, answers, rulings, strict=True)
    ]


def rule(
    harness: Harness[Any],
    items: Mapping[str, Item],
    answers: Sequence[tuple[str, str | None]],
    runner: Runner,
) -> list[Ruling]:
    """The ruling on each (item's id, answer), in their order; equal answers to an item are judged once."""
    rulings: dict[tuple[str, str | None], Ruling] = {}
    for chunk in chunks(list(dict.fromkeys(answers))):
        verdicts = judge_answers(harness, runner, [(items[id], answer) for id, answer in chunk])
        rulings.update(zip(chunk, verdicts, strict=True))
    return [rulings[each] for each in answers]


def chunks(answers: Sequence[A]) -> Iterable[Sequence[A]]:
    """The answers in pieces that are judged together, with progress."""
    pieces = [answers[start : start + CHUNK] for start in range(0, len(answers), CHUNK)]
    return track(pieces, "chunks of answers judged")


def copying(harness: Harness[Any], items: Sequence[Item], runner: Runner) -> list[float] | None:
    """1.0 for each item that its plainest copy solves, else 0.0; None where there is nothing to copy."""
    copies = [(item, answer) for item in items for answer in harness.copies(item)[:1]]
    return [float(ruling.passed) for ruling in judge_answers(harness, runner, copies)] if copies else None


def _setup_of(paths: Sequence[Path]) -> Setup | None:
    """What the shards say of how they were made. Raises UserError where they do not agree."""
    found = []
    for path in paths:
        try:
            found.append(Setup.model_validate_json(path.read_text(encoding="utf-8")))
        except (OSError, ValidationError) as error:
            raise UserError(f"{path}: not what `evaluation generate --setup` writes ({error}).") from error
    if any(each != found[0] for each in found):
        raise UserError(f"{paths[0]}: the shards were made in different ways; make them all anew.")
    return found[0] if found else None


def summarize(
    benchmark: str,
    written: Sequence[Generation],
    scored: Sequence[ScoredItem],
    copied: Sequence[float] | None,
    hashes: dict[str, str],
    setup: Setup | None,
) -> ScoreFile:
    """The score. Raises UserError where items have different numbers of samples or rows mix models."""
    models, formats = {g.model for g in written}, {g.format for g in written}
    if len(models) > 1 or (len(formats) > 1 and not benchmark_is_code(benchmark)):
        raise UserError(
            f"the generations are of {', '.join(sorted(models))} in {', '.join(sorted(formats))}; "
            "score one model and one format at a time."
        )
    if len({(g.item, g.sample) for g in written}) != len(written):
        raise UserError("some sample of an item is there twice; give each file of generations once.")
    by_item: dict[str, list[bool]] = {}
    for row in scored:
        by_item.setdefault(row.item, []).append(row.passed)
    samples = {len(passed) for passed in by_item.values()}
    if len(samples) > 1:
        raise UserError(
            f"some items have {min(samples)} samples and others {max(samples)}; give all files of generations."
        )
    count = samples.pop()
    shares = {
        k: [pass_at_k(count, sum(passed), k) for passed in by_item.values()] for k in PASS_AT if k <= count
    }
    group = {row.item: row.group for row in scored}
    of = [group[item] for item in by_item]
    return ScoreFile(
        model=models.pop(),
        benchmark=benchmark,
        format=written[0].format,
        items=len(by_item),
        samples=count,
        groups=len(set(of)),
        pass_at={str(k): mean(values) for k, values in shares.items()},
        interval=interval(shares[1], of, count),
        bootstrap=bootstrap(shares[1], of),
        copied=mean(copied) if copied is not None else None,
        copied_interval=interval(copied, of) if copied is not None else None,
        reasons=dict(sorted(Counter(row.reason for row in scored).items())),
        data_sha256=hashes,
        setup=setup,
    )


def benchmark_is_code(benchmark: str) -> bool:
    """Whether a program is asked for; rounds of refinement mix first answers with repairs there."""
    return BENCHMARKS[benchmark].task == "code"
