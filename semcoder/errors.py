"""The one error a user is meant to read."""

import difflib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class UserError(Exception):
    """One sentence that names the file, line or key at fault and the remedy; the command exits with code 2."""


@contextmanager
def refusals() -> Iterator[None]:
    """For the Snakefile: a UserError ends it with its sentence alone, without Snakemake's trace of it."""
    try:
        yield
    except UserError as error:
        sys.exit(f"semcoder: {error}")


def first_fault(error: "ValidationError", whole: str = "") -> str:
    """`key: what is wrong with it`, of the first fault; `whole` stands for the key where none is at fault."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or whole
    return f"{where}: {first['msg']}" if where else first["msg"]


def nearest(name: str, allowed: Iterable[str]) -> str:
    """` (did you mean X?)`, where one of the allowed names is like it; else nothing."""
    close = difflib.get_close_matches(name, sorted(allowed), n=1, cutoff=0.5)
    return f" (did you mean {close[0]}?)" if close else ""
