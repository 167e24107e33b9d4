"""`semcoder seeds extract`: raw corpora to seeds (paper section 3.1: ASTs are parsed and subtrees sampled)."""

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from semcoder import garbage
from semcoder.artifacts import write_json, writing
from semcoder.errors import UserError
from semcoder.progress import track
from semcoder.records import Dropped, Seed, to_line
from semcoder.seeds import functions, statements
from semcoder.seeds.calls import CallIndex
from semcoder.seeds.slicing import NOT_COMPILING, Module, NotSliceable, first_line, last_line
from semcoder.seeds.sources import (
    STAGE,
    Document,
    Part,
    Source,
    call_site_documents,
    documents,
    not_kept,
    parse_sources,
)
from semcoder.shards import Shard

GENERATED = re.compile(
    r"\b(auto-?|automatically )generated\b|\bgenerated from\b|\bdo not edit\b", re.IGNORECASE
)
"""What the first lines of a generated file say (the first two phrases as in codeparrot's data cleaning)."""


@dataclass(frozen=True)
class Options:
    """What to take from each file.

    `max_lines` and `max_context_lines` of functions count code alone, no blank lines, comments and docstrings:
    what a program is made of. `min_lines`, and both bounds of statements, count lines as they stand.
    """

    kinds: frozenset[str]
    min_lines: int = 3
    max_lines: int = 60
    max_context_lines: int = 80
    statements_per_file: int = 1
    seed: int = 0


def seeds_of(file: Document, index: CallIndex, options: Options) -> Iterator[Seed | Dropped]:
    """The seeds of one file in the order of its lines, functions first, and what is none."""
    if GENERATED.search("\n".join(file.text.split("\n", 5)[:5])):
        yield not_kept(file.label, "generated file")
        return
    try:
        module = Module(file.text)
    except NOT_COMPILING as error:
        yield not_kept(file.label, "does not parse", _short(error))
        return
    taken: set[tuple[int, int]] = set()
    try:
        if "function" in options.kinds:
            for candidate in functions.candidates(module):
                result = _function_seed(candidate, module, file, index, options)
                if isinstance(result, Seed):
                    taken.add((result.first_line, result.last_line))
                yield result
        if "statements" in options.kinds:
            for span in statements.sample(
                module,
                file.label,
                options.seed,
                options.statements_per_file,
                options.min_lines,
                options.max_lines,
                taken,
            ):
                yield Seed(
                    kind="statements",
                    code=span.code,
                    source=file.label,
                    first_line=span.first,
                    last_line=span.last,
                    licence=file.licence,
                )
    except RecursionError:
        yield not_kept(file.label, "nested too deeply")


def _function_seed(
    candidate: functions.Candidate, module: Module, file: Document, index: CallIndex, options: Options
) -> Seed | Dropped:
    first, last = first_line(candidate.node), last_line(candidate.node)
    place = f"{file.label}:{first}"
    refused = functions.refusal(candidate, module, options.min_lines, options.max_lines)
    if refused:
        return not_kept(place, refused, candidate.qualified)
    try:
        code = functions.code_of(candidate, module)
        lifted = candidate.role != "function"
        context = module.context(code, candidate.name, candidate.unit, lifted, options.max_context_lines)
    except NotSliceable as error:
        return not_kept(place, error.reason, f"{candidate.qualified}: {error.detail}")
    return Seed(
        kind="function",
        code=code,
        context=context,
        calls=index.calls(file.module, candidate.qualified),
        source=file.label,
        first_line=first,
        last_line=last,
        licence=file.licence,
    )


def extract(sources: tuple[Source, ...], part: Part, options: Options) -> Iterator[Seed | Dropped]:
    """Seeds and drops of this part of all sources, in the order of the sources."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        for source in sources:
            index: CallIndex | None = None
            for file in track(documents(source, part), f"seeds of {source.label}"):
                if isinstance(file, Dropped):
                    yield file
                    continue
                if "function" in options.kinds and (index is None or not file.module):
                    index = CallIndex(call_site_documents(source) if file.module else [file])
                yield from seeds_of(file, index or CallIndex([]), options)


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def main(
    sources: Annotated[
        str, typer.Option(help="JSON list of sources; kinds: stdlib, directory, jsonl, parquet.")
    ],
    seeds: Annotated[Path, typer.Option(help="Where the seeds go (JSONL).")],
    dropped: Annotated[Path, typer.Option(help="Where what is not kept goes, with reasons (JSONL).")],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
    shard: Annotated[str, typer.Option(help="Which part of the files: 1/2 is the first of two.")] = "1/1",
    kinds: Annotated[str, typer.Option(help="Kinds of seeds, with commas.")] = "function,statements",
    min_lines: Annotated[int, typer.Option(help="Fewest lines of a seed's code.", min=1)] = 3,
    max_lines: Annotated[
        int,
        typer.Option(
            help="Most lines of a seed's code (of functions: without docstring and comments).", min=1
        ),
    ] = 60,
    max_context_lines: Annotated[
        int, typer.Option(help="Most lines that a function seed may need besides.")
    ] = 80,
    statements_per_file: Annotated[int, typer.Option(help="Statement seeds a file, at most.", min=0)] = 1,
    fraction: Annotated[
        float, typer.Option(help="Part of the files to read, picked by hash.", min=0, max=1)
    ] = 1,
    seed: Annotated[int, typer.Option(help="Another seed picks other files and other statements.")] = 0,
) -> None:
    """Read Python files and write seeds: functions with a docstring with all that they need, and statements.

    Nothing is run. Each file belongs to one shard, and what is written about it is the same in every sharding.

    Example: semcoder seeds extract --sources '[{"kind": "stdlib"}]' --seeds seeds.jsonl --dropped dropped.jsonl
    --summary summary.json
    """
    chosen = frozenset(kinds.split(","))
    if not chosen <= {"function", "statements"}:
        raise UserError(f"--kinds {kinds}: write function, statements, or both with a comma.")
    if min_lines > max_lines:
        raise UserError(f"--min-lines {min_lines} is more than --max-lines {max_lines}; swap them.")
    garbage.collect_rarely()
    options = Options(chosen, min_lines, max_lines, max_context_lines, statements_per_file, seed)
    part = Part(Shard.parse(shard), fraction, seed)
    corpora = parse_sources(sources)
    kept = 0
    reasons = Counter[str]()
    with writing(seeds) as kept_lines, writing(dropped) as dropped_lines:
        for each in extract(corpora, part, options):
            if isinstance(each, Seed):
                kept += 1
                kept_lines.write(to_line(each))
            else:
                reasons[each.reason] += 1
                dropped_lines.write(to_line(each))
    total = kept + reasons.total()
    write_json(summary, {"stage": STAGE, "in": total, "kept": kept, "dropped": dict(reasons)})
