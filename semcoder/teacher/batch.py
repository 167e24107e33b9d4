"""OpenAI's Batch API: a stage's requests as files, answered within a day for less.

Requests that come one after the other go into one batch, one for each model, with the store's keys as `custom_id`.
What is to be asked is written into a journal beside the store before it is, and the batch's id as soon as it has one.
So a command that was killed, or another one that asks the same, finds the batch again and pays nothing twice; a batch
that the server may have taken, though it did not say so, is looked for before another is sent. Requests that a batch
did not answer go into the next, as often as `teacher.attempts` says.

The account's queue holds so many tokens of a model at a time: a batch that is too large for it fails and costs
nothing. Then half as many requests go into the next, once another batch has ended, or soon where there is none.
"""

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import TypeVar

import openai
from openai.types import Batch

from semcoder.errors import UserError
from semcoder.progress import tell
from semcoder.teacher.batch_files import ENDPOINT, Outcome, read_outcomes, request_files
from semcoder.teacher.budget import Budget, Sum, total
from semcoder.teacher.failures import FAILURES, Failures
from semcoder.teacher.interface import Refusal
from semcoder.teacher.journal import JOURNAL, Entry, Journal
from semcoder.teacher.protocol import Transient, most_tokens
from semcoder.teacher.store import Answer, Question, Store, as_entry

T = TypeVar("T")
Asked = dict[str, tuple[Question, asyncio.Future[Outcome]]]
"""{key: a question and who waits for its answer}"""
LINGER_S = 2.0
"""A batch is sent when no request was added for so long."""
POLL_S = 30.0
FILE_TIMEOUT_S = 600.0
"""To send or fetch a file of such a size."""
PATIENCE = 20
"""Failures in a row, POLL_S apart, until a batch is left to the next command."""
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_QUEUE_FULL = re.compile("token_limit_exceeded|enqueued token", re.IGNORECASE)
"""In the code or message of a batch that failed."""


class QueueFull(Transient):
    """The account's queue did not take the batch."""


class Batches:
    """Requests that wait to be sent, and the batches under way. For one event loop."""

    def __init__(
        self,
        server: openai.AsyncOpenAI,
        store: Store,
        budget: Budget,
        failures: Failures,
        queue: int | None,
        stopping: Callable[[], bool],
    ) -> None:
        """`queue`: the most tokens asked of one model under way; `stopping` says whether nothing more may be sent."""
        self._server, self._store, self._budget, self._failures = server, store, budget, failures
        self._queue, self._stopping = queue, stopping
        self._place = str(server.base_url)
        self._journal = Journal(store.folder / JOURNAL)
        self._waiting: Asked = {}
        self._timer: asyncio.TimerHandle | None = None
        self._following: dict[str, tuple[Entry, asyncio.Task[dict[str, Outcome]]]] = {}
        self._of_key: dict[str, str] = {}
        """{key: the name of the last batch that was to answer it}"""
        self._sending: set[asyncio.Task[None]] = set()
        self._limits: dict[str, int] = {}
        """{model: requests of a batch, since its queue was full}"""

    @property
    def held(self) -> Sum:
        """What the batches under way may still take."""
        return total(Sum(entry.tokens, entry.dollars) for entry, _ in self._running())

    def _running(self) -> list[tuple[Entry, asyncio.Task[dict[str, Outcome]]]]:
        return [(entry, task) for entry, task in self._following.values() if not task.done()]

    async def adopt(self) -> None:
        """Follow the batches that another command has sent and whose answers were not taken in."""
        async with self._journal.locked():
            await self._adopt()

    async def _adopt(self) -> list[Entry]:
        """The same for whoever holds the journal; all that is under way."""
        for entry in self._journal.under_way(self._place):
            if entry.name in self._following:
                continue
            entry.id = entry.id or await self._look_up(entry)
            if entry.id:
                tell(f"teacher: batch {entry.id} was sent before, with {len(entry.keys)} requests")
                self._follow(entry)
            else:  # the command was killed before the server had it, or the server did not take it
                self._journal.add({"name": entry.name, "ended": "never sent"})
        return self._journal.under_way(self._place)

    async def _look_up(self, entry: Entry) -> str:
        """The server's id of a batch that it may have taken, though nobody was there to write that down."""

        async def search() -> str:
            async for batch in self._server.batches.list(limit=100):
                if (batch.metadata or {}).get("name") == entry.name:
                    return str(batch.id)
            return ""

        gone = f"{self._place}: may have taken a batch of {entry.model}, but lists no batches"
        for look in range(2):
            if look:
                await asyncio.sleep(POLL_S)  # it may have been about to take it
            if found := await self._patiently(search, entry, gone):
                self._journal.add({"name": entry.name, "id": found})
                return found
        return ""

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
            for lines in request_files(question for question, _ in of_model.values()):
                task = asyncio.ensure_future(self._run(model, lines, {key: of_model[key] for key in lines}))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

    async def _run(self, model: str, lines: dict[str, bytes], asked: Asked) -> None:
        """The requests of one file, from the first batch that takes some of them to the answer of the last."""
        left = dict(asked)
        try:
            while left and not self._stopping():
                for key, outcome in (
                    await self._turn(model, lines, [question for question, _ in left.values()])
                ).items():
                    future = left.pop(key)[1]
                    if not future.done():
                        future.set_result(outcome)
                if left:
                    await asyncio.sleep(LINGER_S)
        except Exception as error:
            for _, future in left.values():
                if not future.done():
                    future.set_exception(error)
        finally:
            for _, future in left.values():
                future.cancel()

    async def _turn(
        self, model: str, lines: dict[str, bytes], questions: Sequence[Question]
    ) -> dict[str, Outcome]:
        """Send what there is room for of what is neither answered nor under way by now, and wait for it.

        Gives the outcomes of some questions; the others are for another turn.
        """
        found: dict[str, Outcome] = {}
        own: Entry | None = None
        async with self._journal.locked():
            if self._stopping():
                return {}
            self._store.refresh()
            under_way = await self._adopt()
            found |= {each.key: answer for each in questions if (answer := self._store.get(each.key))}
            elsewhere = {key for entry in under_way for key in entry.keys}
            new = [each for each in questions if each.key not in found and each.key not in elsewhere]
            if part := self._fitting(model, new):
                own = await self._submit(model, part, lines)
                under_way.append(own)
        wanted = {each.key for each in questions}
        awaited = [entry for entry in under_way if not wanted.isdisjoint(entry.keys)]
        for entry in awaited:
            outcomes = await asyncio.shield(self._following[entry.name][1])
            missing = Transient(f"batch {entry.id} said nothing of a request")
            found |= {key: outcomes.get(key, missing) for key in entry.keys if key in wanted}
        if own:
            await self._heed(own, found)
        elif not awaited and not found:
            await self._room([entry.name for entry, _ in self._running()])
        return {key: each for key, each in found.items() if not isinstance(each, QueueFull)}

    def _fitting(self, model: str, questions: Sequence[Question]) -> list[Question]:
        """As many of the questions as queue and budgets take now; for whoever holds the journal.

        Raises UserError where a budget takes none, and nothing is under way that may take less than it could.
        """
        held = total(Sum(each.tokens, each.dollars) for each in self._journal.under_way())
        running = [entry for entry, _ in self._running()]
        queued = sum(entry.asked for entry in running if entry.model == model)
        part: list[Question] = []
        for question in questions[: self._limits.get(model)]:
            asked, _ = most_tokens(question)
            if self._queue is not None and queued and queued + asked > self._queue:
                break
            most = self._budget.most(question)
            if lacking := self._budget.lacking(most, held):
                if not part and not running:
                    raise self._budget.exhausted(lacking)
                break
            part.append(question)
            held, queued = total([held, most]), queued + asked
        return part

    async def _heed(self, own: Entry, found: dict[str, Outcome]) -> None:
        """Learn from a batch of ours how much the queue takes, and wait where it is full."""
        model = own.model
        if not any(isinstance(found[key], QueueFull) for key in own.keys):
            if model in self._limits:
                self._limits[model] += self._limits[model] // 4 + 1
            return
        await self.adopt()  # also what other commands have sent in the meantime
        others = [entry.name for entry, _ in self._running() if entry.model == model]
        if len(own.keys) == 1 and not others:
            found |= {key: Transient(f"{found[key]}; teacher.batch_tokens bounds it") for key in own.keys}
        self._limits[model] = max(1, len(own.keys) // 2)
        tell(f"teacher: the queue for {model} is full; {self._limits[model]} requests go into the next batch")
        await self._room(others)

    async def _room(self, names: Collection[str]) -> None:
        """Wait until one of these batches has ended, or nothing more may be sent."""
        tasks = [self._following[name][1] for name in names]
        if tasks:
            tell(f"teacher: waits until one of {len(tasks)} batches under way has ended")
        while tasks and not self._stopping():
            if (await asyncio.wait(tasks, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED))[0]:
                break

    async def _submit(self, model: str, questions: Sequence[Question], lines: dict[str, bytes]) -> Entry:
        """Send a batch; for whoever holds the journal. Raises Transient or UserError where it was not taken."""
        most = total(self._budget.most(question) for question in questions)
        entry = Entry(
            name=secrets.token_hex(8),
            server=self._place,
            model=model,
            keys=[question.key for question in questions],
            tokens=most.tokens,
            dollars=most.dollars,
            asked=sum(most_tokens(question)[0] for question in questions),
        )
        self._journal.add(entry.model_dump(exclude={"id"}))
        sent = False
        try:
            content = b"".join(lines[key] for key in entry.keys)
            uploaded = await self._server.files.create(
                file=(f"{entry.name}.jsonl", content), purpose="batch", timeout=FILE_TIMEOUT_S
            )
            file, sent = uploaded.id, True
            batch = await self._server.batches.create(
                input_file_id=file,
                endpoint=ENDPOINT,
                completion_window="24h",
                metadata={"name": entry.name},
            )
            if not batch.id:
                raise ValueError("a batch without an id")
        except FAILURES as error:
            if not sent or _refused(error):  # else the server may have it: looked up before the next
                self._journal.add({"name": entry.name, "ended": "not taken"})
            refusal = self._failures.meaning(error, model)
            raise UserError(f"{self._place}: took no batch of {model} ({refusal.detail}).") from None
        entry.id = batch.id
        self._journal.add({"name": entry.name, "id": batch.id})
        tell(
            f"teacher: batch {batch.id} sent, with {len(entry.keys)} requests; should this end, run the same command "
            f"again"
        )
        self._follow(entry)
        return entry

    async def _outcomes(self, entry: Entry) -> dict[str, Outcome]:
        """What a batch says of each of its requests, once it has ended; its answers are in the store then."""
        batch = await self._end_of(entry)
        counts = batch.request_counts
        if counts and counts.completed and not batch.output_file_id:
            raise self._lost(f"batch {entry.id}: has answered {counts.completed}, but names no output", entry)
        found: dict[str, Outcome] = {}
        for file in filter(None, (batch.output_file_id, batch.error_file_id)):
            gone = f"batch {entry.id}: its file {file} is no longer there"
            content = await self._patiently(partial(self._content, file), entry, gone)
            found |= read_outcomes(content, entry, self._failures.redacted)
        faults = [
            f"{each.code or ''} {each.message or ''}" for each in (batch.errors and batch.errors.data) or ()
        ]
        why = self._failures.redacted("; ".join(faults)) if faults else ""
        kind = QueueFull if batch.status == "failed" and _QUEUE_FULL.search(why) else Transient
        for key in entry.keys:
            found.setdefault(key, kind(f"batch {entry.id} {batch.status} without it{why and f' ({why})'}"))
        answers = {key: each for key, each in found.items() if isinstance(each, Answer)}
        async with self._journal.locked():
            self._store.refresh()
            self._store.take_in(
                [as_entry(key, each) for key, each in answers.items() if key not in self._store]
            )
            self._journal.add({"name": entry.name, "ended": batch.status})
        tell(
            f"teacher: batch {entry.id} {batch.status}: {len(answers)} of {len(entry.keys)} requests answered"
        )
        return found

    async def _end_of(self, entry: Entry) -> Batch:
        async def look() -> Batch:
            batch = await self._server.batches.retrieve(entry.id)
            if not batch.status:
                raise ValueError("a batch without a status")
            return batch

        said = ""
        while True:
            batch = await self._patiently(look, entry, f"batch {entry.id}: is unknown to {self._place}")
            if batch.status in ENDED:
                return batch
            counts = batch.request_counts
            now = f"{batch.status}, {counts.completed} of {counts.total} answered" if counts else batch.status
            if now != said:
                tell(f"teacher: batch {entry.id}: {now}")
            said = now
            await asyncio.sleep(POLL_S)

    async def _content(self, file: str) -> bytes:
        return (await self._server.files.content(file, timeout=FILE_TIMEOUT_S)).content

    async def _patiently(self, call: Callable[[], Awaitable[T]], entry: Entry, gone: str) -> T:
        """Ask until there is an answer. Raises UserError after PATIENCE failures in a row, and where it is gone."""
        what = f"batch {entry.id}" if entry.id else f"batches of {entry.model}"
        for left in reversed(range(PATIENCE)):
            try:
                return await call()
            except openai.NotFoundError:
                raise self._lost(gone, entry) from None
            except FAILURES as error:
                try:
                    raise UserError(f"{what}: {self._failures.meaning(error, entry.model).detail}") from None
                except Transient as failure:
                    if not left:
                        raise UserError(
                            f"{what}: failed {PATIENCE} times in a row ({failure}); it goes on by itself: run the "
                            f"same command again later."
                        ) from None
            await asyncio.sleep(POLL_S)
        raise AssertionError("returns or raises")

    def _lost(self, what: str, entry: Entry) -> UserError:
        line = json.dumps({"ended": "lost", "name": entry.name})
        return UserError(
            f"{what}; the answers to its {len(entry.keys)} requests, paid for or not, are lost to this key. Give the "
            f"key of the account that sent it; to ask (and pay for) them again, add the line {line} to "
            f"{self._journal.path} and run the same command again."
        )


def _refused(error: Exception) -> bool:
    """Whether a failure says that the server has not done what it was asked for."""
    return (
        isinstance(error, openai.APIStatusError)
        and error.status_code < 500
        and error.status_code not in (408, 409)
    )
