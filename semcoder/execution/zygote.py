"""The first process inside the sandbox: imports common modules once, then forks one child a program.

Started as `python -s -S -B /sandbox/zygote.py SETTINGS`, standard library only (or, in the mode without
namespaces, imported and called by `main(SETTINGS)`). It speaks with the pool over the socket on descriptor 0
(frames.py) and never looks into a request: only the child parses it.

After a fork each page that this process writes to must first be copied, so its loop does and touches little:
no exception in the usual course, no object that is not needed, and the results pass it by.
"""

import ctypes
import gc
import importlib
import json
import os
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

CONTROL = 0
TMP = "/tmp"
ENDED = (int(signal.SIGCHLD),)
NOT_DUMPABLE = 4
"""PR_SET_DUMPABLE of linux/prctl.h, here set to 0: no process of the same user may trace this one."""
_C = ctypes.PyDLL(None)  # keeps the interpreter's lock, as a fork must


def main(text: str) -> None:
    """Serve until the pool closes the socket."""
    settings = json.loads(text)
    limits = settings["limits"]
    namespaces = settings["namespaces"]
    sets = _in_place(settings["files"])
    sys.path[:] = [place for place in sys.path if place not in settings["ours"]] + settings["packages"]
    problem = _preload(settings["preload"])
    site.setquit()
    site.setcopyright()
    site.sethelper()
    os.environ.clear()
    _C.prctl(NOT_DUMPABLE, 0)
    lock = None
    if seccomp.supported():
        seccomp.Filter(seccomp.base_filter()).install()
        if not namespaces:
            seccomp.Filter(seccomp.reading_filter()).add()
        lock = seccomp.Filter(seccomp.child_filter())
    for name in [name for name, module in sys.modules.items() if _lies_in(module, settings["ours"])]:
        del sys.modules[name]  # a program's own `import values` must not find them
    # Blocked, it waits to be asked for; a child, which can have no children of its own, leaves it so.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDED)
    job = child.Child(limits, settings["guarded"])
    job.warm_up(sets[0][-1])
    gc.collect()
    gc.freeze()
    hello = json.dumps({"problem": problem, "seccomp": lock is not None}).encode()
    os.write(sets[0][-1], hello)
    _send(frames.REPLY.pack(0, 0, 0.0, True))
    left = _free_places() if namespaces else 0
    while True:
        for files in sets:
            (size,) = frames.REQUEST.unpack(_receive(frames.REQUEST.size))
            request = _receive(size)
            pid = _C.fork()  # not Python's: its hooks repair what other threads held, and there are none
            if pid == 0:
                try:
                    job.take(request)
                    job.confine(files, lock)
                    job.run()
                finally:
                    os._exit(111)
            if pid < 0:
                raise OSError("the sandbox cannot start a process")
            why, status, used = _wait(pid, limits, namespaces)
            # Without the filter a program could have changed this process's limits.
            clean = lock is not None and (not namespaces or _free_places() == left)
            _send(frames.REPLY.pack(os.waitstatus_to_exitcode(status), why, used, clean))
            if not clean:
                os._exit(0)  # a fresh worker is cheaper than proving that a hostile file tree is gone


def _in_place(files: list[int]) -> list[list[int]]:
    """The sets of files that were inherited, on descriptors that no child needs for anything else."""
    first, each = frames.FIRST_FILE, len(frames.FILES)
    for place, fd in enumerate(files, first):
        os.dup2(fd, place, inheritable=False)  # they were inherited on higher ones
        os.close(fd)
    return [list(range(start, start + each)) for start in range(first, first + len(files), each)]


def _free_places() -> int:
    """How many more files the private /tmp can hold: any file that was left takes one."""
    return os.statvfs(TMP).f_ffree


def _preload(names: list[str]) -> str:
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            return f"cannot preload {name}: {error}"
    return ""


def _lies_in(module: Any, places: list[str]) -> bool:
    return str(getattr(module, "__file__", None)).rpartition("/")[0] in places


def _wait(pid: int, limits: dict[str, Any], namespaces: bool) -> tuple[int, int, float]:
    """(index in frames.ENDINGS, wait status, processor seconds) of a child, when nothing of it is left.

    Its processor time is read on its own clock, which it cannot reset: CPUCLOCK_SCHED of a process, as
    clock_getcpuclockid(3) makes it.
    """
    clock = (~pid << 3) | 2
    until = time.monotonic() + limits["wall_s"]
    left = min(limits["cpu_s"], limits["wall_s"])
    why = 0
    while True:
        signal.sigtimedwait(ENDED, max(left, 0.002))
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            break
        try:
            used = time.clock_gettime(clock)
        except OSError:  # it ended between the two calls
            continue
        left = min(limits["cpu_s"] - used, until - time.monotonic())
        if left <= 0:
            why = 2
            os.kill(pid, signal.SIGKILL)
            _, status, usage = os.wait4(pid, 0)
            break
    used = usage.ru_utime + usage.ru_stime
    if used >= limits["cpu_s"]:
        why = 1  # perhaps between two looks: with threads, or ended by the kernel's own, coarser limit
    if namespaces:
        # Every process of the namespace but this one; the kernel makes it atomic against forks. ESRCH: there is none.
        while _C.kill(-1, signal.SIGKILL) == 0:
            os.waitpid(-1, 0)
    return why, status, used


def _receive(size: int) -> bytes:
    parts: list[bytes] = []
    while True:
        part = os.read(CONTROL, size)
        if len(part) == size:
            return b"".join([*parts, part]) if parts else part
        if not part:
            os._exit(0)
        parts.append(part)
        size -= len(part)


def _send(data: bytes) -> None:
    """A reply, which is so small that the socket takes it whole."""
    if os.write(CONTROL, data) != len(data):
        raise OSError("the sandbox cannot answer")


if __name__ == "__main__":
    main(sys.argv[1])
