"""`semcoder execution run`: programs in, verdicts out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, ConfigDict, ValidationError

from semcoder.artifacts import writing
from semcoder.errors import UserError
from semcoder.execution.api import Job, Limits
from semcoder.execution.pool import Sandbox
from semcoder.progress import track


class _Line(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    id: str
    code: str


def main(
    *,
    programs: Annotated[Path, typer.Option(help="JSONL: one {id, code} a line.")],
    verdicts: Annotated[Path, typer.Option(help="JSONL: one {id, verdict, detail, stdout, stderr} a line.")],
    workers: Annotated[int, typer.Option(help="Isolated processes side by side.")] = 2,
    timeout: Annotated[
        float, typer.Option(help="Processor seconds a program; wall time is six times that.")
    ] = 5.0,
    memory: Annotated[int, typer.Option(help="Megabytes a program.")] = 1024,
    hash_seed: Annotated[int, typer.Option(help="PYTHONHASHSEED of the programs.")] = 0,
) -> None:
    """Run untrusted programs in the sandbox and write what became of each, in the order given.

    Verdicts: ok, raised, timeout, memory, killed, forbidden (it touched files, network or processes) and
    invalid (it does not compile).

    Example: semcoder execution run --programs programs.jsonl --verdicts verdicts.jsonl --workers 4
    """
    limits = Limits(cpu_s=timeout, wall_s=6 * timeout, memory_mb=memory)
    with Sandbox(workers, limits, hash_seed) as sandbox, writing(verdicts) as stream:
        total = _count(programs)
        for outcome in track(sandbox.run(_jobs(programs)), "programs", total):
            line = {
                "id": outcome.id,
                "verdict": outcome.verdict,
                "detail": outcome.detail,
                "stdout": outcome.stdout,
                "stderr": outcome.stderr,
            }
            stream.write(json.dumps(line, separators=(",", ":")) + "\n")


def _count(path: Path) -> int:
    try:
        with path.open("rb") as stream:
            return sum(1 for _ in stream)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); give a JSONL file of programs."
        ) from error


def _jobs(path: Path) -> Iterator[Job]:
    with path.open("rb") as stream:
        for number, text in enumerate(stream, 1):
            try:
                line = _Line.model_validate(json.loads(text))
            except (ValueError, RecursionError) as error:
                where = ""
                if isinstance(error, ValidationError):
                    first = error.errors()[0]
                    where = f" ({'.'.join(map(str, first['loc']))}: {first['msg']})"
                raise UserError(
                    f'{path}, line {number}: not a JSON object {{"id", "code"}}{where}.'
                ) from error
            yield Job(line.id, line.code)
