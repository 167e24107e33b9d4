"""An audit hook that tells a program which touches the world from one that only computes.

Runs inside the sandbox; standard library only. This classifies, it does not isolate: isolation rests on the
namespaces, the read-only root, the system call filter and the limits. A program that reads a file, opens a
socket or lists a directory has no place in a data set of pure functions, so it ends here with a reason.
"""

import os
import sys
import sysconfig
from collections.abc import Callable
from typing import Any

# Audit events by their first word (docs.python.org/3/library/audit_events.html).
# fmt: off
_FAMILIES = frozenset((
    "os", "subprocess", "socket", "shutil", "tempfile", "glob", "pathlib", "ctypes", "fcntl", "mmap", "pty",
    "resource", "syslog", "signal", "sqlite3", "urllib", "http", "ftplib", "imaplib", "nntplib", "poplib",
    "smtplib", "telnetlib", "webbrowser", "gc", "pdb", "semcoder",
))
# fmt: on
_EVENTS = frozenset(
    (
        "builtins.input",
        "builtins.breakpoint",
        "sys.addaudithook",
        "sys.settrace",
        "sys.setprofile",
        "sys.monitoring.register_callback",
        "sys.remote_exec",
    )
)
_HARMLESS = frozenset(("os.putenv", "os.unsetenv"))
"""They change the process's own environment, which is empty and dies with it."""
_IMPORTER = "<frozen importlib._bootstrap_external>"
_LIBRARY = tuple(
    {
        f"{place}/"
        for name in ("stdlib", "platstdlib")
        for path in [sysconfig.get_path(name)]
        for place in (path, os.path.realpath(path))
    }
)
_STDLIB = os.path.dirname(os.__file__)  # noqa: PTH120
_SOURCE_READERS = (_IMPORTER, f"{_STDLIB}/tokenize.py", f"{_STDLIB}/threading.py")
"""The last where an exception ends a thread: the interpreter shows the lines of the traceback."""
_READ_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_NONBLOCK


def hook(
    forbid: Callable[[str], Any], tracer: str
) -> tuple[Callable[[str, tuple[Any, ...]], None], Callable[[bool], None]]:
    """(hook, arm). Once armed, the hook calls `forbid(detail)`, which does not return, for what touches the world.

    `arm(stdin)`: from now on; `stdin` tells whether the job brought an input of its own. `tracer`: the file whose
    code may trace.
    """
    armed = stdin = False
    library, source_readers, detail = _LIBRARY, _SOURCE_READERS, _detail
    families, events, harmless, getframe = _FAMILIES, _EVENTS, _HARMLESS, sys._getframe
    mask = ~_READ_FLAGS

    def of_library(path: Any) -> bool:
        """Read by the import system or for a traceback's source lines: the program did not ask for it."""
        if type(path) is bytes:
            path = path.decode("utf-8", "surrogateescape")
        return (
            type(path) is str
            and (path + "/").startswith(library)
            and "/../" not in path
            and getframe(2).f_code.co_filename in source_readers
        )

    def pseudo(path: Any) -> bool:
        """`<string>`: the interpreter looks for the source lines that its messages show, also on sys.path."""
        if type(path) is not str:
            return False
        name = path.rpartition("/")[2]
        return name.startswith("<") and name.endswith(">")

    def arm(with_stdin: bool) -> None:
        nonlocal armed, stdin
        armed, stdin = True, with_stdin

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if not armed:
            return
        if event == "open":
            path, _, flags = args
            if type(path) is int and path in (1, 2):
                return
            if type(path) is int and path == 0 and stdin:
                return
            if type(flags) is int and not flags & mask and (of_library(path) or pseudo(path)):
                return
        elif event == "os.listdir" or event == "os.scandir":
            if of_library(args[0]):
                return
        elif event == "builtins.input":
            if stdin:
                return
        elif event == "sqlite3.connect" or event == "sqlite3.connect/handle":
            if event == "sqlite3.connect/handle" or args[0] == ":memory:":
                return
        elif event == "sys.settrace" or event == "sys.setprofile":
            if getframe(1).f_code.co_filename == tracer:
                return
        elif event in harmless or (event not in events and event.partition(".")[0] not in families):
            return
        told = event
        try:
            told = detail(event, args)
        finally:  # whatever the program did to the names that this uses, it ends here
            forbid(told)

    return watch, arm


def _detail(event: str, args: tuple[Any, ...]) -> str:
    """The event, with its first argument where that is a path, a number or a command."""
    name = "input" if event in ("builtins.input", "semcoder.stdin") else event
    first = args[0] if args and name != "input" else None
    if type(first) is bytes:
        first = first.decode("utf-8", "backslashreplace")
    return f"{name}: {str(first)[:200]}" if type(first) in (str, int) else name
