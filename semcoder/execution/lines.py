"""Programs as plain JSONL, for use of the commands outside the workflow."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from semcoder.errors import UserError, first_fault
from semcoder.execution.api import Call, Job
from semcoder.reading import read_lines

L = TypeVar("L", bound="Line")


class Line(BaseModel):
    """`{"id", "code"}`: a program that is run as a script."""

    model_config = ConfigDict(strict=True, extra="forbid")

    id: str
    """Yours; each once."""
    code: str
    """The whole program."""

    @classmethod
    def example(cls) -> str:
        """What a line looks like, for those who got it wrong."""
        return 'write {"id": "a", "code": "print(1)"}'


class CallLine(Line):
    """`{"id", "code", "entry_point", "args", "kwargs"}`: one call of a function; arguments are Python source."""

    entry_point: str
    """The function to call, or an expression such as `Solution().solve`."""
    args: list[str] = []
    """Positional arguments as source."""
    kwargs: dict[str, str] = {}
    """Named arguments as source."""

    @classmethod
    def example(cls) -> str:
        """All values are texts: Python source."""
        return 'write {"id": "a", "code": "def f(x, y): ...", "entry_point": "f", "args": ["2"], "kwargs": {"y": "5"}}'

    def job(self, trace: bool = False) -> Job:
        """The call as a job."""
        return Job(self.id, self.code, self.entry_point, (Call(tuple(self.args), self.kwargs),), trace=trace)


class JudgedLine(CallLine):
    """The same, or a script; with `expected`, a literal that the call must return. It never enters the sandbox."""

    entry_point: str = ""
    """The same; empty for a script."""
    expected: str | None = None
    """A literal that the call has to return."""

    @classmethod
    def example(cls) -> str:
        """The same."""
        return f'{super().example()}, with "expected": "7" where the call has to return that'

    def job(self, trace: bool = False) -> Job:
        """The call, or the script where there is no entry point."""
        return super().job(trace) if self.entry_point else Job(self.id, self.code)


def read(path: Path, kind: type[L]) -> Iterator[L]:
    """The lines of a file. Raises UserError naming file and line for what is not one, or has the id of another."""
    first: dict[str, int] = {}
    fields = ", ".join(f'"{name}"' for name, field in kind.model_fields.items() if field.is_required())
    for number, text in read_lines(path):
        try:
            line = kind.model_validate(json.loads(text))
        except (ValueError, RecursionError) as error:
            if isinstance(error, ValidationError):
                raise UserError(f"{path}, line {number}: {first_fault(error)}; {kind.example()}.") from error
            raise UserError(f"{path}, line {number}: not a JSON object {{{fields}}}.") from error
        if (other := first.setdefault(line.id, number)) != number:
            raise UserError(
                f"{path}, line {number}: {line.id} is the id of line {other} too; give each its own."
            )
        yield line
