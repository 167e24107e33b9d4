"""Asks an OpenAI-compatible server: many requests at a time, answers in order, within a budget, never twice.

What a server may do wrong and what follows: 429, 408, 409, 5xx, a cut connection, a timeout and a body that
is no answer are tried again (Retry-After is honoured, for all requests at once); a request that the server
cannot take (too long, filtered) is a Refusal; a wrong key, model or address ends the command with one sentence.
"""

import asyncio
import os
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any, TypeVar

import openai
import tenacity

from semcoder.errors import UserError
from semcoder.progress import tell
from semcoder.teacher.bill import Cost, Post, Price, bill
from semcoder.teacher.interface import Refusal
from semcoder.teacher.pace import Pace
from semcoder.teacher.settings import TeacherSettings
from semcoder.teacher.store import Answer, Question, Store

I = TypeVar("I")  # noqa: E741 - an item
R = TypeVar("R")

LONGEST_WAIT_S = 600.0
AHEAD = 4
"""Items in work a request slot: answers come back in order, so a slow one must not idle the others."""
_CANNOT_TAKE = re.compile(r"context|too long|too large|too many tokens|filter|policy|safety", re.IGNORECASE)
_TRANSIENT_STATUS = frozenset({408, 409, 429})
_TOO_MUCH = frozenset({408, 429, 503, 529})


class Transient(Exception):
    """A failure that may pass.

    `wait_s` is how long the server asks to be left alone, `too_much` whether it was asked too much at a time.
    """

    def __init__(self, what: str, wait_s: float = 0.0, *, too_much: bool = False) -> None:
        super().__init__(what)
        self.wait_s = wait_s
        self.too_much = too_much


class Client:
    """A teacher's line to its server. The key is read from the environment, used, and shown nowhere."""

    def __init__(self, settings: TeacherSettings) -> None:
        self.settings = settings
        self._key = os.environ.get(settings.key_variable, "") if settings.key_variable else "none"
        self._store = Store(settings.store)
        self._asked = self._stored = self._taken = self._reserved = 0
        self._reserved_dollars = 0.0
        self._used: dict[str, Cost] = {}
        self._streaming = self._stopping = False
        self._failure: UserError | None = None
        self._underway: dict[str, asyncio.Future[Answer | Refusal]] = {}
        self._pace: Pace
        self._server: openai.AsyncOpenAI

    def stream(self, items: Iterable[I], work: Callable[[I], Awaitable[R]]) -> Iterator[tuple[I, R]]:
        """(item, what `work` makes of it) in the order of the items, with at most `concurrency` requests at a time.

        `work` runs on a thread of its own and calls `ask`; items are pulled as results are taken. Raises
        UserError where going on makes no sense; what has been paid for by then is in the store.
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
                while True:
                    for item in islice(source, AHEAD * self.settings.concurrency - len(pending)):
                        pending.append((item, asyncio.run_coroutine_threadsafe(_call(work, item), loop)))
                    if not pending:
                        return
                    item, future = pending.popleft()
                    result = self._result(future)
                    self._taken += 1
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
            return _judged(stored)
        if key not in self._underway:
            self._underway[key] = asyncio.ensure_future(self._pay(question, key))
            self._underway[key].add_done_callback(lambda _: self._underway.pop(key, None))
        return await asyncio.shield(self._underway[key])

    def _note(self, key: str, question: Question, answer: Answer) -> None:
        cost = (answer.prompt_tokens, answer.completion_tokens, answer.seconds)
        self._used[key] = Cost(question.purpose, question.model, *cost)

    async def _pay(self, question: Question, key: str) -> Answer | Refusal:
        try:
            answer = await self._persist(question)
        except UserError as error:
            self._failure, self._stopping = error, True
            raise
        if isinstance(answer, Answer):
            self._asked += 1
            self._note(key, question, answer)
            self._store.put(key, answer)
            return _judged(answer)
        return answer

    async def _within_budget(self, question: Question) -> Answer | Refusal:
        """One request, once there is budget for the most that it may take."""
        if not self._key:
            raise UserError(
                f"The environment variable {self.settings.key_variable} is not set; put the teacher's "
                f"key there."
            )
        asked = sum(16 + len(text.encode()) for _, text in question.messages)
        most = asked + question.max_tokens
        price = self.settings.prices.get(question.model)
        cost = price.dollars(asked, question.max_tokens) if price else 0.0
        while self._reserved and self._lacking(most, cost):
            await asyncio.sleep(0.05)  # what is under way may take less than it could
        if lacking := self._lacking(most, cost):
            raise UserError(
                f"{lacking}; {self._taken} items of this command are done, and all {len(self._store)} answers "
                f"are stored: raise it and run the same command again."
            )
        self._reserved += most
        self._reserved_dollars += cost
        try:
            return await self._request(question)
        finally:
            self._reserved -= most
            self._reserved_dollars -= cost

    def _lacking(self, tokens: int, cost: float) -> str:
        """Which budget cannot take so many more tokens and dollars, in a clause; empty where all can."""
        settings, spent = self.settings, self._store.tokens
        if spent + self._reserved + tokens > settings.budget_tokens:
            return (
                f"teacher.budget_tokens: {spent} of {settings.budget_tokens} tokens are spent, and the next "
                f"request may take {tokens}"
            )
        most = settings.budget_dollars
        if most is not None and (dollars := self._dollars) + self._reserved_dollars + cost > most:
            return (
                f"teacher.budget_dollars: {dollars:.4f} of {most:.2f} dollars are spent, and the next request "
                f"may take {cost:.4f}"
            )
        return ""

    @property
    def _dollars(self) -> float:
        """What all stored answers cost; those of a model without a price, at the highest one that there is."""
        prices = self.settings.prices
        highest = Price(
            prompt=max((each.prompt for each in prices.values()), default=0.0),
            completion=max((each.completion for each in prices.values()), default=0.0),
        )
        return sum(prices.get(name, highest).dollars(*spent) for name, spent in self._store.spent.items())

    async def _persist(self, question: Question) -> Answer | Refusal:
        """Try until there is an answer. Raises UserError when the server has failed too often in a row."""
        tries = self.settings.attempts
        try:
            async for attempt in tenacity.AsyncRetrying(
                retry=tenacity.retry_if_exception_type(Transient),
                wait=self._wait,
                stop=tenacity.stop_after_attempt(tries),
                reraise=True,
            ):
                with attempt:
                    async with self._pace:
                        if self._stopping:
                            raise asyncio.CancelledError
                        answer = await self._within_budget(question)
                    self._pace.faster()
                    return answer
        except Transient as error:
            raise UserError(
                f"{self._place}: failed {tries} times in a row ({error}); the answers so far are stored: run "
                f"the same command again to go on."
            ) from None
        raise AssertionError("tenacity returns or raises")

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Transient):
            if error.too_much or error.wait_s:
                self._pace.slower(error.wait_s)
            if error.wait_s:
                return 0.0  # the pace waits, for all of them
        return float(tenacity.wait_random_exponential(multiplier=0.5, max=60)(state))

    async def _request(self, question: Question) -> Answer | Refusal:
        request: dict[str, Any] = {
            "model": question.model,
            "messages": [{"role": role, "content": text} for role, text in question.messages],
            "temperature": question.temperature,
            "max_tokens": question.max_tokens,
            "seed": question.sample,
        }
        if question.stop:
            request["stop"] = list(question.stop)
        try:
            begun = time.monotonic()
            reply = await self._server.chat.completions.create(**request)
            return _answer(reply, question, time.monotonic() - begun)
        except openai.APIStatusError as error:
            return self._status(error, question)
        except openai.APIConnectionError as error:
            what = f"{type(error).__name__}: {self._redacted(error.__cause__ or error)}"
            raise Transient(what, too_much=isinstance(error, openai.APITimeoutError)) from None
        except (openai.APIError, ValueError, AttributeError, LookupError, TypeError) as error:
            raise Transient(f"an answer that is none: {self._redacted(error)}") from None

    def _status(self, error: openai.APIStatusError, question: Question) -> Refusal:
        """What an HTTP status means: a Refusal, or Transient or UserError raised."""
        code, what = error.status_code, f"HTTP {error.status_code}: {self._redacted(error.message)}"
        if code in (401, 403):
            raise UserError(
                f"{self._place}: refused the key (HTTP {code}); put a valid one in the environment variable "
                f"{self.settings.key_variable or '(none is configured)'}."
            ) from None
        if code == 429 and error.code == "insufficient_quota":
            raise UserError(
                f"{self._place}: the account's quota is used up; mend that and run again."
            ) from None
        if code in _TRANSIENT_STATUS or code >= 500:
            wait_s = _retry_after(error.response.headers)
            raise Transient(what, wait_s, too_much=code in _TOO_MUCH) from None
        if code in (400, 413, 422) and _CANNOT_TAKE.search(error.message):
            return Refusal("the server cannot take it", what)
        raise UserError(
            f"{self._place}: cannot serve {question.model} ({what}); mend the teacher's settings."
        ) from None

    async def _open(self) -> None:
        self._asked = self._stored = self._taken = 0
        self._store.__enter__()
        self._pace = Pace(self.settings.concurrency)
        self._server = openai.AsyncOpenAI(
            api_key=self._key or "none",  # without one, `ask` stops before a request; a full store needs none
            base_url=self.settings.base_url,
            max_retries=0,
            timeout=self.settings.timeout_s,
        )

    async def _close(self, drain: bool) -> None:
        """End what is under way; with `drain`, let the requests already made be answered and stored."""
        self._stopping = True
        paying = list(self._underway.values())
        if drain and paying:
            await asyncio.wait(paying, timeout=self.settings.timeout_s)
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._server.close()
        self._store.__exit__(None, None, None)
        self._stopping, self._failure = False, None
        if self._asked or self._stored:
            dollars = f" ({self._dollars:.2f} dollars)" if self.settings.prices else ""
            tell(
                f"teacher: {self._stored} answers from the store, {self._asked} asked; "
                f"{self._store.tokens} of {self.settings.budget_tokens} tokens{dollars} spent"
            )

    @property
    def _place(self) -> str:
        return self.settings.base_url or "the teacher's server"

    def _redacted(self, error: BaseException | str) -> str:
        text = " ".join(str(error).split())[:300] or type(error).__name__
        return text.replace(self._key, "***") if len(self._key) > 4 else text


async def _call(work: Callable[[I], Awaitable[R]], item: I) -> R:
    return await work(item)


def _answer(reply: Any, question: Question, seconds: float) -> Answer:
    """The server's reply; raises one of several errors where it is not of the protocol's form."""
    choice = reply.choices[0]
    refusal = getattr(choice.message, "refusal", None)
    text = refusal or choice.message.content or ""
    if not isinstance(text, str):
        raise TypeError("the content is not text")
    usage = reply.usage
    asked = sum(len(each) for _, each in question.messages)
    return Answer(
        text,
        "refusal" if refusal else str(choice.finish_reason or "stop"),
        int(usage.prompt_tokens) if usage else asked // 3,
        int(usage.completion_tokens) if usage else len(text) // 3,
        question.model,
        round(seconds, 3),
    )


def _judged(answer: Answer) -> Answer | Refusal:
    """An answer that can be used, or why it cannot; it is paid for and stays in the store either way."""
    if answer.finish == "length":
        return Refusal("cut off", f"after {answer.completion_tokens} tokens")
    if answer.finish in ("refusal", "content_filter"):
        return Refusal("refused by the model", answer.text[:200])
    if not answer.text.strip():
        return Refusal("empty answer")
    return answer


def _retry_after(headers: Any) -> float:
    """Seconds that a Retry-After header asks for (a number or a date), 0 without one."""
    text = headers.get("retry-after", "")
    if not text:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT_S)
