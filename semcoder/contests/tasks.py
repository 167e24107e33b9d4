"""Contest problems: a statement, tests of standard input and output, and solutions that others wrote."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from semcoder.errors import UserError, first_fault
from semcoder.reading import read_lines
from semcoder.shards import Shard


class Case(BaseModel):
    """One test: what is read, and what must be printed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: str
    """Standard input."""
    output: str
    """Standard output, compared line by line."""


class Task(BaseModel):
    """A problem."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """Its name in the data set, such as `1575_A. Another Sorting Problem`."""
    statement: str
    """What is to be done."""
    site: str
    """Where it was posed."""
    tests: tuple[Case, ...]
    """The shown ones first."""
    solutions: tuple[str, ...] = ()
    """Programs in Python 3 that the data set calls right."""


def read_tasks(path: Path, shard: Shard) -> Iterator[Task]:
    """The tasks of a shard, by their ids. Raises UserError naming file and line."""
    for number, line in read_lines(path):
        try:
            task = Task.model_validate_json(line)
        except ValidationError as error:
            raise UserError(
                f"{path}, line {number}: no contest problem ({first_fault(error, 'the line')}); remake the file with "
                f"`semcoder contests read`."
            ) from error
        if shard.holds(task.id):
            yield task
