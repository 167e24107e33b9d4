"""Readers of tables whose rows are Python files: JSONL and parquet, in bounded memory."""

import gzip
import json
import zlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, TextIO

from semcoder.errors import UserError
from semcoder.records import Dropped
from semcoder.seeds import licences
from semcoder.seeds.sources import MAX_BYTES, Document, JsonlSource, ParquetSource, Part, clean, not_kept

ROWS_AT_ONCE = 256


def documents(source: JsonlSource | ParquetSource, part: Part) -> Iterator[Document | Dropped]:
    """The rows of this part of a table, in order. Labels end in the row's number, from 1: `name/row-7`,
    `name/train-00000-of-00059.parquet/row-7`."""
    if isinstance(source, JsonlSource):
        yield from _jsonl(source, part)
    else:
        yield from _parquet(source, part)


def _jsonl(source: JsonlSource, part: Part) -> Iterator[Document | Dropped]:
    with _open(source) as stream:
        for number in count(1):
            label = f"{source.label}/row-{number}"
            try:
                line = stream.readline()
            except (EOFError, gzip.BadGzipFile, zlib.error, UnicodeDecodeError) as error:
                raise UserError(
                    f"{source.path}, line {number}: cannot be read ({error}); fetch the file again."
                ) from error
            if not line:
                return
            if line.strip() and part.takes(label):
                yield _row(source, label, _object(source, number, line))


def _open(source: JsonlSource) -> TextIO:
    try:
        if source.path.suffix == ".gz":
            return gzip.open(source.path, "rt", encoding="utf-8-sig", newline="\n")
        return source.path.open(encoding="utf-8-sig", newline="\n")
    except OSError as error:
        raise UserError(
            f"--sources: {source.path}: {error.strerror}; correct the `path` of {source.label}."
        ) from error


def _object(source: JsonlSource, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{source.path}, line {number}: not JSON ({error}); mend or remove the line."
        ) from error
    if not isinstance(row, dict):
        raise UserError(f"{source.path}, line {number}: not a JSON object; mend or remove the line.")
    for column in filter(None, (source.column, source.licence_column)):
        if column not in row:
            raise UserError(
                f"{source.path}, line {number}: no column {column} (there are: {', '.join(sorted(row))}); "
                f"set `column` or `licence_column` of {source.label}."
            )
    return row


def _parquet(source: ParquetSource, part: Part) -> Iterator[Document | Dropped]:
    """Row group by row group. A shard holds whole groups, so that it reads no others."""
    import pyarrow
    import pyarrow.parquet

    columns = [column for column in (source.column, source.licence_column) if column]
    for path in _parquet_files(source):
        shown = f"{source.label}/{path.relative_to(source.path).as_posix()}".removesuffix("/.")
        try:
            with pyarrow.parquet.ParquetFile(path) as table:
                absent = sorted(set(columns) - set(table.schema_arrow.names))
                if absent:
                    raise UserError(
                        f"{path}: no column {absent[0]} (there are: {', '.join(table.schema_arrow.names)}); "
                        f"set `column` or `licence_column` of {source.label}."
                    )
                number = 0
                for group in range(table.num_row_groups):
                    rows = table.metadata.row_group(group).num_rows
                    if part.shard.holds(f"{shown}/group-{group + 1}"):
                        position = number
                        for batch in table.iter_batches(ROWS_AT_ONCE, row_groups=[group], columns=columns):
                            for offset in range(batch.num_rows):
                                position += 1
                                label = f"{shown}/row-{position}"
                                if part.samples(label):
                                    yield _row(source, label, batch.slice(offset, 1).to_pylist()[0])
                    number += rows
        except pyarrow.ArrowException as error:
            raise UserError(
                f"{path}: not a parquet file that can be read ({error}); fetch it again."
            ) from error


def _parquet_files(source: ParquetSource) -> list[Path]:
    if source.path.is_file():
        return [source.path]
    files = sorted(source.path.rglob("*.parquet"))
    if not files:
        raise UserError(
            f"--sources: no .parquet file below {source.path}; correct the `path` of {source.label}."
        )
    return files


def _row(source: JsonlSource | ParquetSource, label: str, row: dict[str, Any]) -> Document | Dropped:
    text = row[source.column]
    if not isinstance(text, str):
        return not_kept(label, "no text", f"{source.column} is {type(text).__name__}")
    if len(text) > MAX_BYTES:
        return not_kept(label, "too large", f"{len(text)} characters")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return not_kept(label, "odd encoding", str(error))
    return Document(label, clean(text), _licence(source, row, text))


def _licence(source: JsonlSource | ParquetSource, row: dict[str, Any], text: str) -> str:
    stated = row[source.licence_column] if source.licence_column else None
    if isinstance(stated, list):
        stated = " AND ".join(sorted(str(each) for each in stated))
    return str(stated or source.licence or licences.of_source_text(text))
