"""`semcoder monologue verify`: which claims of monologues are true, false, or cannot be checked."""

import json
import multiprocessing
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from semcoder import garbage, records
from semcoder.artifacts import writing
from semcoder.errors import UserError, first_fault
from semcoder.monologue.verify import Verified, verify
from semcoder.progress import tell, track
from semcoder.reading import read_lines
from semcoder.records import Direction, Event, Monologue, Program, Trace

BATCH = 64
"""Monologues that go to a worker together."""
_EVENTS = TypeAdapter(tuple[Event, ...])


class MonologueLine(BaseModel):
    """`{"id", "trace_id", "direction", "text"}`."""

    model_config = ConfigDict(extra="ignore")

    id: str
    """Its own."""
    trace_id: str | None
    """None where the run that it tells of was not traced."""
    direction: Direction
    """forward or backward."""
    text: str
    """The monologue, without the answer."""


class TraceLine(BaseModel):
    """A line that `semcoder tracing trace` writes for plain input."""

    model_config = ConfigDict(extra="ignore")

    id: str
    """That of the line that was traced."""
    code: str = ""
    """The program."""
    events: tuple[Event, ...]
    """In the order in which they happened."""
    truncated: str = ""
    """Why the trace is not whole; empty when it is."""


class Traced(NamedTuple):
    """What a trace line gives; `events` is JSON."""

    events: str
    code: str
    truncated: bool


class Task(NamedTuple):
    """One monologue beside its trace."""

    line: MonologueLine
    traced: Traced | None
    label_offset: int


def main(
    *,
    monologues: Annotated[
        Path,
        typer.Option(
            help="{id, trace_id, direction, text} a line (trace_id null: of an untraced run), or Monologue records."
        ),
    ],
    traces: Annotated[
        Path, typer.Option(help="Trace records, or the lines of `semcoder tracing trace` for plain input.")
    ],
    verdicts: Annotated[Path, typer.Option(help="One line a monologue, in their order.")],
    programs: Annotated[
        Path | None, typer.Option(help="Program records of the traces; without, Trace records have no code.")
    ] = None,
    label_offset: Annotated[
        int, typer.Option(help="What was added to line numbers in the labels of forward monologues.")
    ] = 0,
    workers: Annotated[int, typer.Option(help="Processes side by side.")] = 1,
) -> None:
    """Check every claim of each monologue against the trace of its program.

    A monologue is accepted unless one of its claims is false; one that tells of a run of its own, which was not
    traced, is `unchecked` (`monologue quality` runs those again). A verdict is {id, verdict, reason, score, supported,
    contradicted, not_checkable, coverage, claims}; a claim {span, kind, text, status, truth}, its span in
    characters of the monologue. The score is the share of checkable claims that are true, null where there are
    none; the coverage the share of executed lines with an effect that the text speaks of. A claim without a line
    label or an iteration is supported where it holds at some moment. Accepted means that nothing false was found:
    look at score and coverage too.

    Example: semcoder monologue verify --monologues monologues.jsonl --traces traces.jsonl --verdicts verdicts.jsonl
    """
    known = _traces(traces, programs)
    tasks = list(_tasks(monologues, known, label_offset, traces))
    if not tasks:
        raise UserError(
            f'{monologues}: no monologues; write {{"id", "trace_id", "direction", "text"}} a line.'
        )
    batches = [tasks[at : at + BATCH] for at in range(0, len(tasks), BATCH)]
    counts: Counter[str] = Counter()
    context = multiprocessing.get_context("spawn")
    several = workers > 1 and len(batches) > 1
    pool = ProcessPoolExecutor(workers, context, garbage.collect_rarely) if several else nullcontext()
    garbage.collect_rarely()
    with writing(verdicts) as stream, pool as executor:
        found = executor.map(_judged, batches) if executor else map(_judged, batches)
        for row in track((row for rows in found for row in rows), "monologues", len(tasks)):
            counts[row["verdict"]] += 1
            stream.write(json.dumps(row, separators=(",", ":")) + "\n")
    unchecked = f", {counts['unchecked']} tell of runs that were not traced" if counts["unchecked"] else ""
    tell(
        f"{counts['accepted']} of {counts.total()} monologues accepted, {counts['rejected']} rejected{unchecked}"
    )


def row(name: str, found: Verified) -> dict[str, Any]:
    """A verdict as a line of the command's output."""
    counts = found.counts
    return {
        "id": name,
        "verdict": "accepted" if found.accepted else "rejected",
        "reason": found.reason,
        "score": found.score,
        "supported": counts["supported"],
        "contradicted": counts["contradicted"],
        "not_checkable": counts["not_checkable"],
        "coverage": found.coverage,
        "claims": [
            {"span": [each.start, each.end], "kind": each.kind, "text": each.text, "status": each.status}
            | ({"truth": each.truth} if each.truth else {})
            for each in found.claims
        ],
    }


def _judged(tasks: list[Task]) -> list[dict[str, Any]]:
    return [_of_task(task) for task in tasks]


def _of_task(task: Task) -> dict[str, Any]:
    if task.traced is None:
        unknown = row(task.line.id, Verified((), 0.0))
        return unknown | {
            "verdict": "unchecked",
            "reason": "it tells of a run that was not traced",
            "coverage": None,
        }
    return row(
        task.line.id,
        verify(
            task.line.text,
            task.line.direction,
            _events(task.traced.events),
            task.traced.code or None,
            label_offset=task.label_offset,
            truncated=task.traced.truncated,
        ),
    )


@lru_cache(maxsize=8)
def _events(text: str) -> tuple[Event, ...]:
    return _EVENTS.validate_json(text)


def _traces(path: Path, programs: Path | None) -> dict[str, Traced]:
    codes = {each.id: each.code for each in records.read(programs, Program)} if programs else {}
    known: dict[str, Traced] = {}
    for number, text in read_lines(path):
        try:
            body = json.loads(text)
            is_record = isinstance(body, dict) and "parents" in body
            line = Trace.model_validate_json(text) if is_record else TraceLine.model_validate_json(text)
        except ValidationError as error:
            kind = "Trace record" if is_record else "line of `semcoder tracing trace`"
            raise UserError(
                f"{path}, line {number}: not a {kind} ({first_fault(error, 'the line')}); trace the programs again."
            ) from error
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}, line {number}: not JSON; give the file that was traced.") from error
        if line.id in known and is_record is False:
            raise UserError(f"{path}, line {number}: a second trace with id {line.id}; give each its own.")
        events = json.dumps(body["events"], separators=(",", ":"))
        if isinstance(line, Trace):
            program = line.parents[1] if len(line.parents) > 1 else ""
            if programs and program not in codes:
                raise UserError(
                    f"{path}, line {number}: {programs} does not hold {program or 'its program'}; "
                    f"give the programs that were traced."
                )
            known[line.id] = Traced(events, codes.get(program, ""), False)
        else:
            known[line.id] = Traced(events, line.code, bool(line.truncated))
    return known


def _tasks(path: Path, known: dict[str, Traced], label_offset: int, traces: Path) -> Iterator[Task]:
    for number, text in read_lines(path):
        try:
            line = _monologue(text)
        except ValidationError as error:
            raise UserError(
                f"{path}, line {number}: not a monologue ({first_fault(error, 'the line')}); "
                f'write {{"id", "trace_id", "direction", "text"}}.'
            ) from error
        except (ValueError, RecursionError) as error:
            raise UserError(
                f'{path}, line {number}: not a JSON object {{"id", "trace_id", "direction", "text"}}; mend the line.'
            ) from error
        if line.trace_id is None:
            yield Task(line, None, label_offset)
            continue
        if line.trace_id not in known:
            raise UserError(
                f"{path}, line {number}: {traces} holds no trace {line.trace_id}; give the file it is in."
            )
        yield Task(line, known[line.trace_id], label_offset)


def _monologue(text: str) -> MonologueLine:
    body = json.loads(text)
    if not isinstance(body, dict):
        raise ValueError("not an object")
    if "trace_id" in body:
        return MonologueLine.model_validate(body)
    if "parents" not in body:
        return MonologueLine.model_validate(body)  # says what is missing
    record = Monologue.model_validate_json(text)
    # A sample whose own input was run, and differs from the recorded one, has no trace.
    trace = next((each for each in record.parents if each.startswith(f"{Trace.prefix}-")), None)
    return MonologueLine(id=record.id, trace_id=trace, direction=record.direction, text=record.text)
