"""Files that others wrote: text, lines, JSON and CSV. What cannot be read is a UserError naming file and line."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from semcoder.errors import UserError, first_fault

M = TypeVar("M", bound=BaseModel)


def read_text(path: Path) -> str:
    """The text of a UTF-8 file. Raises UserError naming the file, and the line that is not UTF-8."""
    return "".join(text for _, text in read_lines(path))


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """(number, line) of a UTF-8 file, also in gzip (.gz); numbers from 1, line ends kept. Errors as of read_text."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    yield number, line.decode()
                except UnicodeDecodeError as error:
                    raise UserError(
                        f"{path}, line {number}: not UTF-8 (byte {error.start + 1} of the line); "
                        f"give a text file, or remake it with its rule."
                    ) from error
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; make it with its rule, or give another path.") from error
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or error
        raise UserError(f"{path}: cannot be read ({why}); give a file that can.") from error


def read_objects(path: Path, remedy: str = "") -> Iterator[tuple[int, dict[str, Any]]]:
    """(number, object) of each line of a JSONL file. `remedy` ends the error on a line that holds none."""
    end = f"; {remedy}." if remedy else "."
    for number, line in read_lines(path):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UserError(f"{path}, line {number}: not JSON ({error}){end}") from error
        if not isinstance(row, dict):
            raise UserError(f"{path}, line {number}: not a JSON object{end}")
        yield number, row


def read_model(path: Path, kind: type[M]) -> M:
    """The JSON object of a file, as `kind`. Raises UserError where the file holds none."""
    try:
        return kind.model_validate_json(read_text(path))
    except ValidationError as error:
        raise UserError(
            f"{path}: not a {kind.__name__} in JSON ({first_fault(error, 'the file')}); remake it with its rule."
        ) from error


def read_rows(path: Path, columns: Iterable[str]) -> list[dict[str, str]]:
    """The rows of a CSV file. Raises UserError where a column is missing from it or from a row."""
    table = csv.DictReader(io.StringIO(read_text(path), newline=""))
    missing = [name for name in columns if name not in (table.fieldnames or ())]
    if missing:
        raise UserError(f"{path}: has no column {missing[0]}; give the CSV file that this option asks for.")
    rows = list(table)
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            raise UserError(f"{path}, row {number}: not {len(table.fieldnames or ())} columns; mend the row.")
    return rows
