"""Seals: the hash of what a rule's job wrote, beside it, so that a later job refuses a file that was damaged since.

Without one, JSONL that was emptied or cut after a line reads like a shorter file of its kind.
"""

from pathlib import Path

from semcoder.artifacts import sha256_of, writing
from semcoder.errors import UserError

_kept = False


def keep() -> None:
    """Seal what this process makes: it is a rule's job."""
    global _kept
    _kept = True


def check(path: Path) -> None:
    """Raise UserError where a sealed file is no longer what its rule wrote."""
    note = _note(path)
    if path.is_file() and note.is_file() and note.read_bytes() != _mark(path):
        raise UserError(f"{path}: damaged or changed since its rule wrote it; delete it and run again.")


def unseal(path: Path) -> None:
    """Before a file is made anew: it may be whole, and its seal not yet."""
    _note(path).unlink(missing_ok=True)


def seal(path: Path) -> None:
    """Note what was written, if this is a rule's job."""
    if _kept and path.is_file():
        with writing(_note(path)) as stream:
            stream.write(_mark(path).decode())


def _mark(path: Path) -> bytes:
    return f"{sha256_of(path)}\n".encode()


def _note(path: Path) -> Path:
    real = path.resolve()
    return real.with_name(f".{real.name}.sum")
