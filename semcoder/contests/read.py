"""`semcoder contests read`: problems of CodeContests as they lie on the hub, in bounded memory.

Columns as deepmind/code_contests has them (its README and contest_problem.proto): `name`, `description`, tests in
three structs (`public_tests`, `private_tests`, `generated_tests`: lists `input` and `output`), `solutions` (lists
`language`, 3 for Python 3, and `solution`), `source` (the site's number), `input_file` and `output_file`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Self

import typer
from pydantic import BaseModel, ValidationError, model_validator

from semcoder.artifacts import write_json, writing
from semcoder.contests.tasks import Case, Task
from semcoder.errors import UserError, first_fault
from semcoder.progress import track
from semcoder.reading import read_objects
from semcoder.records import Dropped, to_line

STAGE = "contests read"
PYTHON3 = 3
SITES = ("unknown", "CodeChef", "Codeforces", "HackerEarth", "CodeJam", "AtCoder", "Aizu")
LONGEST_TEST = 20_000
"""Characters of a test; longer ones are passed over: they test speed, and weigh most of the data set."""
LONGEST_STATEMENT = 6_000
"""Characters: about what leaves room for a solution within the 2,048 tokens of the paper's context."""
ROWS_AT_ONCE = 16
"""A row holds thousands of solutions."""


class _Lists(BaseModel):
    """A struct of lists that belong together, place by place."""

    @model_validator(mode="after")
    def _alike(self) -> Self:
        if len({len(found) for _, found in self}) > 1:
            raise ValueError(f"{' and '.join(name for name, _ in self)} are not of one length")
        return self


class Tests(_Lists):
    """Tests of a row."""

    input: list[str]
    output: list[str]


class Solutions(_Lists):
    """Solutions of a row."""

    language: list[int]
    solution: list[str]


class Row(BaseModel):
    """What is read of a row."""

    name: str
    description: str | None
    public_tests: Tests
    private_tests: Tests
    generated_tests: Tests
    solutions: Solutions
    source: Any
    input_file: str | None
    output_file: str | None


COLUMNS = tuple(Row.model_fields)


def task_of(row: Row, most_tests: int, most_solutions: int) -> Task | str:
    """The problem of a row, or why it is left out. Of its solutions those that a hash puts first."""
    if row.input_file or row.output_file:
        return "reads or writes a file"
    statement = (row.description or "").strip()
    if not statement:
        return "no statement"
    if "<image>" in statement:
        return "needs a picture"
    if len(statement) > LONGEST_STATEMENT:
        return "statement too long"
    kinds = (row.public_tests, row.private_tests, row.generated_tests)
    pairs = [pair for each in kinds for pair in zip(each.input, each.output, strict=True)]
    short = (Case(input=i, output=o) for i, o in dict.fromkeys(pairs) if len(i) + len(o) <= LONGEST_TEST)
    tests = tuple(islice(short, most_tests))
    if not tests:
        return "no tests"
    written = zip(row.solutions.language, row.solutions.solution, strict=True)
    ours = sorted({code for language, code in written if language == PYTHON3}, key=_place)
    site = row.source if isinstance(row.source, int) else 0
    return Task(
        id=row.name,
        statement=statement,
        site=SITES[site] if site < len(SITES) else SITES[0],
        tests=tests,
        solutions=tuple(ours[:most_solutions]),
    )


def _place(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def files_of(source: Path) -> list[Path]:
    """The files of the training split; raises UserError where there are none."""
    if source.is_file():
        return [source]
    kinds = (".parquet", ".jsonl", ".gz")
    found = sorted(each for each in source.rglob("train*") if each.suffix in kinds)
    if not found:
        raise UserError(
            f"{source}: holds no train*.parquet or train*.jsonl; fetch code_contests, or give a file."
        )
    return found


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of one file. Raises UserError naming file and row."""
    for number, row in enumerate(_parquet(path) if path.suffix == ".parquet" else _jsonl(path), 1):
        absent = [column for column in COLUMNS if column not in row]
        if absent:
            raise UserError(
                f"{path}, row {number}: no column {absent[0]}; this is not CodeContests, give its train split."
            )
        try:
            yield Row.model_validate(row, strict=True)
        except ValidationError as error:
            raise UserError(f"{path}, row {number}: {first_fault(error)}; fetch the file anew.") from error


def _jsonl(path: Path) -> Iterator[dict[str, Any]]:
    for _, row in read_objects(path, "fetch the file anew"):
        yield row


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as table:
            columns = [name for name in COLUMNS if name in table.schema_arrow.names]
            for batch in table.iter_batches(ROWS_AT_ONCE, columns=columns):
                yield from batch.to_pylist()
    except pyarrow.ArrowException as error:
        raise UserError(f"{path}: not a parquet file that can be read ({error}); fetch it anew.") from error


def main(
    *,
    source: Annotated[Path, typer.Option(help="Folder of CodeContests as fetched, or one of its files.")],
    tests: Annotated[int, typer.Option(min=1, help="Most tests taken of a problem.")] = 20,
    solutions: Annotated[int, typer.Option(min=0, help="Most of its own solutions taken.")] = 8,
    problems: Annotated[Path, typer.Option(help="Where the problems go (JSONL).")],
    dropped: Annotated[Path, typer.Option(help="Where the others go, with reasons (JSONL).")],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
) -> None:
    """Read the problems of CodeContests' training split, with tests and solutions in Python 3.

    Example: semcoder contests read --source data/external/code_contests --problems problems.jsonl
    --dropped dropped.jsonl --summary summary.json
    """
    kept: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    solved = 0
    seen: set[str] = set()
    with writing(problems) as good, writing(dropped) as bad:
        for row in track(_all(files_of(source)), "contest problems"):
            found = "same name" if row.name in seen else task_of(row, tests, solutions)
            seen.add(row.name)
            if isinstance(found, str):
                reasons[found] += 1
                bad.write(to_line(Dropped(parents=(row.name,), stage=STAGE, reason=found)))
            else:
                kept[found.site] += 1
                solved += bool(found.solutions)
                good.write(found.model_dump_json() + "\n")
    counts = {"in": kept.total() + reasons.total(), "kept": kept.total(), "dropped": dict(reasons)}
    write_json(summary, {"stage": STAGE, **counts, "sites": dict(kept), "with_solutions": solved})


def _all(files: Iterable[Path]) -> Iterator[Row]:
    for path in files:
        yield from rows_of(path)
