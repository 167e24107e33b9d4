"""What one forked child does: run one program, write down what happened, end.

Runs inside the sandbox; standard library only. The records that a child writes to its result file are as
untrusted as the program is, since both live in one process: outside, they are parsed strictly and mean only
"this is what the program claims to have returned".
"""

import _random
import atexit
import functools
import io
import json
import marshal
import os
import re
import resource
import signal
import sys
import threading
import types
from collections.abc import Callable
from types import CodeType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from semcoder.execution import guard, literals, seccomp
    from semcoder.tracing import tracer
else:
    import guard
    import literals
    import seccomp
    import tracer

FILENAME = "<program>"
"""As in the tracer, so that messages are the same."""
MODULE = "solution"
RESULT_FD, NOTHING_FD = 3, 4
OUT_OF_MEMORY = 112
"""Exit status of a child that could not even write down that memory ran out."""
MB = 1 << 20
WARM_UP = """
from typing import List, Optional
import math

class Counter:
    def __init__(self) -> None:
        self.seen = {}

    def add(self, word: str) -> int:
        self.seen[word] = self.seen.get(word, 0) + 1
        return self.seen[word]

def solve(n: int, words: Optional[List[str]] = None) -> list:
    counter = Counter()
    total = [math.sqrt(i) for i in range(n) if i % 2]
    for word in words or "to be or not".split():
        counter.add(word.strip().lower())
    try:
        total.append(float(f"{n}.5") // 0)
    except ZeroDivisionError as error:
        counter.add(str(error))
    return sorted(counter.seen.items(), key=lambda item: item[1]) + [tuple(total), {"n": n}]
"""
WARM_UPS = 20
"""The interpreter adapts its code to what it sees within so many runs."""
MAX_MESSAGE = 1000
BUFFER = 8192
"""Bytes of standard output that are written at a time."""
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class _Capped(io.RawIOBase):
    """Writes up to `limit` bytes to a descriptor, `at_a_time`, and throws the rest away. Threads may share it."""

    def __init__(self, fd: int, name: str, limit: int, at_a_time: int) -> None:
        self._fd, self.name, self._left, self._at_a_time = fd, name, limit, at_a_time
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def write(self, data: Any) -> int:
        self.waiting += data
        if len(self.waiting) >= self._at_a_time:
            self.flush()
        return len(data)

    def flush(self) -> None:
        fresh = bytearray()
        waiting, self.waiting = self.waiting, fresh  # before the write, which lets other threads in
        if piece := waiting[: self._left]:
            size = len(piece)
            self._left -= size
            os.write(self._fd, piece)


class _NoStdin(io.RawIOBase):
    """Standard input of a job that brought none: reading it is touching the world."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        sys.audit("semcoder.stdin")
        return 0


Arguments = tuple[tuple[str, ...] | None, dict[str, str], tuple[Any, ...] | None]
"""Of one call: source of the positional ones or None, source of the named ones, and the positional ones as values."""


class Child:
    """One program's run. All that needs no request is made once in the zygote, so that a child inherits it."""

    code: str
    entry_point: str
    calls: list["Arguments"]
    stdin: str
    traced: bool
    call_s: float

    def __init__(self, limits: dict[str, Any], guarded: bool) -> None:
        self._limits = limits
        self._trace = tracer.trace
        self._set_timer = functools.partial(signal.setitimer, signal.ITIMER_PROF)
        self._room: int = limits["result_kb"] * 1024
        self._encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
        self._quote = json.encoder.encode_basestring_ascii
        atexit._clear()  # what preloaded modules registered is none of a program's business
        nothing = os.open("/dev/null", os.O_RDONLY)
        self._nothing = os.dup2(nothing, NOTHING_FD)
        if nothing != NOTHING_FD:
            os.close(nothing)
        self._streams(limits["output_kb"] * 1024)
        sys.argv[:] = sys.orig_argv[:] = [FILENAME]
        watch, self._arm = guard.hook(self._forbid(), tracer.__file__)
        if guarded:
            sys.addaudithook(watch)
        for what, value in (
            (resource.RLIMIT_NOFILE, 64),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_STACK, 64 * MB),
        ):
            resource.setrlimit(what, _at_most(what, value))
        size = max(limits["result_kb"], limits["output_kb"]) * 1024 + MB
        # These bind the zygote too little or too much: set in each child, when it has its standard input.
        self._own_limits = [
            (what, _at_most(what, value))
            for what, value in (
                # A backstop: the zygote's clock is exact and cannot be reset from inside.
                (resource.RLIMIT_CPU, int(limits["cpu_s"]) + 2),
                (resource.RLIMIT_AS, limits["memory_mb"] * MB),
                (resource.RLIMIT_FSIZE, size),
                (resource.RLIMIT_NPROC, 256),
            )
        ]
        generator = getattr(sys.modules.get("random"), "_inst", None)
        self._seed = functools.partial(_random.Random.seed, generator) if generator else bytes

    def warm_up(self, result: int) -> None:
        """In the zygote: run a program of our own through all that a child will run, but for its limits.

        `result`: a file of results, left empty.
        What the interpreter makes or changes in an object when it is first used, it then need not change in
        each child, where every page that is written to must first be copied.
        """
        modules, room = dict(sys.modules), self._room
        request = marshal.dumps((WARM_UP, "solve", [(("3",), {}, None)], "", False, 60.0))
        os.dup2(result, RESULT_FD)
        for _ in range(WARM_UPS):
            self.take(request)
            self._carry_out(self._compile())
            self._put_out()
        signal.setitimer(signal.ITIMER_PROF, 0)
        os.ftruncate(RESULT_FD, 0)
        os.lseek(RESULT_FD, 0, os.SEEK_SET)
        os.close(RESULT_FD)
        self._room = room
        self.code, self.entry_point, self.calls = "", "", []  # or a child would have to free them
        sys.modules.clear()
        sys.modules.update(modules)

    def take(self, request: bytes) -> None:
        """Become the child that runs this request."""
        self.code, self.entry_point, self.calls, self.stdin, self.traced, self.call_s = marshal.loads(request)
        self._seed(os.urandom(16))

    def confine(self, files: list[int], lock: "seccomp.Filter | None") -> None:
        """Descriptors, limits and the system call filter. After this nothing can be undone.

        `files`: what becomes of descriptors 1, 2 and 3. The zygote's socket, on 0, is gone with the first step.
        """
        if self.stdin:
            self._give_stdin()
        else:
            os.dup2(self._nothing, 0)
        for place, fd in enumerate(files, 1):
            os.dup2(fd, place)
        os.closerange(RESULT_FD + 1, 256)
        for what, value in self._own_limits:
            resource.setrlimit(what, value)
        if lock is not None:
            lock.add()

    def _give_stdin(self) -> None:
        fd = os.memfd_create("stdin")
        data = memoryview(self.stdin.encode("utf-8", "surrogatepass"))
        while data:
            data = data[os.write(fd, data) :]
        os.lseek(fd, 0, os.SEEK_SET)
        os.dup2(fd, 0)
        stdin: Any = io.FileIO(0, closefd=False)
        sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(stdin), encoding="utf-8")  # type: ignore[misc]

    def _streams(self, limit: int) -> None:
        sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(_NoStdin()), encoding="utf-8")  # type: ignore[misc]
        self._outputs = _Capped(1, "<stdout>", limit, BUFFER), _Capped(2, "<stderr>", limit, 1)
        out, err = [
            io.TextIOWrapper(raw, encoding="utf-8", errors=errors, write_through=True)
            for raw, errors in zip(self._outputs, ("strict", "backslashreplace"), strict=True)
        ]
        sys.stdout = sys.__stdout__ = self._out = out  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = self._err = err  # type: ignore[misc]

    def _forbid(self) -> Callable[[str], NoReturn]:
        """Ends the child on the spot; bound to what it needs, so that patched modules do not matter."""
        write, leave, encode = os.write, os._exit, self._encode

        def forbid(detail: str) -> NoReturn:
            write(RESULT_FD, encode(["forbidden", detail]).encode() + b"\n")
            leave(0)

        return forbid

    def run(self) -> NoReturn:
        """Compile, load, call; one record a line. Never returns."""
        code = self._compile()
        self._arm(bool(self.stdin))
        self._carry_out(code)
        self._end("done")

    def _carry_out(self, code: CodeType) -> None:
        """All but the end."""
        if not self.entry_point:
            if self.call_s:
                self._set_timer(self.call_s)
            self._load(code)
            self._wind_up()
        elif not self.calls:
            self._lookup(self._load(code))
        for arguments in self.calls if self.entry_point else ():
            if self.call_s:
                self._set_timer(self.call_s)  # its signal ends the process
            self._put_call(self._traced_call(arguments) if self.traced else self._call(code, arguments))

    def _compile(self) -> CodeType:
        try:
            return compile(self.code, FILENAME, "exec", dont_inherit=True)
        except MemoryError:
            self._end("invalid", "too large or too deeply nested to compile")
        except (SyntaxError, ValueError, RecursionError, OverflowError) as error:
            self._end("invalid", f"{type(error).__name__}: {_message(error)}")

    def _load(self, code: CodeType) -> dict[str, Any]:
        """Execute the module in a fresh namespace, as if it were imported as `solution`."""
        module = types.ModuleType(MODULE)
        sys.modules[MODULE] = sys.modules["__main__"] = module
        try:
            exec(code, module.__dict__)
        except MemoryError:
            self._end("memory")
        except BaseException as error:
            self._end("raised", self._raised(error))
        return module.__dict__

    def _lookup(self, namespace: dict[str, Any]) -> Any:
        if self.entry_point in namespace:
            return namespace[self.entry_point]
        try:
            return eval(self.entry_point, namespace)
        except BaseException as error:
            self._end("raised", self._raised(error))

    def _call(self, code: CodeType, arguments: Arguments) -> dict[str, Any]:
        args, kwargs, values = arguments
        namespace = self._load(code)
        function = self._lookup(namespace)
        try:
            if args is not None:
                values = tuple([eval(text, namespace) for text in args])
            named = {name: eval(text, namespace) for name, text in kwargs.items()}
            value = function(*(values or ()), **named)
            text = literals.render(value)
        except MemoryError:
            self._end("memory")
        except BaseException as error:
            return {"raised": self._raised(error)}
        return {"value": text}

    def _traced_call(self, arguments: Arguments) -> dict[str, Any]:
        limits = self._limits
        args, kwargs, values = arguments
        source = [literals.render(value) for value in values or ()] if args is None else list(args)
        try:
            record = self._trace(
                self.code, self.entry_point, source, kwargs, limits["max_events"], limits["max_value_chars"]
            )
        except MemoryError:
            self._end("memory")
        raised = record.get("raised")
        if raised is not None and raised[0] == "MemoryError":
            self._end("memory")
        return record

    def _put_call(self, record: dict[str, Any]) -> None:
        """Write the record, or what can be said of it within the result limit; the job ends where nothing can."""
        sys.setrecursionlimit(1000)
        text = self._text_of(record)
        if len(text) > self._room:
            limit = f"over the limit of {self._limits['result_kb']} KB"
            shorter: dict[str, Any] = {"raised": ["NotPlain", f"the result is {limit}", 0]}
            if "events" in record:
                shorter = {**record, "events": [], "truncated": "result size"}
            text = self._text_of(shorter)
            if len(text) > self._room:
                self._end("killed", f"the results are {limit}")
        self._write(f'["call",{text}]\n')

    def _text_of(self, record: dict[str, Any]) -> str:
        """The record as JSON. A returned value, the usual case, needs no encoder, which would write to many pages."""
        if "value" in record and len(record) == 1:
            return f'{{"value":{self._quote(record["value"])}}}'
        return self._encode(record)

    def _wind_up(self) -> None:
        """As at the end of a script: wait for the threads and executors it started, call what it registered."""
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()

    def _put_out(self) -> None:
        """What still waits is written, however the program ended and whatever it put in its streams' place."""
        out, err = self._outputs
        untouched = getattr(sys, "stdout", None) is self._out and getattr(sys, "stderr", None) is self._err
        if (
            untouched
            and self._out.write_through
            and self._err.write_through
            and not (out.waiting or err.waiting)
        ):
            return  # the usual case: a flush would write to many pages
        for stream in (getattr(sys, "stdout", None), getattr(sys, "stderr", None), *self._outputs):
            try:
                stream.flush()  # type: ignore[union-attr]
            except BaseException:  # none, closed, patched, or over the file size limit
                continue

    def _raised(self, error: BaseException) -> list[Any]:
        """[type, message, line]: the innermost frame of the program's own code, 0 where there is none."""
        sys.setrecursionlimit(1000)
        line, trace = 0, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == FILENAME:
                line = trace.tb_lineno or 0
            trace = trace.tb_next
        return [type.__dict__["__name__"].__get__(type(error))[:200], _message(error), line]

    def _write(self, line: str) -> None:
        """One record. All JSON here is ASCII."""
        self._room -= len(line)
        data = line.encode()
        if (written := os.write(RESULT_FD, data)) < len(data):
            self._write(data[written:].decode())

    def _end(self, kind: str, detail: Any = "") -> NoReturn:
        sys.setrecursionlimit(1000)
        self._put_out()
        try:
            self._write(f'["{kind}",{self._encode(detail) if detail else "null"}]\n')
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        os._exit(0)


def _at_most(what: int, value: int) -> tuple[int, int]:
    """A limit, soft and hard, no higher than the hard one that is there."""
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    return value, value


def _message(error: BaseException) -> str:
    """The exception's text without memory addresses, at most MAX_MESSAGE characters; empty if it has none."""
    try:
        text = str(error)
    except MemoryError:
        raise
    except BaseException:
        return ""
    return _ADDRESS.sub("", text[: 2 * MAX_MESSAGE])[:MAX_MESSAGE]
