"""`semcoder monologue quality`: how good the monologues of each source are, and what they cost."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest
from itertools import islice, pairwise
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Annotated, NamedTuple

import typer
from pydantic import BaseModel, ConfigDict, Field

from semcoder import records
from semcoder.artifacts import writing
from semcoder.errors import UserError
from semcoder.execution.api import Limits
from semcoder.execution.compare import same
from semcoder.execution.pool import Sandbox
from semcoder.monologue.evidence import Question, Told, beside_runs, results, told
from semcoder.monologue.released import Released, read_released
from semcoder.progress import tell, track
from semcoder.reading import read_model
from semcoder.records import Direction, Monologue, Program, TestCase, Trace
from semcoder.teacher.bill import Post

PYX = "released PyX"
SAMPLE = 2000
WORDS = 20_000
"""Words that lexical diversity is measured on: the share of different pairs falls with the length of a text."""
_TOKEN = re.compile(r"\w+|[^\w\s]")
_CODE = re.compile(r"```.*?```|`[^`\n]*`|\[L\d+\]", re.DOTALL)
_WORD = re.compile(r"[a-z']+")
_NOTE = """\
Of each source and direction {sample:,} monologues at most are looked at, those with the smallest ids.

- Accepted: the share of what was asked for that passed the checks of its stage; of the released rows, those whose
  answer execution confirms.
- Free of false claims: of those kept, each held against the real run. Claims are per monologue.
- Coverage: the share of executed lines with an effect that a monologue speaks of, on average.
- Tokens: {tokens}; median and 95th percentile.
- Diversity: the share of different pairs among neighbouring words outside code, over the first {words:,} words
  (distinct-2).
- Cost: tokens asked of and answered by the teacher, refused samples included, per monologue kept.
"""


class Summary(BaseModel):
    """What the summary of a stage that makes monologues says."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    direction: Direction
    asked: int = Field(alias="in")
    kept: int
    revised: int = 0
    teacher: list[Post] = []

    @property
    def tokens(self) -> int:
        """Asked of the teacher and answered."""
        return sum(each.tokens for each in self.teacher)


class Line(NamedTuple):
    """A row of the table; None where something is not known of a source."""

    source: str
    direction: Direction
    asked: int | None
    kept: int
    accepted: float | None
    revised: int | None
    looked_at: int
    free_of_false: float | None = None
    supported: float | None = None
    contradicted: float | None = None
    not_checkable: float | None = None
    coverage: float | None = None
    tokens_median: float | None = None
    tokens_p95: float | None = None
    distinct_2: float | None = None
    cost_tokens: float | None = None


def line(
    source: str,
    direction: Direction,
    rows: Sequence[Told],
    counts: Summary | None,
    length: Callable[[str], int],
    accepted: float | None = None,
) -> Line:
    """The measures of one source in one direction; `accepted` is for a source whose stage left no counts."""
    asked, kept = (counts.asked, counts.kept) if counts else (None, len(rows))
    empty = Line(
        *(source, direction, asked, kept),
        accepted=counts.kept / counts.asked if counts and counts.asked else accepted,
        revised=counts.revised if counts else None,
        looked_at=len(rows),
        cost_tokens=counts.tokens / kept if counts and kept else None,
    )
    if not rows:
        return empty
    found = [row.verified() for row in track(rows, f"{source}, {direction}", len(rows))]
    claims = sum((each.counts for each in found), Counter())
    lengths = [length(row.text) for row in rows]
    return empty._replace(
        free_of_false=mean(each.accepted for each in found),
        supported=claims["supported"] / len(rows),
        contradicted=claims["contradicted"] / len(rows),
        not_checkable=claims["not_checkable"] / len(rows),
        coverage=mean(each.coverage for each in found),
        tokens_median=median(lengths),
        tokens_p95=quantiles(lengths, n=20)[-1] if len(lengths) > 1 else lengths[0],
        distinct_2=distinct_pairs(row.text for row in rows),
    )


def distinct_pairs(texts: Iterable[str]) -> float:
    """The share of different pairs among neighbouring words outside code, over the first WORDS words."""
    words = (word for text in texts for word in _WORD.findall(_CODE.sub(" ", text).lower()))
    taken = list(islice(words, WORDS))
    pairs = list(pairwise(taken))
    return len(set(pairs)) / len(pairs) if pairs else 0.0


def rough_tokens(text: str) -> int:
    """Words, numbers and marks; SmolLM2's tokenizer counts 5 % more on monologues written here."""
    return len(_TOKEN.findall(text))


def _named(words: Iterable[str], flag: str) -> dict[str, list[Path]]:
    """{source: its paths} of NAME=PATH options."""
    found: dict[str, list[Path]] = defaultdict(list)
    for word in words:
        name, mark, path = word.partition("=")
        if not (name and mark and path):
            raise UserError(f"{flag} {word}: write it as NAME=PATH, the name being that of the source.")
        found[name].append(Path(path))
    return found


def _counted(paths: Iterable[Path]) -> dict[Direction, Summary]:
    found: dict[Direction, Summary] = {}
    for path in paths:
        one = read_model(path, Summary)
        before = found.get(one.direction, Summary(direction=one.direction, asked=0, kept=0))
        sums = {name: getattr(before, name) + getattr(one, name) for name in ("asked", "kept", "revised")}
        bill = [*before.teacher, *one.teacher]
        found[one.direction] = Summary(direction=one.direction, teacher=bill, **sums)
    return found


def _length(tokenizer: Path | None) -> Callable[[str], int]:
    if tokenizer is None:
        return rough_tokens
    from semcoder.training.encoding import load_tokenizer

    loaded = load_tokenizer(tokenizer)
    return lambda text: len(loaded(text, add_special_tokens=False).input_ids)


def _released(path: Path, sample: int, sandbox: Sandbox, length: Callable[[str], int]) -> list[Line]:
    """The lines of a PyX file; its programs are run to have their traces."""
    rows: dict[Direction, list[Released]] = {"forward": [], "backward": []}
    faults: Counter[str] = Counter()
    for each in read_released(path):
        if isinstance(each, str):
            faults[each] += 1
        else:
            rows[each.direction].append(each)
    if faults:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in faults.most_common())
        tell(f"{path}: {faults.total():,} rows could not be read: {reasons}")
    lines: list[Line] = []
    for direction, found in rows.items():
        chosen = nsmallest(sample, found, key=lambda each: (each.program.id, each.id))
        forward = direction == "forward"
        questions = [Question(each.program, each.given if forward else each.answer) for each in chosen]
        ran = results(questions, sandbox.run)
        right = [
            result.value is not None and same(result.value, each.answer if forward else each.given)
            for each, result in zip(chosen, ran, strict=True)
        ]
        held = [
            told(each.id, direction, each.text, question, result, each.label_offset)
            for each, question, result in zip(chosen, questions, ran, strict=True)
            if result.events
        ]
        if chosen:
            lines.append(line(PYX, direction, held, None, length, mean(right))._replace(kept=len(found)))
    return lines


def main(
    *,
    monologues: Annotated[
        list[str], typer.Option(help="NAME=PATH: Monologue records of a source; give one for each file.")
    ] = [],  # noqa: B006
    summary: Annotated[
        list[str], typer.Option(help="NAME=PATH: the summary of the stage that made them.")
    ] = [],  # noqa: B006
    traces: Annotated[list[Path], typer.Option(help="Trace records; give one for each file.")] = [],  # noqa: B006
    programs: Annotated[Path | None, typer.Option(help="Program records.")] = None,
    tests: Annotated[Path | None, typer.Option(help="TestCase records.")] = None,
    released: Annotated[
        Path | None,
        typer.Option(help="The released PyX (pyx.jsonl), whose programs are run for their traces."),
    ] = None,
    label_offset: Annotated[int, typer.Option(help="What was added to line numbers in labels.")] = 0,
    sample: Annotated[int, typer.Option(min=1, help="Most monologues of a source and direction.")] = SAMPLE,
    tokenizer: Annotated[
        Path | None, typer.Option(help="Model directory whose tokenizer counts; without, words and marks.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Programs that run side by side.")] = 2,
    cpu_s: Annotated[float, typer.Option(help="Processor seconds a program may take.")] = 10.0,
    memory_mb: Annotated[int, typer.Option(help="Memory a program may take, in MB.")] = 1024,
    csv_file: Annotated[Path, typer.Option(help="Where the table goes, as CSV.")],
    markdown: Annotated[Path, typer.Option(help="The same as Markdown.")],
) -> None:
    """Compare sources of monologues: acceptance, claims, coverage, length, diversity of words, cost.

    Example: semcoder monologue quality --monologues trace=forward.jsonl --summary trace=forward.summary.json
    --traces traces.jsonl --programs programs.jsonl --tests tests.jsonl --csv-file q.csv --markdown q.md
    """
    length = _length(tokenizer)
    files, counts = _named(monologues, "--monologues"), _named(summary, "--summary")
    if files and (programs is None or tests is None):
        raise UserError("--monologues needs --programs and --tests; name the files that they were made from.")
    lines: list[Line] = []
    with Sandbox(workers, Limits(cpu_s=cpu_s, wall_s=4 * cpu_s, memory_mb=memory_mb)) as sandbox:
        if programs and tests:
            chosen = {name: _chosen(paths, sample) for name, paths in files.items()}
            wanted = records.among({each for rows in chosen.values() for row in rows for each in row.parents})
            known = {row.id: row for row in records.read(programs, Program, wanted)}
            inputs = {row.id: row for row in records.read(tests, TestCase, wanted)}
            held = list(records.read_all(traces, Trace, wanted))
            for name, rows in chosen.items():
                stage = _counted(counts.get(name, []))
                beside = beside_runs(rows, known, inputs, held, sandbox.run, label_offset)
                for direction in ("forward", "backward"):
                    ours = [each for each in beside if each.direction == direction]
                    if ours or direction in stage:
                        lines.append(line(name, direction, ours, stage.get(direction), length))
        if released:
            lines += _released(released, sample, sandbox, length)
    _write(lines, csv_file, markdown, str(tokenizer.name) if tokenizer else "", sample)


def _chosen(paths: Iterable[Path], sample: int) -> list[Monologue]:
    """Of each direction the monologues with the smallest ids, which are hashes."""
    found: list[Monologue] = []
    for direction in ("forward", "backward"):
        rows = (row for row in records.read_all(paths, Monologue) if row.direction == direction)
        found += nsmallest(sample, rows, key=lambda row: row.id)
    return found


def _write(lines: Sequence[Line], csv_file: Path, markdown: Path, tokenizer: str, sample: int) -> None:
    with writing(csv_file) as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(Line._fields)
        table.writerows(
            ["" if v is None else f"{v:.4f}" if isinstance(v, float) else v for v in row] for row in lines
        )
    heads = (
        *("source", "direction", "kept of asked", "accepted", "free of false claims", "claims true"),
        *("false", "not checkable", "coverage", "tokens", "diversity", "cost"),
    )
    tokens = (
        f"of the tokenizer {tokenizer}" if tokenizer else "words, numbers and marks, no tokenizer at hand"
    )
    with writing(markdown) as stream:
        stream.write("| " + " | ".join(heads) + " |\n|---|---|" + "---:|" * (len(heads) - 2) + "\n")
        for row in lines:
            asked = f"{row.kept:,} of {row.asked:,}" if row.asked is not None else f"{row.kept:,}"
            cells = (
                *(row.source, row.direction, asked, _share(row.accepted), _share(row.free_of_false)),
                *(_number(row.supported, 1), _number(row.contradicted, 2), _number(row.not_checkable, 1)),
                *(_share(row.coverage), f"{_number(row.tokens_median)} / {_number(row.tokens_p95)}"),
                *(_number(row.distinct_2, 3), _number(row.cost_tokens)),
            )
            stream.write("| " + " | ".join(cells) + " |\n")
        stream.write("\n" + _NOTE.format(sample=sample, tokens=tokens, words=WORDS))


def _share(value: float | None) -> str:
    return "not known" if value is None else f"{100 * value:.1f} %"


def _number(value: float | None, places: int = 0) -> str:
    return "not known" if value is None else f"{value:,.{places}f}"
