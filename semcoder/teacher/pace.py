"""How many requests are made at a time: ever more while the server keeps up, half as many when it does not.

The limit doubles a round until the server first says that it is too much, and from then on grows by one a round
(additive increase, multiplicative decrease, as TCP does it); `concurrency` is what it never exceeds.
"""

import asyncio
import time
from collections import deque
from types import TracebackType

START = 4
"""Requests at a time, at first."""
CALM_S = 1.0
"""How long after a step back further complaints are about requests made before it."""


class Pace:
    """Slots for requests, first come, first served. Use each as `async with pace:`, in one event loop."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(min(START, most))
        self._starting = True
        self._taken = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._free_at = self._calm_at = 0.0

    async def __aenter__(self) -> None:
        if self._queue or self._taken >= int(self.limit):
            mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._queue.append(mine)
            try:
                await mine
            except asyncio.CancelledError:
                if mine.done() and not mine.cancelled():
                    self._release()
                raise
        else:
            self._taken += 1
        try:
            while (left := self._free_at - time.monotonic()) > 0:
                await asyncio.sleep(left)
        except asyncio.CancelledError:
            self._release()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def _release(self) -> None:
        self._taken -= 1
        self._admit()

    def _admit(self) -> None:
        while self._queue and self._taken < int(self.limit):
            next_one = self._queue.popleft()
            if not next_one.done():
                self._taken += 1
                next_one.set_result(None)

    def faster(self) -> None:
        """A request was answered."""
        self.limit = min(float(self.most), self.limit + (1.0 if self._starting else 1.0 / self.limit))
        self._admit()

    def slower(self, wait_s: float) -> None:
        """The server says that it is too much, and asks to be left alone for `wait_s` seconds."""
        now = time.monotonic()
        self._free_at = max(self._free_at, now + wait_s)
        if now >= self._calm_at:
            self._starting = False
            self.limit = max(1.0, self.limit / 2)
            self._calm_at = max(self._free_at, now + CALM_S)
