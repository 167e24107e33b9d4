"""Asks an OpenAI-compatible server: many requests at a time, answers in order, within a budget, never twice.

What a server may do wrong and what follows: 429, 408, 409, 5xx, a cut connection, a timeout and a body that
is no answer are tried again (Retry-After is honoured, for all requests at once); a request that the server
cannot take (too long, filtered) is a Refusal; a wrong key, model or address ends the command with one sentence.
"""

import asyncio
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from itertools import islice
from typing import TypeVar

import openai
import tenacity

from semcoder.errors import UserError
from semcoder.progress import tell
from semcoder.teacher import batch
from semcoder.teacher.batch_files import MOST_REQUESTS
from semcoder.teacher.bill import Cost, Post, bill
from semcoder.teacher.budget import Budget, Sum
from semcoder.teacher.failures import FAILURES, Failures
from semcoder.teacher.interface import Refusal
from semcoder.teacher.journal import JOURNAL
from semcoder.teacher.pace import Pace
from semcoder.teacher.protocol import Transient, answer_of, judged, request_of
from semcoder.teacher.settings import TeacherSettings
from semcoder.teacher.store import Answer, Question, Store

I = TypeVar("I")  # noqa: E741 - an item
R = TypeVar("R")

AHEAD = 4
"""Items in work a request slot: answers come back in order, so a slow one must not idle the others."""


class Client:
    """A teacher's line to its server. The key is read from the environment, used, and shown nowhere."""

    def __init__(self, settings: TeacherSettings) -> None:
        self.settings = settings
        self._key = os.environ.get(settings.key_variable, "") if settings.key_variable else "none"
        self._store = Store(settings.store)
        self._budget = Budget(settings, self._store)
        self._failures = Failures(settings, self._key)
        self._asked = self._stored = 0
        self._used: dict[str, Cost] = {}
        self._streaming = self._stopping = False
        self._failure: UserError | None = None
        self._underway: dict[str, asyncio.Future[Answer | Refusal]] = {}
        self._ahead = MOST_REQUESTS if settings.batch else AHEAD * settings.concurrency
        self._batches: batch.Batches | None = None
        self._pace: Pace
        self._server: openai.AsyncOpenAI

    def stream(self, items: Iterable[I], work: Callable[[I], Awaitable[R]]) -> Iterator[tuple[I, R]]:
        """(item, what `work` makes of it) in the order of the items, with at most `concurrency` requests at a time.

        `work` runs on a thread of its own and calls `ask`; items are pulled as results are taken. It must not parse
        Python: CPython 3.11 has one depth counter for the `ast.parse` of all threads, and the caller parses too
        ("AST constructor recursion depth mismatch", CPython's issue 106905). Raises UserError where going on makes
        no sense; what has been paid for by then is in the store.
        """
        if self._streaming:
            raise RuntimeError("this client already streams answers; finish that, or use another client")
        self._streaming = True
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="teacher", daemon=True)
        thread.start()
        pending: deque[tuple[I, Future[R]]] = deque()
        source = iter(items)
        try:
            asyncio.run_coroutine_threadsafe(self._open(), loop).result()
            try:
                asyncio.run_coroutine_threadsafe(self._adopt(), loop).result()
                while True:
                    for item in islice(source, self._ahead - len(pending)):
                        pending.append((item, asyncio.run_coroutine_threadsafe(_call(work, item), loop)))
                    if not pending:
                        return
                    item, future = pending.popleft()
                    result = self._result(future)
                    self._budget.done += 1
                    yield item, result
            finally:
                drain = isinstance(sys.exc_info()[1], UserError)
                asyncio.run_coroutine_threadsafe(self._close(drain), loop).result()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
            self._streaming = False

    def _result(self, future: Future[R]) -> R:
        try:
            return future.result()
        except CancelledError:
            if self._failure is None:
                raise
            raise self._failure from None  # it was not asked because another one showed that asking is vain

    @property
    def bill(self) -> list[Post]:
        """What all answers that were taken cost, each once, whether from the store or from the server."""
        return bill(self._used.values())

    async def ask(self, question: Question) -> Answer | Refusal:
        """The answer, from the store or from the server; only whole answers without a refusal are answers."""
        key = question.key
        stored = self._store.get(key)
        if stored is not None:
            self._stored += 1
            self._note(key, question, stored)
            return judged(stored)
        if key not in self._underway:
            self._underway[key] = asyncio.ensure_future(self._pay(question, key))
            self._underway[key].add_done_callback(lambda _: self._underway.pop(key, None))
        return await asyncio.shield(self._underway[key])

    def _note(self, key: str, question: Question, answer: Answer) -> None:
        cost = (answer.prompt_tokens, answer.completion_tokens, answer.seconds, answer.batch)
        self._used[key] = Cost(question.purpose, question.model, *cost)

    async def _pay(self, question: Question, key: str) -> Answer | Refusal:
        try:
            early = await self._batches.taken(key) if self._batches else None
            answer = early or await self._persist(question)
        except UserError as error:
            self._failure, self._stopping = error, True
            if self.settings.batch:  # what is under way goes on by itself, and is found again
                for other in self._underway.values():
                    if other is not asyncio.current_task():
                        other.cancel()
            raise
        if isinstance(answer, Answer):
            self._asked += 1
            self._note(key, question, answer)
            if key not in self._store:  # those of batches are stored as they come, all at once
                self._store.put(key, answer)
            return judged(answer)
        return answer

    async def _persist(self, question: Question) -> Answer | Refusal:
        """Try until there is an answer. Raises UserError when the server has failed too often in a row."""
        if not self._key:
            raise UserError(
                f"The environment variable {self.settings.key_variable} is not set; put the teacher's key there."
            )
        tries = self.settings.attempts
        try:
            async for attempt in tenacity.AsyncRetrying(
                retry=tenacity.retry_if_exception_type(Transient),
                wait=self._wait,
                stop=tenacity.stop_after_attempt(tries),
                reraise=True,
            ):
                with attempt:
                    if (
                        self._batches and self.settings.batch
                    ):  # all at once: how many at a time is the server's affair
                        self._go_on()
                        return await self._batches.request(question)
                    async with self._pace:
                        self._go_on()
                        async with self._budget.reserving(question, self._held):
                            self._go_on()
                            answer = await self._request(question)
                    self._pace.faster()
                    return answer
        except Transient as error:
            raise UserError(
                f"{self._failures.place}: failed {tries} times in a row ({self._failures.redacted(error)}); the "
                f"answers so far are stored: run the same command again to go on."
            ) from None
        raise AssertionError("tenacity returns or raises")

    def _go_on(self) -> None:
        if self._stopping:
            raise asyncio.CancelledError

    def _held(self) -> Sum:
        """What batches under way may still take."""
        return self._batches.held if self._batches else Sum()

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if self.settings.batch:  # the same for all, so that they go into one batch again
            asked_for = error.wait_s if isinstance(error, Transient) else 0.0
            return max(batch.POLL_S * 2.0 ** (state.attempt_number - 1), asked_for)
        if isinstance(error, Transient):
            if error.too_much or error.wait_s:
                self._pace.slower(error.wait_s)
            if error.wait_s:
                return 0.0  # the pace waits, for all of them
        return float(tenacity.wait_random_exponential(multiplier=0.5, max=60)(state))

    async def _request(self, question: Question) -> Answer | Refusal:
        try:
            begun = time.monotonic()
            reply = await self._server.chat.completions.create(**request_of(question))
            chars = sum(len(each) for _, each in question.messages)
            return answer_of(reply, question.model, chars, time.monotonic() - begun)
        except FAILURES as error:
            return self._failures.meaning(error, question.model)

    async def _open(self) -> None:
        self._asked = self._stored = self._budget.done = 0
        self._store.__enter__()
        self._pace = Pace(self.settings.concurrency)
        self._server = openai.AsyncOpenAI(
            api_key=self._key or "none",  # without one, `ask` stops before a request; a full store needs none
            base_url=self.settings.base_url,
            max_retries=0,
            timeout=self.settings.timeout_s,
        )
        self._batches = None
        if self.settings.batch or (self.settings.store / JOURNAL).exists():
            self._batches = batch.Batches(
                self._server,
                self._store,
                self._budget,
                self._failures,
                self.settings.batch_tokens,
                lambda: self._stopping,
            )

    async def _adopt(self) -> None:
        """What an earlier command has asked for in batches is not asked again, however this one asks."""
        if self._batches and self._key:
            await self._batches.adopt()

    async def _close(self, drain: bool) -> None:
        """End what is under way; with `drain`, let the requests already made be answered and stored."""
        self._stopping = True
        paying = list(self._underway.values())
        if drain and paying and not self.settings.batch:  # a batch goes on by itself, and is found again
            await asyncio.wait(paying, timeout=self.settings.timeout_s)
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._server.close()
        self._store.__exit__(None, None, None)
        self._stopping, self._failure = False, None
        if self._asked or self._stored:
            dollars = f" ({self._budget.dollars:.2f} dollars)" if self.settings.prices else ""
            tell(
                f"teacher: {self._stored} answers from the store, {self._asked} asked; "
                f"{self._store.tokens} of {self.settings.budget_tokens} tokens{dollars} spent"
            )


async def _call(work: Callable[[I], Awaitable[R]], item: I) -> R:
    return await work(item)
