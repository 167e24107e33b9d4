"""Artifacts: written under a temporary name and renamed, so nothing half-written ever looks finished."""

import errno
import fcntl
import hashlib
import io
import json
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from semcoder.errors import UserError
from semcoder.progress import tell


def output_file(path: Path) -> Path:
    """Where an output file really goes, links followed.

    Raises UserError where it cannot: at a directory, a device or a pipe, below a file, in a folder not to be
    written in.
    """
    return _output(path, stat.S_ISREG, "file")


def output_directory(path: Path) -> Path:
    """The same for an output that is a directory."""
    return _output(path, stat.S_ISDIR, "directory")


def _output(path: Path, is_right: Callable[[int], bool], kind: str) -> Path:
    try:
        # Before resolving: what /dev/stdout leads to has no name when it is a pipe.
        mode = path.stat().st_mode
        if not is_right(mode):
            kinds = {stat.S_IFDIR: "a directory", stat.S_IFREG: "a file"}
            there = kinds.get(stat.S_IFMT(mode), "a device or pipe")
            raise UserError(f"{path}: is {there}; give the name of a {kind} to make.")
    except FileNotFoundError:
        pass  # it is to be made
    except OSError as error:
        raise UserError(f"{path}: cannot be made ({error.strerror}); give another path.") from error
    try:
        real = path.resolve()
    except (OSError, RuntimeError) as error:
        raise UserError(f"{path}: a link that leads to itself; give another path.") from error
    above = real.parent
    while not above.exists():
        above = above.parent
    if not above.is_dir():
        raise UserError(f"{path}: {above} is a file, not a folder; give another path.")
    if not os.access(above, os.W_OK | os.X_OK):
        raise UserError(
            f"{path}: nothing can be written in {above}; give another path, or the right to write there."
        )
    return real


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the system says of a file that cannot be written into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno not in (
            errno.ENOSPC,
            errno.EDQUOT,
            errno.EROFS,
            errno.EIO,
            errno.EFBIG,
            errno.ENAMETOOLONG,
        ):
            raise
        raise UserError(
            f"{path}: cannot be written ({error.strerror}); make room, or give another path."
        ) from error


PATIENCE_S = 10.0
"""A job of a workflow that was just killed ends within about a second (semcoder.orphan)."""


def open_alone(path: Path, patience_s: float | None = None) -> BinaryIO:
    """Open `path` for reading and writing, made if need be, held alone until it is closed.

    The kernel lets go when the process ends, however it does. Raises UserError when another process still holds
    the file after `patience_s` (PATIENCE_S).
    """
    patience_s = PATIENCE_S if patience_s is None else patience_s
    path = output_file(path)
    started, told = time.monotonic(), False
    while True:
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            stream = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, stream):
                return stream
        except BlockingIOError as error:
            waited = time.monotonic() - started
            if waited >= patience_s:
                stream.close()
                raise UserError(f"{path}: another process is writing it; wait for that to end.") from error
            if waited > 1 and not told:
                tell(f"{path}: another process is writing it; waiting up to {patience_s:.0f} s for it to end")
                told = True
            time.sleep(0.1)
        stream.close()  # or the one before has renamed or removed it: then this is no longer the file


def _is_at(path: Path, stream: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False


@contextmanager
def writing(path: Path) -> Iterator[TextIO]:
    """Open `path` for UTF-8 text; it appears, whole, only when the block ends without an error.

    The temporary name is always the same, so that what a killed writer left is overwritten by the next; a lock
    keeps two writers apart. Where `path` is a link, the file that it leads to is written. Raises UserError where
    another process does not stop writing the same file, and where `path` cannot be written.
    """
    path = output_file(path)
    temporary = path.with_name(f".{path.name}.part")
    with _explained(path), io.TextIOWrapper(open_alone(temporary), encoding="utf-8", newline="\n") as stream:
        stream.truncate(0)
        try:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys and a final newline."""
    with writing(path) as stream:
        json.dump(value, stream, indent=2, sort_keys=True, ensure_ascii=False)
        stream.write("\n")


@contextmanager
def written_by_program(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` for another program to write; the file gets its own name when the block ends
    without an error."""
    path = output_file(path)
    temporary = path.with_name(f".{path.name}.part")
    temporary.unlink(missing_ok=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def writing_directory(path: Path) -> Iterator[Path]:
    """A temporary directory beside `path` that becomes `path` only when the block ends without an error.

    Its name is fixed, so that what a killed run left behind is found and removed by the next one.
    """
    path = output_directory(path)
    temporary = path.parent / f".{path.name}.part"
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        with _explained(path):
            temporary.mkdir(parents=True)
            yield temporary
            replace_directory(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def replace_directory(temporary: Path, path: Path) -> None:
    """Give a finished directory its final name, in place of what may stand there."""
    path = output_directory(path)
    for file in temporary.rglob("*"):
        if file.is_file():
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
    if path.exists():
        old = path.parent / f".{path.name}.old"
        shutil.rmtree(old, ignore_errors=True)
        path.replace(old)
        temporary.replace(path)
        shutil.rmtree(old)
    else:
        temporary.replace(path)


def sha256_of(path: Path) -> str:
    """Hex digest of a file, or of a directory's files and their names."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        lines = [f"{sha256_of(file)}  {file.relative_to(path).as_posix()}\n" for file in files]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
