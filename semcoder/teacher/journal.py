"""What was asked in batches, beside the store: it outlives the command that asked."""

import asyncio
import fcntl
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

JOURNAL = "batches.journal"


class Entry(BaseModel):
    """A batch in the journal."""

    model_config = ConfigDict(extra="forbid")

    name: str
    """Ours, also in the batch's metadata."""
    server: str
    model: str
    keys: list[str]
    tokens: int
    """The most that it may take, as are the dollars."""
    dollars: float
    asked: int = 0
    """Those of its tokens that are asked: what the server's queue counts."""
    id: str = ""
    """The server's; empty until it is known."""


class Journal:
    """One JSON object a line, only ever added to: a batch, then its id, then how it ended."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, line: dict[str, Any]) -> None:
        """Append a line; it is on disk when this returns. A line that a kill cut short is ended first."""
        with self.path.open("a+b") as stream:
            stream.seek(0, os.SEEK_END)
            if stream.tell():
                stream.seek(-1, os.SEEK_END)
                stream.write(b"" if stream.read(1) == b"\n" else b"\n")
            stream.write(json.dumps(line, sort_keys=True).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())

    def under_way(self, server: str | None = None) -> list[Entry]:
        """The batches, of one server or of all, whose answers were not taken in yet."""
        found: dict[str, Entry] = {}
        for line in self.path.read_bytes().split(b"\n") if self.path.exists() else ():
            try:
                said = json.loads(line)
                if "keys" in said:
                    found[said["name"]] = Entry.model_validate(said)
                elif "id" in said:
                    found[said["name"]].id = said["id"]
                else:
                    found.pop(said["name"])
            except (ValueError, LookupError, TypeError):
                continue  # cut short by a kill
        return [each for each in found.values() if server in (None, each.server)]

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Hold the journal and what goes with it; the kernel lets go when the process ends."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as stream:
            while True:
                try:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    await asyncio.sleep(0.05)
            yield
