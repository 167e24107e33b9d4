"""One isolated worker process, its socket, and the files in memory that its programs write to."""

import contextlib
import fcntl
import json
import os
import selectors
import socket
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from semcoder.errors import UserError
from semcoder.execution import frames
from semcoder.execution.api import Job

START_S = 60.0
STOP_S = 5.0
ABOVE = 64
"""Files are passed on descriptors from here on, clear of those that the zygote keeps them on."""

Command = Callable[[Sequence[int]], tuple[list[str], dict[str, str]]]
"""From the descriptors that a worker inherits to its command line and environment."""


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


class File:
    """A file in memory that one program after the other writes to."""

    def __init__(self, name: str, cap: int) -> None:
        self.cap = cap
        made = os.memfd_create(name)
        try:
            self.fd = fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, ABOVE)
        finally:
            os.close(made)
        # Threads of a program that write at once: a file in memory has no lock on its offset, on its end it has.
        self._flags = fcntl.fcntl(self.fd, fcntl.F_GETFL) | os.O_APPEND
        fcntl.fcntl(self.fd, fcntl.F_SETFL, self._flags)

    def take(self) -> bytes:
        """What was written, up to `cap` bytes. Leaves the file as it was made: the next program shares its offset
        and its flags, which this one may have changed."""
        size = os.lseek(self.fd, 0, os.SEEK_END)
        data = os.pread(self.fd, min(size, self.cap), 0) if size else b""
        if size:
            os.ftruncate(self.fd, 0)
        os.lseek(self.fd, 0, os.SEEK_SET)
        fcntl.fcntl(self.fd, fcntl.F_SETFL, self._flags)
        return data


class Worker:
    """Started at once; `greet` waits until it is ready. Must be started by a thread that outlives it:
    the kernel ends it when that thread ends. `caps`: bytes that are read of each of frames.FILES."""

    def __init__(self, command: Command, caps: Sequence[int]) -> None:
        self.tasks: deque[Task] = deque()
        """What it was given and has not answered, the running one first; at most frames.SETS."""
        self.unsent = bytearray()
        self.silent_s = 0.0
        """How long the pool has waited for its next byte."""
        self._received = bytearray()
        with contextlib.ExitStack() as undo:
            self._sets: deque[list[File]] = deque()
            """The one that the next reply is about first."""
            for _ in range(frames.SETS):
                files = [File(name, cap) for name, cap in zip(frames.FILES, caps, strict=True)]
                self._sets.append(files)
                undo.callback(_close, files)
            inherited = [file.fd for files in self._sets for file in files]
            argv, environment = command(inherited)
            self.socket, theirs = socket.socketpair()
            undo.callback(self.socket.close)
            # Own session: Ctrl-C reaches the caller alone, which then closes the pool.
            with theirs:
                self._process = subprocess.Popen(
                    argv,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=inherited,
                    env=environment,
                    start_new_session=True,
                )
            self._close = undo.pop_all().close

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
        self._sets.rotate()  # the greeting lay in the set of the first job
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
                data = self.socket.recv(1 << 16)
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
        status, why, cpu_s, clean = frames.REPLY.unpack_from(self._received)
        if why >= len(frames.ENDINGS):
            raise WorkerDied("it sent an odd reply")
        del self._received[: frames.REPLY.size]
        stdout, stderr, result = [file.take() for file in self._sets[0]]
        self._sets.rotate(-1)
        return Reply(status, frames.ENDINGS[why], cpu_s, clean, result, stdout, stderr)

    def stop(self) -> None:
        """End it and everything inside; returns when it is gone."""
        self._process.kill()
        self._process.wait()
        self.socket.settimeout(STOP_S)
        with contextlib.suppress(OSError):
            while self.socket.recv(1 << 16):  # ends when the zygote, process 1 inside, has ended
                continue
        self._close()
        if self._process.stderr is not None:
            self._process.stderr.close()


def _close(files: Sequence[File]) -> None:
    for file in files:
        os.close(file.fd)
