"""The pool: sends jobs to isolated workers and turns their untrusted replies into outcomes.

One thread and one selector drive all workers, so there is nothing to lock and nothing that outlives a run.
A worker always has a second job waiting in its socket, which hides the round trip.

CPU time decides timeouts (the zygote measures it on the child's own clock, which the child cannot reset);
wall time is the backstop for programs that sleep. The calls of one job share an interpreter but not a
namespace; jobs share nothing.
"""

import marshal
import selectors
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from types import TracebackType
from typing import ClassVar, Self

from semcoder.errors import UserError
from semcoder.execution import bwrap, frames
from semcoder.execution.api import Job, Limits, Outcome
from semcoder.execution.isolation import Isolation, chosen
from semcoder.execution.reply import outcome
from semcoder.execution.worker import Task, Worker, WorkerDied
from semcoder.progress import tell

# fmt: off
DEFAULT_PRELOAD = (
    "abc", "array", "ast", "base64", "bisect", "calendar", "cmath", "collections", "contextlib", "copy",
    "dataclasses", "datetime", "decimal", "difflib", "enum", "fractions", "functools", "hashlib", "heapq",
    "html", "inspect", "io", "itertools", "json", "keyword", "locale", "math", "numbers", "operator",
    "pprint", "queue", "random", "re", "reprlib", "shlex", "statistics", "string", "struct", "textwrap",
    "threading", "time", "timeit", "traceback", "types", "typing", "unicodedata", "uuid", "warnings", "zlib",
)
# fmt: on
"""Modules of the standard library that every child finds imported, so that it does not pay for them."""
WINDOW = 64
"""Jobs a worker, pulled and not yet yielded: bounds memory, and how far a slow job is overtaken."""
IN_FLIGHT = frames.SETS
"""Jobs in a worker's hands: the one that runs and the one that waits in the socket."""
ATTEMPTS = 2
"""How often a job may lose its worker (which the program cannot end, but an operator or the kernel may)."""
SLACK = 1 << 16
"""Bytes beyond the result limit that are still read, for the records' own wrapping."""
LARGEST_JOB = 16 << 20
"""Bytes of one job's request."""
GRACE_S = 30.0
"""How long a worker may stay silent beyond the wall limit before it is replaced."""


class Sandbox:
    """A pool of isolated workers. Use it as a context manager; leaving it ends every process.

    `workers`: processes that run programs side by side (one or two a core).
    `limits`: the same for all jobs. `hash_seed`: PYTHONHASHSEED of the programs, 0 to 4294967295.
    `preload`: modules imported before the programs start, so that no program pays for them; packages of this
    environment may be among them, and only those can be imported inside.
    `isolation`: that of the process (semcoder.execution.isolation) unless given: `namespaces`, or where the system
    forbids them and it is asked for by name `rlimits-only`: limits and system call filters alone. Then programs
    reach no network, start no process and write no file, but read what the caller may read.
    Workers end when the thread that entered the pool ends, so enter and run in one thread.
    Raises UserError where the system allows no isolation: nothing ever runs without it.
    """

    _guarded: ClassVar[bool] = True
    """Tests take the classifying guard away, so that attacks meet the isolation beneath it."""

    def __init__(
        self,
        workers: int,
        limits: Limits,
        hash_seed: int = 0,
        preload: Sequence[str] = DEFAULT_PRELOAD,
        isolation: Isolation | None = None,
    ) -> None:
        if workers < 1:
            raise UserError(f"The sandbox was given {workers} workers; it needs at least 1.")
        if limits.memory_mb < 64:
            raise UserError(f"The sandbox was given {limits.memory_mb} MB a program; it needs at least 64.")
        if min(limits.cpu_s, limits.wall_s) <= 0:
            raise UserError("The sandbox was given a time limit that is not positive.")
        if not 0 <= hash_seed < 1 << 32:
            raise UserError(f"The sandbox was given the hash seed {hash_seed}; Python takes 0 to 4294967295.")
        self.limits = limits
        self._count = workers
        self._hash_seed = hash_seed
        self._preload = tuple(preload)
        self._isolation = isolation or chosen()
        self._settings = {"limits": asdict(limits), "guarded": self._guarded}
        output, result = 1024 * limits.output_kb, 1024 * limits.result_kb + SLACK
        self._caps = (output, output, result)
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
        while self._workers:
            self._workers.pop().stop()

    def run(self, jobs: Iterable[Job], in_order: bool = True) -> Iterator[Outcome]:
        """Outcomes in the order of the jobs, each as soon as it and all before it are there.

        With `in_order=False` each as soon as it is there.

        `jobs` is pulled as the work goes on, at most WINDOW a worker ahead of what was yielded.
        One run at a time; a run that is left early ends the workers it kept busy.
        """
        if self._running:
            raise RuntimeError(
                "this sandbox is already running jobs; finish that run, or use another sandbox"
            )
        self._running = True
        try:
            with selectors.DefaultSelector() as selector:
                yield from self._drive(iter(jobs), selector, in_order)
        finally:
            self._running = False
            for worker in [worker for worker in self._workers if worker.tasks]:
                self._workers.remove(worker)
                worker.stop()

    def _drive(
        self, jobs: Iterator[Job], selector: selectors.BaseSelector, in_order: bool
    ) -> Iterator[Outcome]:
        self._start(self._count - len(self._workers))
        done: dict[int, Outcome] = {}
        again: deque[Task] = deque()
        pulled = yielded = 0
        more = True
        while True:
            while len((worker := min(self._workers, key=_load)).tasks) < IN_FLIGHT:
                if again:
                    worker.give(again.popleft())
                    continue
                if not more or pulled - yielded >= WINDOW * self._count:
                    break
                try:
                    job = next(jobs)
                except StopIteration:
                    more = False
                    break
                request = _request(job)
                if len(request) > LARGEST_JOB:
                    done[pulled] = Outcome(job.id, "invalid", f"larger than {LARGEST_JOB >> 20} MB")
                else:
                    worker.give(Task(pulled, job, request))
                pulled += 1
            while done and (yielded in done or not in_order):
                yield done.pop(yielded if in_order else next(iter(done)))
                yielded += 1
            if not more and yielded == pulled:
                return
            if any(worker.tasks for worker in self._workers):
                self._turn(selector, done, again)

    def _turn(self, selector: selectors.BaseSelector, done: dict[int, Outcome], again: deque[Task]) -> None:
        """Wait for some worker, move bytes, and take in the replies that are whole."""
        known = selector.get_map()
        for worker in self._workers:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if worker.unsent else 0)
            if worker.socket not in known:
                selector.register(worker.socket, wanted, worker)
            elif selector.get_key(worker.socket).events != wanted:
                selector.modify(worker.socket, wanted, worker)
        started = time.monotonic()
        events = {key.data: mask for key, mask in selector.select(timeout=1.0)}
        waited = time.monotonic() - started
        for worker in list(self._workers):
            try:
                if worker in events:
                    for task, reply in worker.move(events[worker]):
                        done[task.number] = outcome(task.job, reply, self.limits)
                        if not reply.clean:
                            self._replace(worker, selector, again)
                elif worker.tasks:
                    worker.silent_s += waited
                    if worker.silent_s > self.limits.wall_s + GRACE_S:
                        raise WorkerDied("it stopped answering")
            except WorkerDied as death:
                if worker.tasks:
                    lost = worker.tasks[0]
                    lost.attempts += 1
                    if lost.attempts == ATTEMPTS:
                        worker.tasks.popleft()
                        done[lost.number] = Outcome(lost.job.id, "killed", f"its worker was lost: {death}")
                self._replace(worker, selector, again)

    def _replace(self, worker: Worker, selector: selectors.BaseSelector, again: deque[Task]) -> None:
        """A fresh worker in place of an odd one, whose waiting jobs are given out again."""
        selector.unregister(worker.socket)
        self._workers.remove(worker)
        worker.stop()
        again += worker.tasks
        self._start(1)

    def _start(self, count: int) -> None:
        """Start workers side by side; the first start finds out which bubblewrap works here."""
        complaints: list[str] = []
        for path in [self._bwrap] if self._bwrap else self._candidates():
            started: list[Worker] = []
            try:
                started.extend(Worker(partial(self._command, path), self._caps) for _ in range(count))
                filtered = [worker.greet() for worker in started]
            except BaseException as error:
                for worker in started:
                    worker.stop()
                if not isinstance(error, WorkerDied | OSError):
                    raise
                complaints.append(f"{path}: {error}")
                continue
            if not all(filtered) and self._isolation == "rlimits-only":
                for worker in started:
                    worker.stop()
                raise UserError(
                    f"The sandbox cannot start: {NO_FILTER} Nothing would isolate without namespaces."
                )
            if not self._bwrap and not all(filtered):
                tell(f"semcoder: {NO_FILTER} The sandbox rests on namespaces and limits alone.")
            self._bwrap = path
            self._workers += started
            return
        raise UserError(
            f"The sandbox cannot start ({'; '.join(complaints)}); {bwrap.REMEDY}, or ask for isolation "
            "`rlimits-only` by name if you trust the programs not to read your files."
        )

    def _candidates(self) -> list[str]:
        if self._isolation == "namespaces":
            return bwrap.candidates()
        tell(f"semcoder: {UNCONFINED}")
        return ["rlimits-only"]

    def _command(self, path: str, files: Sequence[int]) -> tuple[list[str], dict[str, str]]:
        """A worker's command and environment: bubblewrap's is empty, since it can be read inside."""
        settings = {**self._settings, "files": files}
        if self._isolation == "namespaces":
            return bwrap.command(path, self._hash_seed, settings, self._preload), {}
        environment = {"PYTHONHASHSEED": str(self._hash_seed), **bwrap.ENVIRONMENT}
        return bwrap.unconfined(settings, self._preload), environment


NO_FILTER = "No system call filter for this machine (only x86_64 and aarch64 have one)."
UNCONFINED = (
    "warning: isolation is rlimits-only, as asked: no namespaces, so programs can read whatever you can read; "
    "network, processes and writing files are refused by the system call filter alone."
)


def _load(worker: Worker) -> int:
    return len(worker.tasks)


def _request(job: Job) -> bytes:
    calls = [(call.args if call.values is None else None, call.kwargs, call.values) for call in job.calls]
    return marshal.dumps((job.code, job.entry_point, calls, job.stdin, job.trace, job.call_s))
