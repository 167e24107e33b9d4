"""How much more a teacher may be asked: budgets in tokens and dollars, less what is spent and what is under way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import NamedTuple

from semcoder.errors import UserError
from semcoder.teacher.bill import Price
from semcoder.teacher.protocol import most_tokens
from semcoder.teacher.settings import TeacherSettings
from semcoder.teacher.store import Question, Store


class Sum(NamedTuple):
    """What something takes, or may take at most."""

    tokens: int = 0
    dollars: float = 0.0


def total(sums: Iterable[Sum]) -> Sum:
    """All of them together."""
    each = list(sums)
    return Sum(sum(one.tokens for one in each), sum(one.dollars for one in each))


class Budget:
    """What the settings allow over what the store holds. For one event loop."""

    def __init__(self, settings: TeacherSettings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._reserved = Sum()
        self.done = 0
        """Items of this command that are done; only told."""

    def most(self, question: Question) -> Sum:
        """What a request may take."""
        asked, answered = most_tokens(question)
        price = self._settings.prices.get(question.model)
        cost = price.dollars(asked, answered, batch=self._settings.batch) if price else 0.0
        return Sum(asked + answered, cost)

    def lacking(self, more: Sum, held: Sum) -> str:
        """Which budget cannot take more while others hold so much, in a clause; empty where all can."""
        spent, most = self._store.tokens, self._settings.budget_tokens
        others = total([held, self._reserved])
        beside = ", what is under way {}," if any(others) else ""
        if spent + others.tokens + more.tokens > most:
            return (
                f"teacher.budget_tokens: {spent} of {most} tokens are spent,"
                f"{beside.format(others.tokens)} and the next request may take {more.tokens}"
            )
        bound = self._settings.budget_dollars
        if bound is not None and (dollars := self.dollars) + others.dollars + more.dollars > bound:
            return (
                f"teacher.budget_dollars: {dollars:.4f} of {bound:.2f} dollars are spent,"
                f"{beside.format(f'{others.dollars:.4f}')} and the next request may take {more.dollars:.4f}"
            )
        return ""

    def exhausted(self, lacking: str) -> UserError:
        """The end of a command that a budget stops."""
        return UserError(
            f"{lacking}; {self.done} items of this command are done, and all {len(self._store)} answers are "
            f"stored: raise it and run the same command again."
        )

    @asynccontextmanager
    async def reserving(self, question: Question, held: Callable[[], Sum]) -> AsyncIterator[None]:
        """Hold the most that a request may take, once there is so much. Raises UserError where there will not be."""
        most = self.most(question)
        while lacking := self.lacking(most, held()):
            if not self._reserved.tokens and not held().tokens:
                raise self.exhausted(lacking)
            await asyncio.sleep(0.05)  # what is under way may take less than it could
        self._reserved = total([self._reserved, most])
        try:
            yield
        finally:
            self._reserved = total([self._reserved, Sum(-most.tokens, -most.dollars)])

    @property
    def dollars(self) -> float:
        """What all stored answers cost; those of a model without a price, at the highest one that there is."""
        prices = self._settings.prices
        highest = Price(
            prompt=max((each.prompt for each in prices.values()), default=0.0),
            completion=max((each.completion for each in prices.values()), default=0.0),
        )
        return sum(
            prices.get(name, highest).dollars(*spent, batch=in_batch)
            for (name, in_batch), spent in self._store.spent.items()
        )
