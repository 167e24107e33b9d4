"""Generations that a killed run left behind, taken up by the next run with the same options."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol, Self

from pydantic import ValidationError

from semcoder.artifacts import open_alone
from semcoder.progress import tell
from semcoder.records import Generation, to_line


class Asked(Protocol):
    """A question, by the item that it asks."""

    @property
    def item(self) -> str:
        """The item's id."""
        ...

    @property
    def sample(self) -> int:
        """Number of its first sample."""
        ...


class Partial:
    """`OUT.partial.jsonl`: a first line that hashes the options, then generations, appended group by group.

    Rows of other options are thrown away, as is a torn last line. A context manager; one process at a time.
    """

    def __init__(self, out: Path, options: dict[str, Any]) -> None:
        self.path = out.with_name(f"{out.name}.partial.jsonl")
        text = json.dumps(options, sort_keys=True)
        self._header = json.dumps({"options": hashlib.sha256(text.encode()).hexdigest()}).encode() + b"\n"
        self._rows: dict[tuple[str, int], Generation] = {}
        self._stream: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Read what is there. Raises UserError where another process does not stop writing it."""
        stream = open_alone(self.path)
        self._stream = stream
        good = self._read(stream)
        stream.seek(good)
        stream.truncate()
        if good == 0:
            stream.write(self._header)
        stream.flush()
        return self

    def _read(self, stream: BinaryIO) -> int:
        """Take in the rows; returns how many bytes of the file are whole lines of these options."""
        first = stream.readline()
        if first != self._header:
            if first:
                tell(f"semcoder: {self.path} is of other options and is begun anew.")
            return 0
        good = len(first)
        for line in stream:
            try:
                row = Generation.model_validate_json(line)
            except ValidationError:
                break
            if not line.endswith(b"\n"):
                break
            self._rows[row.item, row.sample] = row
            good += len(line)
        if self._rows:
            tell(f"semcoder: going on after {len(self._rows)} generations.")
        return good

    def __exit__(self, *raised: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def has(self, group: Sequence[Asked], samples: int) -> bool:
        """Whether every sample of every question of the group is there."""
        return all((q.item, q.sample + n) in self._rows for q in group for n in range(samples))

    def add(self, rows: Iterable[Generation]) -> None:
        """Append the rows of a finished group and make sure that they are on the disk."""
        assert self._stream is not None
        kept = list(rows)
        self._stream.write("".join(map(to_line, kept)).encode())
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._rows.update({(row.item, row.sample): row for row in kept})

    def rows(self, questions: Sequence[Asked], samples: int) -> list[Generation]:
        """All generations, in the order of the questions."""
        return [self._rows[q.item, q.sample + n] for q in questions for n in range(samples)]

    def discard(self) -> None:
        """Remove the file: the result is written."""
        self.path.unlink(missing_ok=True)
