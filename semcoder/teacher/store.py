"""Every answer ever paid for, so that nothing is paid for twice.

A folder of JSONL segments. Each process appends to a segment of its own and reads all of them, so that
concurrent processes, also on several machines with a shared file system, need no lock; a line that a kill cut
short stands at the end of its segment and is passed over. An answer's key is the hash of all that determines
it: model, messages, sampling and sample number. `semcoder teacher export` and `import` carry answers elsewhere.
"""

import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from semcoder.errors import UserError
from semcoder.progress import tell

_KEY = re.compile("[0-9a-f]{32}")
_HEAD = re.compile(
    rb'\{(?:"batch": (true|false), )?"completion_tokens": (\d+), "finish": "[^"\\]*", "key": "([0-9a-f]{32})", '
    rb'"model": "([^"\\]*)", "prompt_tokens": (\d+), "seconds": [\d.e+-]+, "text": "'
)
"""How `put` begins a line: all that the index needs stands before the text, which is long."""
_SEGMENT = 1 << 40
"""Longest segment, in bytes: places are kept as one number, segment times this plus byte."""
REFRESH_S = 2.0
"""How often, at most, other processes' segments are looked at again."""


@dataclass(frozen=True)
class Question:
    """A request, and which of its samples is meant."""

    model: str
    messages: tuple[tuple[str, str], ...]
    """(role, content) each."""
    temperature: float
    max_tokens: int
    stop: tuple[str, ...] = ()
    sample: int = 0
    purpose: str = ""
    """What the answer is for, in the bill; it determines nothing of it."""

    @property
    def key(self) -> str:
        """32 hex digits over everything that determines the answer."""
        decisive = asdict(self)
        del decisive["purpose"]
        text = json.dumps(decisive, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True)
class Answer:
    """What a model wrote, why it stopped (`stop`, `length`, `refusal` or the server's word), and its cost."""

    text: str
    finish: str
    prompt_tokens: int
    completion_tokens: int
    model: str = ""
    seconds: float = 0.0
    """From the request to the answer; 0 where nobody looked."""
    batch: bool = False
    """Whether it came in a batch, which costs less."""

    @property
    def tokens(self) -> int:
        """Tokens asked and answered."""
        return self.prompt_tokens + self.completion_tokens


class Store:
    """Answers by key. Use as a context manager, from one thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spent: dict[tuple[str, bool], tuple[int, int]] = {}
        """{(model, whether in a batch): tokens asked, tokens answered} of all answers, as far as they were read."""
        self._places: dict[bytes, int] = {}
        self._segments: list[str] = []
        self._read_to: dict[str, int] = {}
        self._own: IO[bytes] | None = None
        self._own_name = f"{secrets.token_hex(8)}.jsonl"
        self._looked = float("-inf")

    def __enter__(self) -> Self:
        if self.folder.exists() and not self.folder.is_dir():
            raise UserError(f"teacher.store: {self.folder} is no folder; give one for the teacher's answers.")
        self.refresh()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._own:
            self._own.close()
            self._own = None

    @property
    def tokens(self) -> int:
        """Of all answers in the store, as far as they were read."""
        return sum(map(sum, self.spent.values()))

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        return bytes.fromhex(key) in self._places

    def __iter__(self) -> Iterator[str]:
        """The keys of all answers, sorted."""
        return (key.hex() for key in sorted(self._places))

    def line(self, key: str) -> dict[str, Any] | None:
        """An answer as it stands in its segment, with its key; None where it is not there, or is damaged."""
        if key not in self:
            return None
        segment, at = divmod(self._places[bytes.fromhex(key)], _SEGMENT)
        path = self.folder / self._segments[segment]
        with path.open("rb") as stream:
            stream.seek(at)
            if entry := _entry(stream.readline(), key):
                return entry
        tell(f"{path}: the answer at byte {at} is damaged; it counts as not there")
        del self._places[bytes.fromhex(key)]
        for name in self._segments:  # paid for again, maybe, by an earlier run
            at = self._place(name)
            with (self.folder / name).open("rb") as stream:
                for line in stream:
                    if key.encode() in line and (entry := _entry(line, key)):
                        self._places[bytes.fromhex(key)] = at
                        return entry
                    at += len(line)
        return None

    @staticmethod
    def check(entry: Mapping[str, Any]) -> str:
        """The key of a line as `line` gives it. Raises ValueError, KeyError or TypeError where it is none."""
        _answer(entry)
        if not _KEY.fullmatch(entry["key"]):
            raise ValueError("its key is none")
        return str(entry["key"])

    def take_in(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Add a segment of such lines: all of them, or none where this is interrupted."""
        if not entries:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        content = "".join(json.dumps(entry, sort_keys=True) + "\n" for entry in entries).encode()
        path = self.folder / f"{hashlib.sha256(content).hexdigest()[:16]}.jsonl"
        partial = path.with_suffix(".partial")
        with partial.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.rename(path)
        self.refresh()

    def get(self, key: str) -> Answer | None:
        """The stored answer, also one that another process has stored in the meantime."""
        if key not in self and time.monotonic() - self._looked > REFRESH_S:
            self.refresh()
        entry = self.line(key)
        return _answer(entry) if entry else None

    def put(self, key: str, answer: Answer) -> None:
        """Store an answer; it is on disk when this returns."""
        if self._own is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._own = (self.folder / self._own_name).open("ab", buffering=0)
        line = json.dumps(as_entry(key, answer), sort_keys=True).encode() + b"\n"
        at = self._own.tell()
        self._own.write(line)
        os.fsync(self._own.fileno())
        self._read_to[self._own_name] = at + len(line)
        kind = answer.model, answer.batch
        self._enter(
            key, self._place(self._own_name) + at, kind, answer.prompt_tokens, answer.completion_tokens
        )

    def refresh(self) -> None:
        """Take in what other processes have stored."""
        self._looked = time.monotonic()
        for path in sorted(self.folder.glob("*.jsonl")):
            start = self._read_to.get(path.name, 0)
            if path.stat().st_size > start:
                self._read_to[path.name] = self._read_segment(path, start)

    def _read_segment(self, path: Path, at: int) -> int:
        """Index whole lines from `at`; returns where the next one begins."""
        first = self._place(path.name)
        with path.open("rb") as stream:
            stream.seek(at)
            for line in stream:
                if not line.endswith(b"\n"):
                    break  # being written, or cut short by a kill
                try:
                    self._index(line, first + at)
                except (ValueError, KeyError, TypeError):
                    tell(f"{path}: passed over a line at byte {at} that is not an answer")
                at += len(line)
        return at

    def _index(self, line: bytes, place: int) -> None:
        head = _HEAD.match(line)
        if head and line.endswith(b'"}\n'):
            batch, answered, key, model, asked = head.groups()
            kind = model.decode("ascii"), batch == b"true"
            self._enter(key.decode(), place, kind, int(asked), int(answered))
        else:
            entry = json.loads(line)
            answer = _answer(entry)
            kind = answer.model, answer.batch
            self._enter(entry["key"], place, kind, answer.prompt_tokens, answer.completion_tokens)

    def _place(self, name: str) -> int:
        """Where a segment's first byte stands among all."""
        if name not in self._segments:
            self._segments.append(name)
        return self._segments.index(name) * _SEGMENT

    def _enter(self, key: str, place: int, kind: tuple[str, bool], asked: int, answered: int) -> None:
        # An answer that two processes paid for counts twice: it was paid twice.
        self._places.setdefault(bytes.fromhex(key), place)
        before = self.spent.get(kind, (0, 0))
        self.spent[kind] = before[0] + asked, before[1] + answered


def as_entry(key: str, answer: Answer) -> dict[str, Any]:
    """An answer as it stands in a segment."""
    entry = {"key": key, **asdict(answer)}
    return entry if answer.batch else {name: value for name, value in entry.items() if name != "batch"}


def _entry(line: bytes, key: str) -> dict[str, Any] | None:
    """A line with the answer of this key; None where it is damaged, or another's."""
    try:
        entry = dict(json.loads(line))
        return entry if Store.check(entry) == key else None
    except (ValueError, KeyError, TypeError):
        return None


def _answer(entry: Mapping[str, Any]) -> Answer:
    return Answer(
        str(entry["text"]),
        str(entry["finish"]),
        int(entry["prompt_tokens"]),
        int(entry["completion_tokens"]),
        str(entry.get("model", "")),
        float(entry.get("seconds", 0.0)),
        bool(entry.get("batch", False)),
    )


def as_messages(system: str, *turns: str) -> tuple[tuple[str, str], ...]:
    """(role, content) of a conversation that the user begins and ends; `system` is left out where empty."""
    roles: Sequence[str] = ("user", "assistant")
    spoken = tuple((roles[number % 2], text) for number, text in enumerate(turns))
    return ((("system", system),) if system else ()) + spoken
