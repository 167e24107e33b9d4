"""What a model answers to a benchmark."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar, cast

import typer
from pydantic import BaseModel, ValidationError

from semcoder import records
from semcoder.artifacts import sha256_of, write_json
from semcoder.errors import UserError, first_fault
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.interface import Item
from semcoder.evaluation.engine import Engine, open_engine, versions
from semcoder.evaluation.fewshot import Template, read_template
from semcoder.evaluation.partial import Partial
from semcoder.evaluation.prompts import RELEASED_LABEL_OFFSET, STYLES, Style, is_few_shot
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.evaluation.sampling import BATCH_FIELDS, EngineSettings, Sampling
from semcoder.evaluation.scorefile import Feedback, FewShot, Setup
from semcoder.progress import track
from semcoder.records import Generation
from semcoder.shards import Shard

I = TypeVar("I", bound=Item)  # noqa: E741


class Question(NamedTuple):
    """A prompt and where its answers belong."""

    item: str
    prompt: str
    sample: int = 0
    """Number of its first sample."""


def main(
    model: Annotated[str, typer.Option(help="Folder of the model, or its name at a server.")],
    name: Annotated[str, typer.Option(help="What tables call the model.")],
    benchmark: Annotated[str, typer.Option(help=f"One of: {', '.join(BENCHMARKS)}.")],
    data: Annotated[list[Path], typer.Option(help="The benchmark's files.")],
    format: Annotated[
        str, typer.Option(help="monologue, scratchpad, next, concise, direct, cot; code for programs.")
    ],
    generations: Annotated[Path, typer.Option(help="Generations to write (JSONL).")],
    style: Annotated[
        str,
        typer.Option(
            help="corrected; upstream: byte for byte what the released checkpoints saw; base: untrained models."
        ),
    ] = "corrected",
    few_shot: Annotated[
        Path | None, typer.Option(help="CRUXEval's prompts.py, for its few-shot prompts; else ours are used.")
    ] = None,
    label_offset: Annotated[
        int, typer.Option(help=f"Added to line labels; {RELEASED_LABEL_OFFSET} for released checkpoints.")
    ] = 0,
    engine: Annotated[
        str, typer.Option(help='What runs the model, as JSON: {"kind": "transformers"}.')
    ] = "{}",
    sampling: Annotated[str, typer.Option(help='Decoding, as JSON: {"temperature": 0.2, "n": 10}.')] = "{}",
    limit: Annotated[int, typer.Option(help="Items used, chosen by the hash of their ids; 0 for all.")] = 0,
    shard: Annotated[str, typer.Option(help="Which piece of the items: 3/16.")] = "1/1",
    threads: Annotated[int, typer.Option(help="CPU threads, 0 for the engine's own choice.")] = 0,
    setup: Annotated[Path | None, typer.Option(help="Where to write how this was made (JSON).")] = None,
    revision: Annotated[
        str, typer.Option(help="Which model this is; by default the sha256 of its weights.")
    ] = "",
) -> None:
    """Ask a model the questions of a benchmark.

    Answers are kept as they come in a file beside the result (.partial.jsonl), so a killed run goes on where it
    stopped; the batches are the same as in an undisturbed run.

    Example: semcoder evaluation generate --model models/base --name base --benchmark cruxeval_output
    --data cruxeval.jsonl --format monologue --engine '{"kind": "transformers"}' --generations g.jsonl
    """
    harness = HARNESSES.get(benchmark)
    if harness is None:
        raise UserError(f"--benchmark {benchmark} is not one of {', '.join(HARNESSES)}.")
    if format not in harness.formats:
        raise UserError(f"--format {format}: {benchmark} has {', '.join(harness.formats)}.")
    settings = parsed(EngineSettings, engine, "--engine")
    decoding = parsed(Sampling, sampling, "--sampling")
    asked = style_of(style)
    if few_shot:
        harness = harness.asked_by(template_of(few_shot, benchmark, format, asked))
    stops = dict.fromkeys([*decoding.stop, *harness.stop(asked)])
    decoding = decoding.model_copy(update={"stop": tuple(stops)})
    files = harness.files(data)
    items = choose(harness.read(files), limit, Shard.parse(shard))
    questions = [Question(item.id, harness.prompt(item, format, asked, label_offset)) for item in items]
    asking = Asking(name, benchmark, format, decoding)
    options = {
        "model": fingerprint(model),
        "name": name,
        "benchmark": benchmark,
        "format": format,
        "data": {path.name: sha256_of(path) for path in files},
        "engine": settings.model_dump(mode="json"),
        "sampling": decoding.model_dump(mode="json"),
        "prompts": hashlib.sha256(json.dumps(questions).encode()).hexdigest(),
    }
    with Partial(generations, options) as partial:
        answer(questions, asking, partial, lambda: open_engine(settings, model, threads))
        records.write(generations, partial.rows(questions, decoding.n))
        shown: FewShot = ("benchmark" if few_shot else "ours") if is_few_shot(format, asked) else ""
        write_setup(setup, settings, decoding, style, revision or weights_of(model), shown)
        partial.discard()


@dataclass(frozen=True)
class Asking:
    """What the questions of one run have in common."""

    name: str
    benchmark: str
    format: str
    sampling: Sampling


def answer(
    questions: Sequence[Question], asking: Asking, partial: Partial, start: Callable[[], Engine]
) -> None:
    """Ask what `partial` does not have yet, group by group; the engine starts only if something is left."""
    if partial.has(questions, asking.sampling.n):
        return
    engine = start()
    groups = grouped(questions, engine.group)
    left = [group for group in groups if not partial.has(group, asking.sampling.n)]
    for group in track(left, f"{asking.benchmark}: groups of up to {engine.group} prompts"):
        answers = engine.generate([question.prompt for question in group], asking.sampling)
        partial.add(
            Generation(
                model=asking.name,
                benchmark=asking.benchmark,
                format=asking.format,
                item=question.item,
                sample=question.sample + number,
                prompt=question.prompt,
                text=completion.text,
                finish=completion.finish,
            )
            for question, completions in zip(group, answers, strict=True)
            for number, completion in enumerate(completions)
        )


def choose(items: Sequence[I], limit: int, shard: Shard) -> list[I]:
    """The `limit` items with the smallest hashes (0: all), then those of the shard, in the order given."""
    if limit:
        kept = sorted(items, key=lambda item: hashlib.sha256(item.id.encode()).digest())[:limit]
        chosen = {item.id for item in kept}
        items = [item for item in items if item.id in chosen]
    return [item for item in items if shard.holds(item.id)]


def grouped(questions: Sequence[Question], size: int) -> list[list[Question]]:
    """Groups of questions of similar length, the longest first, so that little is padded."""
    ordered = sorted(questions, key=lambda question: (-len(question.prompt), question.item, question.sample))
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def fingerprint(model: str) -> str:
    """Names the weights without reading them: sizes and times of the folder's files; a server's model by name."""
    folder = Path(model)
    if not folder.is_dir():
        return model
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    seen = [
        (file.relative_to(folder).as_posix(), file.stat().st_size, file.stat().st_mtime_ns) for file in files
    ]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


def weights_of(model: str) -> str:
    """sha256 of the weights in a model's folder; empty for a model at a server."""
    files = sorted(Path(model).rglob("*.safetensors"))
    hashes = [sha256_of(file) for file in files]
    return hashlib.sha256("".join(hashes).encode()).hexdigest() if hashes else ""


def template_of(file: Path, benchmark: str, format: str, style: Style) -> Template:
    """The benchmark's own few-shot prompt; raises UserError where no examples are shown, or it has none."""
    facts = BENCHMARKS[benchmark]
    if not facts.prompts or not is_few_shot(format, style):
        raise UserError(
            f"--few-shot {file}: {benchmark} in the format {format} and style {style} takes none; leave it out."
        )
    return read_template(file, f"make_{format}_{facts.task}_prompt")


def write_setup(
    path: Path | None,
    engine: EngineSettings,
    sampling: Sampling,
    style: str,
    revision: str,
    few_shot: FewShot = "",
    feedback: Feedback = "",
) -> None:
    """Write how generations were made."""
    if path:
        name = engine.kind if engine.kind == "openai" else f"{engine.kind} {engine.dtype}"
        made = Setup(
            engine=name,
            versions=versions(engine.kind),
            batch={field: getattr(engine, field) for field in BATCH_FIELDS[engine.kind]},
            sampling=sampling,
            style=style,
            few_shot=few_shot,
            feedback=feedback,
            revision=revision,
        )
        write_json(path, made.model_dump(mode="json"))


def style_of(text: str) -> Style:
    """The prompt style of that name; raises UserError."""
    if text not in STYLES:
        raise UserError(f"--style {text} is not one of {', '.join(STYLES)}.")
    return cast(Style, text)


M = TypeVar("M", bound=BaseModel)


def parsed(kind: type[M], text: str, option: str) -> M:
    """A model out of an option's JSON; raises UserError naming the key at fault."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise UserError(f"{option}: {first_fault(error)}; see --help for an example.") from error
