"""OpenAI's Batch API: a stage's requests as files, answered within a day for less.

Requests that come one after the other go into one batch, one for each model, with the store's keys as `custom_id`.
Beside the store stands a journal (`JOURNAL`): what is to be asked is written there before it is, and the batch's id as
soon as it has one. So a command that was killed, or another one that asks the same, finds the batch again and pays
nothing twice. Requests that a batch did not answer go into the next, as often as `teacher.attempts` says.
"""

import asyncio
import fcntl
import json
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import openai
from openai.types import Batch
from openai.types.chat import ChatCompletion
from pydantic import BaseModel, ConfigDict

from semcoder.errors import UserError
from semcoder.progress import tell
from semcoder.teacher.interface import Refusal
from semcoder.teacher.protocol import CANNOT_TAKE, UNTAKEN_STATUS, Transient, answer_of, judged, request_of
from semcoder.teacher.store import Answer, Question, Store, as_entry

T = TypeVar("T")
Outcome = Answer | Refusal | Transient
JOURNAL = "batches.journal"
ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
MOST_REQUESTS = 50_000
MOST_BYTES = 190_000_000
"""Of one batch; the API takes 50,000 requests and 200 MB."""
LINGER_S = 2.0
"""A batch is sent when no request was added for so long."""
POLL_S = 30.0
FILE_TIMEOUT_S = 600.0
"""To send or fetch a file of such a size."""
PATIENCE = 20
"""Failures in a row, POLL_S apart, until a batch is left to the next command."""
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


class Held(NamedTuple):
    """The most that batches under way may take."""

    tokens: int
    dollars: float


class Entry(BaseModel):
    """A batch in the journal."""

    model_config = ConfigDict(extra="forbid")

    name: str
    """Ours, also in the batch's metadata."""
    server: str
    model: str
    keys: list[str]
    tokens: int
    dollars: float
    id: str = ""
    """The server's; empty until it is known."""


class Journal:
    """What was asked in batches: one JSON object a line, only ever added to."""

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

    def under_way(self, server: str) -> list[Entry]:
        """The batches of a server whose answers were not taken in yet."""
        found: dict[str, Entry] = {}
        for line in self.path.read_bytes().splitlines() if self.path.exists() else ():
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
        return [each for each in found.values() if each.server == server]

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


class Batches:
    """Requests that wait to be sent, and the batches under way. For one event loop."""

    def __init__(
        self,
        server: openai.AsyncOpenAI,
        store: Store,
        most: Callable[[Question], tuple[int, float]],
        meaning: Callable[[Exception, str], Refusal],
    ) -> None:
        """`most`: tokens and dollars that a request may take; `meaning` raises what a failure of the server means."""
        self._server, self._store, self._most, self._meaning = server, store, most, meaning
        self._journal = Journal(store.folder / JOURNAL)
        self._waiting: dict[str, tuple[Question, asyncio.Future[Outcome]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._following: dict[str, tuple[Entry, asyncio.Task[dict[str, Outcome]]]] = {}
        self._of_key: dict[str, str] = {}
        """{key: the name of the last batch that was to answer it}"""
        self._sending: set[asyncio.Task[None]] = set()
        self._own: set[str] = set()

    @property
    def held(self) -> Held:
        """What batches may still take that this command did not send itself."""
        others = [
            entry
            for entry, task in self._following.values()
            if entry.name not in self._own and not task.done()
        ]
        return Held(sum(each.tokens for each in others), sum(each.dollars for each in others))

    async def adopt(self) -> None:
        """Follow the batches that another command has sent and whose answers were not taken in."""
        async with self._journal.locked():
            await self._adopt()

    async def _adopt(self) -> None:
        for entry in self._journal.under_way(str(self._server.base_url)):
            if entry.name in self._following:
                continue
            entry.id = entry.id or await self._look_up(entry)
            if entry.id:
                tell(f"teacher: batch {entry.id} was sent before, with {len(entry.keys)} requests")
                self._follow(entry)
            else:  # the command was killed before the server had it
                self._journal.add({"name": entry.name, "ended": "never sent"})

    async def _look_up(self, entry: Entry) -> str:
        """The server's id of a batch that was sent by a command that did not live to write it down."""

        async def search() -> str:
            async for batch in self._server.batches.list():
                if (batch.metadata or {}).get("name") == entry.name:
                    return batch.id
            return ""

        found = await self._patiently(search, f"batches of {entry.model}")
        if found:
            self._journal.add({"name": entry.name, "id": found})
        return found

    def _follow(self, entry: Entry) -> None:
        task = asyncio.ensure_future(self._outcomes(entry))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # whoever waits is told
        self._following[entry.name] = entry, task
        self._of_key.update(dict.fromkeys(entry.keys, entry.name))

    async def taken(self, key: str) -> Answer | Refusal | None:
        """What a batch that was sent before says to a question; None where none holds it, or it came to nothing."""
        if key not in self._of_key:
            return None
        outcome = (await asyncio.shield(self._following[self._of_key[key]][1])).get(key)
        return None if isinstance(outcome, Transient) else outcome

    async def request(self, question: Question) -> Answer | Refusal:
        """The answer, from the next batch. Raises Transient where that does not give it, or UserError."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        self._waiting[question.key] = question, future
        if self._timer:
            self._timer.cancel()
        self._timer = loop.call_later(LINGER_S, self._send)
        outcome = await future
        if isinstance(outcome, Transient):
            raise outcome
        return outcome

    def _send(self) -> None:
        """Send what waits, in as many batches as it takes."""
        waiting, self._waiting = self._waiting, {}
        models = dict.fromkeys(question.model for question, _ in waiting.values())
        for model in models:
            of_model = {key: each for key, each in waiting.items() if each[0].model == model}
            for lines in _files(question for question, _ in of_model.values()):
                own = {key: of_model[key] for key in lines}
                task = asyncio.ensure_future(self._run(model, lines, own))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

    async def _run(
        self, model: str, lines: dict[str, bytes], asked: dict[str, tuple[Question, asyncio.Future[Outcome]]]
    ) -> None:
        """One batch from its file to its answers."""
        try:
            outcomes = await self._sent(model, lines, [question for question, _ in asked.values()])
        except (Transient, UserError) as error:
            for _, future in asked.values():
                if not future.done():
                    future.set_exception(error)
            return
        for key, (_, future) in asked.items():
            if not future.done():
                future.set_result(outcomes.get(key, Transient("the batch said nothing of a request")))

    async def _sent(
        self, model: str, lines: dict[str, bytes], questions: Sequence[Question]
    ) -> dict[str, Outcome]:
        """Send what is neither answered nor under way by now, and wait for all of it."""
        found: dict[str, Outcome] = {}
        async with self._journal.locked():
            self._store.refresh()
            await self._adopt()
            found |= {key: judged(answer) for key in lines if (answer := self._store.get(key))}
            running = [(entry, task) for entry, task in self._following.values() if not task.done()]
            names = {entry.name for entry, _ in running}
            elsewhere = {key for key in lines if self._of_key.get(key) in names}
            new = [question for question in questions if question.key not in {*found, *elsewhere}]
            if new:
                entry = await self._submit(model, {each.key: lines[each.key] for each in new}, new)
                running.append(self._following[entry.name])
        for entry, task in running:
            if wanted := lines.keys() & entry.keys:
                outcomes = await asyncio.shield(task)
                found |= {key: outcomes[key] for key in wanted if key in outcomes}
        return found

    async def _submit(self, model: str, lines: dict[str, bytes], questions: Sequence[Question]) -> Entry:
        costs = [self._most(question) for question in questions]
        entry = Entry(
            name=secrets.token_hex(8),
            server=str(self._server.base_url),
            model=model,
            keys=list(lines),
            tokens=sum(tokens for tokens, _ in costs),
            dollars=sum(dollars for _, dollars in costs),
        )
        self._own.add(entry.name)
        self._journal.add(entry.model_dump(exclude={"id"}))
        try:
            content = b"".join(lines.values())
            file = await self._server.files.create(
                file=(f"{entry.name}.jsonl", content), purpose="batch", timeout=FILE_TIMEOUT_S
            )
            batch = await self._server.batches.create(
                input_file_id=file.id,
                endpoint=ENDPOINT,
                completion_window="24h",
                metadata={"name": entry.name},
            )
        except openai.APIError as error:
            if isinstance(
                error, openai.APIStatusError
            ):  # else the server may have it: looked up before the next
                self._journal.add({"name": entry.name, "ended": "not taken"})
            refusal = self._meaning(error, model)
            raise UserError(f"{entry.server}: took no batch of {model} ({refusal.detail}).") from None
        entry.id = batch.id
        self._journal.add({"name": entry.name, "id": batch.id})
        tell(
            f"teacher: batch {batch.id} sent, with {len(lines)} requests; should this end, run the same command again"
        )
        self._follow(entry)
        return entry

    async def _outcomes(self, entry: Entry) -> dict[str, Outcome]:
        """What a batch says of each of its requests, once it has ended; its answers are in the store then."""
        try:
            batch = await self._end_of(entry)
        except openai.NotFoundError:
            self._journal.add({"name": entry.name, "ended": "unknown to the server"})
            return {}
        found: dict[str, Outcome] = {}
        for file in filter(None, (batch.output_file_id, batch.error_file_id)):
            found |= _read(await self._patiently(partial(self._content, file), entry.id), entry)
        why = "; ".join(each.message or "" for each in (batch.errors.data or ())) if batch.errors else ""
        for key in entry.keys:
            found.setdefault(
                key, Transient(f"batch {batch.id} {batch.status} without it{why and f' ({why})'}")
            )
        answers = {key: each for key, each in found.items() if isinstance(each, Answer)}
        async with self._journal.locked():
            self._store.refresh()
            self._store.take_in(
                [as_entry(key, each) for key, each in answers.items() if key not in self._store]
            )
            self._journal.add({"name": entry.name, "ended": batch.status})
        tell(
            f"teacher: batch {batch.id} {batch.status}: {len(answers)} of {len(entry.keys)} requests answered"
        )
        return {key: judged(each) if isinstance(each, Answer) else each for key, each in found.items()}

    async def _end_of(self, entry: Entry) -> Batch:
        said = ""
        while True:
            batch = await self._patiently(lambda: self._server.batches.retrieve(entry.id), entry.id)
            if batch.status in ENDED:
                return batch
            counts = batch.request_counts
            now = f"{batch.status}, {counts.completed} of {counts.total} answered" if counts else batch.status
            if now != said:
                tell(f"teacher: batch {entry.id}: {now}")
            said = now
            await asyncio.sleep(POLL_S)

    async def _content(self, file: str) -> str:
        return (await self._server.files.content(file, timeout=FILE_TIMEOUT_S)).text

    async def _patiently(self, call: Callable[[], Awaitable[T]], batch: str) -> T:
        """Ask until there is an answer. Raises UserError after PATIENCE failures in a row, NotFoundError at once."""
        for left in reversed(range(PATIENCE)):
            try:
                return await call()
            except openai.NotFoundError:
                raise
            except openai.APIError as error:
                try:
                    self._meaning(error, batch)
                except Transient as failure:
                    if not left:
                        raise UserError(
                            f"batch {batch}: failed {PATIENCE} times in a row ({failure}); it goes on by itself: run "
                            f"the same command again later."
                        ) from None
            await asyncio.sleep(POLL_S)
        raise AssertionError("returns or raises")


def _files(questions: Iterable[Question]) -> list[dict[str, bytes]]:
    """{key: line} of each batch that it takes to ask the questions."""
    found: list[dict[str, bytes]] = [{}]
    size = 0
    for question in questions:
        request = {"custom_id": question.key, "method": "POST", "url": ENDPOINT, "body": request_of(question)}
        line = json.dumps(request).encode() + b"\n"
        if found[-1] and (len(found[-1]) >= MOST_REQUESTS or size + len(line) > MOST_BYTES):
            found.append({})
            size = 0
        found[-1][question.key] = line
        size += len(line)
    return found


def _read(text: str, entry: Entry) -> dict[str, Outcome]:
    """The outcomes in a file of a batch; lines that are not of the protocol's form say nothing."""
    found: dict[str, Outcome] = {}
    for line in filter(None, text.splitlines()):
        try:
            said = json.loads(line)
            found[str(said["custom_id"])] = _outcome(said, entry.model)
        except (ValueError, LookupError, TypeError, AttributeError):
            continue
    return {key: found[key] for key in entry.keys if key in found}


def _outcome(said: dict[str, Any], model: str) -> Outcome:
    response = said.get("response") or {}
    code, body = response.get("status_code"), response.get("body") or {}
    if code == 200:
        return answer_of(ChatCompletion.model_validate(body), model, 0, batch=True)
    fault = body.get("error") or said.get("error") or {}
    what = f"HTTP {code}: {fault.get('message') or fault.get('code') or 'no reason given'}"[:300]
    if code in UNTAKEN_STATUS and CANNOT_TAKE.search(what):
        return Refusal("the server cannot take it", what)
    return Transient(what)
