"""One isolated worker process and its socket."""

import contextlib
import json
import selectors
import socket
import subprocess
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from semcoder.errors import UserError
from semcoder.execution import frames
from semcoder.execution.api import Job

START_S = 60.0
STOP_S = 5.0
LARGEST_PART = 1 << 28


class WorkerDied(Exception):
    """The worker ended, or said something that no worker says."""


@dataclass(frozen=True)
class Reply:
    """What the zygote measured, and the bytes that the program left behind."""

    status: int
    """Exit status, or minus the signal's number."""
    why: str
    """One of frames.ENDINGS."""
    cpu_s: float
    clean: bool
    result: bytes
    stdout: bytes
    stderr: bytes


@dataclass
class Task:
    """A job on its way: its place in the order, its request, and how often it lost its worker."""

    number: int
    job: Job
    request: bytes
    attempts: int = 0


class Worker:
    """Started at once; `greet` waits until it is ready. Must be started by a thread that outlives it:
    the kernel ends it when that thread ends."""

    def __init__(self, argv: list[str], environment: dict[str, str] | None = None) -> None:
        self.tasks: deque[Task] = deque()
        """What it was given and has not answered, the running one first."""
        self.unsent = bytearray()
        self.silent_s = 0.0
        """How long the pool has waited for its next byte."""
        self._received = bytearray()
        self.socket, theirs = socket.socketpair()
        try:
            # Own session: Ctrl-C reaches the caller alone, which then closes the pool.
            self._process = subprocess.Popen(
                argv,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.PIPE,
                env=environment or {},
                start_new_session=True,
            )
        except BaseException:
            self.socket.close()
            raise
        finally:
            theirs.close()

    def greet(self) -> bool:
        """Wait until the worker is ready; whether it filters system calls."""
        self.socket.settimeout(START_S)
        hello = None
        while hello is None:
            try:
                data = self.socket.recv(1 << 16)
            except TimeoutError as error:
                raise WorkerDied(f"no answer within {START_S:.0f} s") from error
            if not data:
                raise WorkerDied(self._last_words())
            self._received += data
            hello = self._reply()
        self.socket.setblocking(False)
        told = json.loads(hello.result)
        if told["problem"]:
            raise UserError(f"The sandbox {told['problem']}.")
        return bool(told["seccomp"])

    def _last_words(self) -> str:
        self._process.kill()
        _, complaint = self._process.communicate()
        lines = complaint.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"ended with status {self._process.returncode}"

    def give(self, task: Task) -> None:
        """Queue one job."""
        if not self.tasks:
            self.silent_s = 0.0
        self.tasks.append(task)
        self.unsent += frames.REQUEST.pack(len(task.request)) + task.request
        self._send()

    def move(self, mask: int) -> Iterator[tuple[Task, Reply]]:
        """Send and receive what can be without waiting; yields the jobs whose reply is whole."""
        if mask & selectors.EVENT_WRITE:
            self._send()
        if mask & selectors.EVENT_READ:
            try:
                data = self.socket.recv(1 << 20)
            except BlockingIOError:
                return
            except OSError as error:
                raise WorkerDied("it closed its socket") from error
            if not data:
                raise WorkerDied("it ended")
            self.silent_s = 0.0
            self._received += data
        while (reply := self._reply()) is not None:
            if not self.tasks:
                raise WorkerDied("it spoke unasked")
            yield self.tasks.popleft(), reply
            if not reply.clean:
                return

    def _send(self) -> None:
        try:
            while self.unsent:
                del self.unsent[: self.socket.send(self.unsent)]
        except BlockingIOError:
            return
        except OSError:
            return  # its end is noticed when the socket is read

    def _reply(self) -> Reply | None:
        """The next reply, if all of it is there."""
        if len(self._received) < frames.REPLY.size:
            return None
        status, why, cpu_s, clean, *sizes = frames.REPLY.unpack_from(self._received)
        if max(sizes) > LARGEST_PART or why >= len(frames.ENDINGS):
            raise WorkerDied("it sent an odd reply")
        if len(self._received) < frames.REPLY.size + sum(sizes):
            return None
        parts, start = [], frames.REPLY.size
        for size in sizes:
            parts.append(bytes(self._received[start : start + size]))
            start += size
        del self._received[:start]
        return Reply(status, frames.ENDINGS[why], cpu_s, clean, *parts)

    def stop(self) -> None:
        """End it and everything inside; returns when it is gone."""
        self._process.kill()
        self._process.wait()
        self.socket.settimeout(STOP_S)
        with contextlib.suppress(OSError):
            while self.socket.recv(1 << 16):  # ends when the zygote, process 1 inside, has ended
                continue
        self.socket.close()
        if self._process.stderr is not None:
            self._process.stderr.close()
