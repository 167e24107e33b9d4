"""The pool: sends jobs to isolated workers and turns their untrusted replies into outcomes.

One thread and one selector drive all workers, so there is nothing to lock and nothing that outlives a run.
A worker always has a job or two waiting in its socket, which hides the round trip.

CPU time decides timeouts (measured by the zygote on the child's own clock, which the child cannot reset); wall
time is the backstop. The calls of one job share an interpreter but not a namespace; jobs share nothing.
"""

import itertools
import json
import selectors
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Self

from semcoder.errors import UserError
from semcoder.execution import bwrap
from semcoder.execution.api import Job, Limits, Outcome
from semcoder.execution.reply import outcome
from semcoder.execution.worker import Worker, WorkerDied

DEFAULT_PRELOAD = tuple(
    "abc array ast base64 bisect calendar cmath collections contextlib copy dataclasses datetime decimal difflib "
    "enum fractions functools hashlib heapq html inspect io itertools json keyword locale math numbers operator "
    "pprint queue random re reprlib shlex statistics string struct sys textwrap threading time timeit traceback "
    "types typing unicodedata uuid warnings zlib".split()
)
"""Modules of the standard library that every child finds imported, so that it does not pay for them."""
WINDOW = 64
"""Jobs a worker that may be pulled and not yet yielded: bounds memory, and how far a slow job holds up the rest."""
IN_FLIGHT = 2
"""Jobs in a worker's hands: the one that runs and the one that waits in the socket."""
LARGEST_JOB = 16 << 20
GRACE_S = 30.0
"""Beyond the wall limit: how long a worker may stay silent before it is replaced."""


class Sandbox:
    """A pool of isolated workers. Use it as a context manager; leaving it ends every process.

    `workers`: processes that run programs side by side (one or two a core).
    `limits`: the same for all jobs. `hash_seed`: PYTHONHASHSEED of the programs, 0 to 4294967295.
    `preload`: modules of the standard library imported before the programs start.
    Raises UserError where the system allows no isolation: nothing ever runs without it.
    """

    def __init__(
        self,
        workers: int,
        limits: Limits,
        hash_seed: int = 0,
        preload: Sequence[str] = DEFAULT_PRELOAD,
    ) -> None:
        if workers < 1:
            raise UserError(f"The sandbox was given {workers} workers; it needs at least 1.")
        if limits.memory_mb < 64:
            raise UserError(
                f"The sandbox was given {limits.memory_mb} MB a program; Python needs at least 64."
            )
        if min(limits.cpu_s, limits.wall_s) <= 0:
            raise UserError("The sandbox was given a time limit that is not positive.")
        self.limits = limits
        self._count = workers
        self._hash_seed = hash_seed
        self._settings = json.dumps({"limits": asdict(limits), "preload": list(preload)})
        self._workers: list[Worker] = []
        self._bwrap = ""
        self._running = False

    def __enter__(self) -> Self:
        self._start(self._count)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all workers now."""
        for worker in self._workers:
            worker.stop()
        self._workers.clear()

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Outcomes in the order of the jobs, each as soon as it and all before it are there.

        `jobs` is pulled as the work goes on, at most WINDOW a worker ahead of what was yielded.
        One run at a time; a run that is left early ends the workers it kept busy.
        """
        if self._running:
            raise RuntimeError(
                "this sandbox is already running jobs; finish that run, or use another sandbox"
            )
        self._running = True
        try:
            yield from self._drive(iter(jobs))
        finally:
            self._running = False
            for worker in [worker for worker in self._workers if worker.jobs]:
                worker.stop()
                self._workers.remove(worker)

    def _drive(self, jobs: Iterator[Job]) -> Iterator[Outcome]:
        self._start(self._count - len(self._workers))
        selector = selectors.DefaultSelector()
        done: dict[int, Outcome] = {}
        again: deque[tuple[int, Job]] = deque()
        fresh = enumerate(jobs)
        position = pulled = 0
        exhausted = False
        try:
            while True:
                while not exhausted and pulled - position < WINDOW * self._count:
                    worker = min(self._workers, key=lambda worker: len(worker.jobs))
                    if len(worker.jobs) >= IN_FLIGHT:
                        break
                    try:
                        number, job = again.popleft() if again else next(fresh)
                    except StopIteration:
                        exhausted = True
                        break
                    pulled = max(pulled, number + 1)
                    request = _request(job)
                    if len(request) > LARGEST_JOB:
                        done[number] = Outcome(job.id, "invalid", f"larger than {LARGEST_JOB >> 20} MB")
                    else:
                        worker.give(number, job, request)
                while position in done:
                    yield done.pop(position)
                    position += 1
                if exhausted and position == pulled and not again:
                    return
                self._turn(selector, done, again)
                exhausted = exhausted and not again
        finally:
            selector.close()

    def _turn(
        self, selector: selectors.BaseSelector, done: dict[int, Outcome], again: deque[tuple[int, Job]]
    ) -> None:
        """Wait for some worker, move bytes, and take in the replies that are whole."""
        known = selector.get_map()
        for worker in self._workers:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if worker.unsent else 0)
            if worker.socket not in known:
                selector.register(worker.socket, wanted, worker)
            elif selector.get_key(worker.socket).events != wanted:
                selector.modify(worker.socket, wanted, worker)
        waited = time.monotonic()
        events = selector.select(timeout=1.0)
        waited = time.monotonic() - waited
        moved = set()
        for key, mask in events:
            worker = key.data
            moved.add(worker)
            try:
                for number, job, head in worker.move(mask):
                    done[number] = outcome(job, head, self.limits)
                    if not head.clean:
                        raise WorkerDied("it left files behind")
            except WorkerDied as death:
                self._replace(worker, selector, str(death), done, again)
        for worker in [worker for worker in self._workers if worker not in moved and worker.jobs]:
            worker.silent_s += waited
            if worker.silent_s > self.limits.wall_s + GRACE_S:
                self._replace(worker, selector, "it stopped answering", done, again)

    def _replace(
        self,
        worker: Worker,
        selector: selectors.BaseSelector,
        why: str,
        done: dict[int, Outcome],
        again: deque[tuple[int, Job]],
    ) -> None:
        """Put a fresh worker in place of an odd one. Only the job it was running is to blame for its end."""
        selector.unregister(worker.socket)
        worker.stop()
        self._workers.remove(worker)
        for place, (number, job) in enumerate(worker.jobs):
            if place == 0 and why != "it left files behind":
                done[number] = Outcome(job.id, "killed", f"the worker was lost: {why}")
            else:
                again.append((number, job))
        self._start(1)

    def _start(self, count: int) -> None:
        """Start workers side by side; the first start finds out which bubblewrap works here."""
        complaints: list[str] = []
        for path in [self._bwrap] if self._bwrap else bwrap.candidates():
            argv = bwrap.command(path, self._hash_seed, self._settings)
            started: list[Worker] = []
            try:
                started += [Worker(argv) for _ in range(count)]
                for worker in started:
                    if not worker.greet() and not self._bwrap:
                        print(
                            "semcoder: no system call filter for this machine; the sandbox rests on namespaces "
                            "and limits alone.",
                            file=sys.stderr,
                        )
                    self._bwrap = path
            except (WorkerDied, OSError) as error:
                complaints.append(f"{path}: {error}")
                for worker in started:
                    worker.stop()
            except BaseException:
                for worker in started:
                    worker.stop()
                raise
            else:
                self._workers += started
                return
        raise UserError(f"The sandbox cannot start ({'; '.join(complaints)}); {bwrap.REMEDY}.")


def _request(job: Job) -> bytes:
    return json.dumps(
        {
            "code": job.code,
            "entry_point": job.entry_point,
            "calls": [[call.args, call.kwargs] for call in job.calls],
            "stdin": job.stdin,
            "trace": job.trace,
        }
    ).encode()
