"""The one error a user is meant to read."""

import difflib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class UserError(Exception):
    """One sentence that names the file, line or key at fault and the remedy; the command exits with code 2."""


@contextmanager
def refusals() -> Iterator[None]:
    """For the Snakefile: a UserError ends it with its sentence alone, without Snakemake's trace of it."""
    try:
        yield
    except UserError as error:
        sys.exit(f"semcoder: {error}")


def nearest(name: str, allowed: Iterable[str]) -> str:
    """` (did you mean X?)`, where one of the allowed names is like it; else nothing."""
    close = difflib.get_close_matches(name, sorted(allowed), n=1, cutoff=0.5)
    return f" (did you mean {close[0]}?)" if close else ""
