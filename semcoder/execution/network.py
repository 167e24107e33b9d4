"""The second wall: a stage that runs untrusted programs has no network itself, whatever becomes of the first."""

import ctypes
import os
from pathlib import Path

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
"""CLONE_NEWUSER and CLONE_NEWNET of Linux' include/uapi/linux/sched.h."""


def leave() -> str:
    """Take this process and all that it starts out of the machine's network. Call it before there are threads.

    With CAP_SYS_ADMIN directly; else in a user namespace in which the caller is itself, so that files stay its own.
    A child tries that first, with a sandbox inside of it: a system may allow one namespace and none within.
    Returns why this process is still in the network; nothing where it has left.
    """
    try:
        _unshare(_NEW_NET)
    except OSError:
        if fault := _found_by_a_child():
            return fault
        try:
            _leave_as_oneself()
        except OSError as error:
            return str(error)
    return ""


def _unshare(flags: int) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(flags):
        number = ctypes.get_errno()
        raise OSError(number, f"unshare: {os.strerror(number)}")


def _leave_as_oneself() -> None:
    user, group = os.geteuid(), os.getegid()
    _unshare(_NEW_USER | _NEW_NET)
    for table, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        Path("/proc/self", table).write_text(line)


def _found_by_a_child() -> str:
    """What stands in the way of a sandbox in namespaces of our own."""
    from semcoder.execution.probe import probe

    says, told = os.pipe()
    child = os.fork()
    if not child:
        try:
            _leave_as_oneself()
            fault = probe("namespaces")
        except OSError as error:
            fault = str(error)
        os.write(told, f"tried {fault}".encode())
        os._exit(0)
    os.close(told)
    with os.fdopen(says) as stream:
        tried, _, fault = stream.read().partition(" ")
    os.waitpid(child, 0)
    return fault if tried else "the attempt ended on its own"
