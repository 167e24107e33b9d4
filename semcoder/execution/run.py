"""`semcoder execution run`: programs in, verdicts out."""

import hashlib
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from semcoder.artifacts import open_alone, sha256_of, writing
from semcoder.errors import UserError
from semcoder.execution import literals
from semcoder.execution.api import Limits, Outcome
from semcoder.execution.compare import same
from semcoder.execution.isolation import chosen
from semcoder.execution.lines import JudgedLine, read
from semcoder.execution.pool import DEFAULT_PRELOAD, Sandbox
from semcoder.progress import tell, track
from semcoder.tracing.structure import source_lines

SYNC_EVERY = 256
"""Verdicts that the machine's own end may cost; a kill of the command costs only those that run."""


def main(
    *,
    programs: Annotated[
        Path,
        typer.Option(help="JSONL: {id, code} a line, or {id, code, entry_point, args, kwargs, expected}."),
    ],
    verdicts: Annotated[Path, typer.Option(help="JSONL: one {id, verdict, detail, stdout, stderr} a line.")],
    workers: Annotated[int, typer.Option(help="Isolated processes side by side.")] = 2,
    timeout: Annotated[
        float, typer.Option(help="Processor seconds a program; wall time is six times that.")
    ] = 5.0,
    memory: Annotated[int, typer.Option(help="Megabytes a program.")] = 1024,
    hash_seed: Annotated[int, typer.Option(help="PYTHONHASHSEED of the programs.")] = 0,
    preload: Annotated[
        str, typer.Option(help="Packages that programs may import, imported once: numpy,pandas.")
    ] = "",
) -> None:
    """Run untrusted programs in the sandbox and write what became of each, in the order given.

    A line is a script, or a call of `entry_point` with arguments as Python source; `expected`, a literal, is
    compared outside the sandbox, strictly in type. Verdicts: passed, failed (an assertion, or another value than
    expected), raised, timeout, memory, killed, forbidden (it touched files, network or processes) and invalid (it
    does not compile). After a kill the same command goes on where it was.

    Example: semcoder execution run --programs programs.jsonl --verdicts verdicts.jsonl --workers 4
    """
    limits = Limits(cpu_s=timeout, wall_s=6 * timeout, memory_mb=memory)
    modules = (*DEFAULT_PRELOAD, *filter(None, preload.split(",")))
    if programs.exists() and not programs.is_file():
        raise UserError(f"{programs}: not a file; the programs are read more than once, so no pipe will do.")
    total = sum(1 for line in read(programs, JudgedLine) if _checked(programs, line))
    options = [sha256_of(programs), timeout, memory, hash_seed, preload, chosen()]
    key = hashlib.sha256(json.dumps(options).encode()).hexdigest()
    partial = verdicts.with_name(f"{verdicts.name}.partial.jsonl")
    with open_alone(partial) as stream:
        done = _resume(stream, key)
        if done:
            tell(f"going on after {done} of {total} programs")
        with Sandbox(workers, limits, hash_seed, modules) as sandbox:
            left, again = itertools.tee(itertools.islice(read(programs, JudgedLine), done, None))
            outcomes = track(sandbox.run(line.job() for line in left), "programs", total - done)
            for number, (line, outcome) in enumerate(zip(again, outcomes, strict=True), 1):
                stream.write(json.dumps(judge(line, outcome), separators=(",", ":")).encode() + b"\n")
                stream.flush()
                if number % SYNC_EVERY == 0:
                    os.fsync(stream.fileno())
        stream.seek(0)
        with writing(verdicts) as whole:
            whole.writelines(row.decode() for row in itertools.islice(stream, 1, None))
        partial.unlink()


def judge(line: JudgedLine, outcome: Outcome) -> dict[str, Any]:
    """A line of the verdicts. Only what was compared out here can have passed by its value."""
    verdict, detail = outcome.verdict, outcome.detail
    result = outcome.results[0] if outcome.results else None
    judged: str = verdict
    if verdict == "ok" and result is not None and result.raised:
        kind, message, number = result.raised
        judged, detail = "raised", f"{kind}: {message}" + (f" (line {number})" if number else "")
    elif verdict == "ok" and line.expected is not None:
        value = "" if result is None or result.value is None else result.value
        judged = "passed" if same(value, line.expected) else "failed"
        detail = "" if judged == "passed" else f"returned {value[:500]}, not {line.expected[:500]}"
    elif verdict == "ok":
        judged = "passed"
    if judged == "raised" and detail.startswith("AssertionError"):
        judged, detail = "failed", _with_source(detail, line.code)
    return {
        "id": line.id,
        "verdict": judged,
        "detail": detail,
        "stdout": outcome.stdout,
        "stderr": outcome.stderr,
    }


def _with_source(detail: str, code: str) -> str:
    """The detail of a failed assertion, with its line of the program."""
    number = detail.rpartition("(line ")[2].rstrip(")")
    lines = source_lines(code)
    if number.isdigit() and 0 < int(number) <= len(lines):
        return f"{detail}: {lines[int(number) - 1].strip()}"
    return detail


def _checked(path: Path, line: JudgedLine) -> bool:
    if line.expected is not None:
        if not line.entry_point:
            raise UserError(
                f"{path}: {line.id} has an expected value but no entry_point; name the function to call."
            )
        try:
            literals.parse(line.expected)
        except ValueError as error:
            raise UserError(
                f"{path}: the expected value of {line.id} is {error}; give a Python literal."
            ) from error
    return True


def _resume(stream: BinaryIO, key: str) -> int:
    """Leave the whole lines that a killed run with the same programs and options wrote; how many."""
    good = count = 0
    for number, row in enumerate(_whole_lines(stream)):
        if number == 0 and row.decode(errors="replace").strip() != key:
            break
        good += len(row)
        count = number
    stream.seek(good)
    stream.truncate()
    if good == 0:
        stream.write(key.encode() + b"\n")
        stream.flush()
    return count


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    for row in stream:
        if not row.endswith(b"\n"):
            return
        yield row
