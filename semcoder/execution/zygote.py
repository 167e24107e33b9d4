"""The first process inside the sandbox: imports common modules once, then forks one child a program.

Started as `python -s -S -B /sandbox/zygote.py SETTINGS`, standard library only (or, in the mode without
namespaces, imported and called by `main(SETTINGS)`). It speaks with the pool over
the socket on descriptors 0 and 1 (frames.py) and never looks into a request: only the child parses it.
"""

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import site
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from semcoder.execution import child, frames, seccomp
else:
    import child
    import frames
    import seccomp

CONTROL_IN, CONTROL_OUT = 0, 1
TMP = "/tmp"
_C = ctypes.PyDLL(None)  # keeps the interpreter's lock, as a fork must
SLACK = 1 << 16
"""Bytes beyond the result limit that are still read, for the records' own wrapping."""


def main(text: str) -> None:
    """Serve until the pool closes the socket."""
    settings = json.loads(text)
    limits = settings["limits"]
    namespaces = settings["namespaces"]
    sys.path[:] = [place for place in sys.path if place not in settings["ours"]] + settings["packages"]
    problem = _preload(settings["preload"])
    site.setquit()
    site.setcopyright()
    site.sethelper()
    os.environ.clear()
    lock = None
    if seccomp.supported():
        seccomp.Filter(seccomp.base_filter()).install()
        if not namespaces:
            seccomp.Filter(seccomp.reading_filter()).add()
        lock = seccomp.Filter(seccomp.child_filter())
    for name in [name for name, module in sys.modules.items() if _lies_in(module, settings["ours"])]:
        del sys.modules[name]  # a program's own `import values` must not find them
    there = os.listdir(TMP) if namespaces else []  # noqa: PTH208  (an interpreter may lie below it)
    job = child.Child(limits, settings["guarded"])
    job.warm_up()
    gc.collect()
    gc.freeze()
    hello = json.dumps({"problem": problem, "seccomp": lock is not None}).encode()
    _send(frames.REPLY.pack(0, 0, 0.0, True, len(hello), 0, 0) + hello)
    while True:
        (size,) = frames.REQUEST.unpack(_receive(frames.REQUEST.size))
        request = _receive(size)
        if not _run(request, limits, job, lock, namespaces, there):
            os._exit(0)  # a fresh worker is cheaper than proving that a hostile file tree is gone


def _preload(names: list[str]) -> str:
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            return f"cannot preload {name}: {error}"
    return ""


def _lies_in(module: Any, places: list[str]) -> bool:
    return str(getattr(module, "__file__", None)).rpartition("/")[0] in places


def _run(
    request: bytes,
    limits: dict[str, Any],
    job: "child.Child",
    lock: "seccomp.Filter | None",
    namespaces: bool,
    there: list[str],
) -> bool:
    """Run one program, reply, and say whether it left nothing behind."""
    files = [os.memfd_create(name) for name in ("stdout", "stderr", "result")]
    started = time.monotonic()
    pid = _fork()
    if pid == 0:
        try:
            for place, fd in zip((1, 2, child.RESULT_FD), files, strict=True):
                _move(fd, place)
            job.take(request)
            job.confine(lock)
            job.run()
        finally:
            os._exit(111)
    why = _wait(pid, started, limits)
    if namespaces:
        _kill_all()
    elif why:
        os.kill(pid, signal.SIGKILL)  # alone: without a namespace the filter lets it start no process
    _, status, usage = os.wait4(pid, 0)
    _reap_all()
    clean = not namespaces or os.listdir(TMP) == there  # noqa: PTH208
    caps = (limits["result_kb"] * 1024 + SLACK, limits["output_kb"] * 1024, limits["output_kb"] * 1024)
    out, err, result = files
    parts = [_take(fd, cap) for fd, cap in zip((result, out, err), caps, strict=True)]
    head = frames.REPLY.pack(
        os.waitstatus_to_exitcode(status),
        frames.ENDINGS.index(why),
        usage.ru_utime + usage.ru_stime,
        clean,
        *map(len, parts),
    )
    _send(b"".join([head, *parts]))
    return clean


def _fork() -> int:
    """The C library's fork, not Python's, whose after-fork hooks cost a child a third of its page faults.

    They repair what other threads may have held, and the zygote has one thread; what else they do, a fresh
    state for `random`, the child does itself.
    """
    pid: int = _C.fork()
    if pid < 0:
        raise OSError("the sandbox cannot start a process")
    return pid


def _take(fd: int, cap: int) -> bytes:
    data = os.pread(fd, min(os.fstat(fd).st_size, cap), 0)
    os.close(fd)
    return data


def _move(fd: int, place: int) -> None:
    """Put a descriptor in its place. The files are opened above 2, in order, so no place is still needed."""
    if fd != place:
        os.dup2(fd, place)


def _wait(pid: int, started: float, limits: dict[str, Any]) -> str:
    """Until the child ends ("") or has used up its processor ("cpu") or wall time ("wall")."""
    clock = (~pid << 3) | 2  # the child's CPU clock: CPUCLOCK_SCHED of a process, clock_getcpuclockid(3)
    watch = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(watch, select.POLLIN)
        used = 0.0
        while True:
            left = min(limits["cpu_s"] - used, limits["wall_s"] - (time.monotonic() - started))
            if poll.poll(max(left * 1000, 2)):
                return ""
            try:
                used = time.clock_gettime(clock)
            except OSError:  # it ended between the two calls
                continue
            if used >= limits["cpu_s"]:
                return "cpu"
            if time.monotonic() - started >= limits["wall_s"]:
                return "wall"
    finally:
        os.close(watch)


def _kill_all() -> None:
    """Every other process of this pid namespace; the kernel makes this atomic against forks."""
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return


def _reap_all() -> None:
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _receive(size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = os.read(CONTROL_IN, size - len(data))
        if not part:
            os._exit(0)
        data += part
    return bytes(data)


def _send(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(CONTROL_OUT, view) :]


if __name__ == "__main__":
    main(sys.argv[1])
