"""`semcoder monologue show`: code, run and monologue side by side, with what is false in it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from semcoder import lineage, records
from semcoder.artifacts import writing
from semcoder.errors import UserError
from semcoder.execution.api import CallResult, Limits
from semcoder.execution.pool import Sandbox
from semcoder.monologue.evidence import Question, Told, beside_runs, told
from semcoder.monologue.page import page
from semcoder.monologue.verify.command import MonologueLine, TraceLine
from semcoder.monologue.view import View, view
from semcoder.reading import read_lines
from semcoder.records import Direction, Monologue, Program, TestCase, Trace

WIDE = 130
"""Columns of a terminal from which code, run and monologue stand side by side."""
VALUE_CHARS = 60
L = TypeVar("L", MonologueLine, TraceLine)


def main(
    *,
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of monologues.")] = None,
    results: Annotated[
        Path | None,
        typer.Option(help="Folder whose JSONL files are searched for the ids and what they are from."),
    ] = None,
    monologues: Annotated[
        list[Path],
        typer.Option(help="Monologue records; or {id, trace_id, direction, text} a line, with traces."),
    ] = [],  # noqa: B006
    traces: Annotated[
        list[Path],
        typer.Option(help="Trace records; or the lines of `semcoder tracing trace` for plain input."),
    ] = [],  # noqa: B006
    programs: Annotated[Path | None, typer.Option(help="Program records; goes with records.")] = None,
    tests: Annotated[Path | None, typer.Option(help="TestCase records; goes with records.")] = None,
    pick: Annotated[
        int, typer.Option(min=0, help="In place of ids: so many of each direction, from short to long.")
    ] = 0,
    label_offset: Annotated[int, typer.Option(help="What was added to line numbers in labels.")] = 0,
    html: Annotated[
        Path | None,
        typer.Option(help="Write one HTML page that steps through the programs, and print nothing."),
    ] = None,
    cpu_s: Annotated[float, typer.Option(help="Processor seconds a program may take.")] = 10.0,
    memory_mb: Annotated[int, typer.Option(help="Memory a program may take, in MB.")] = 1024,
) -> None:
    """Show monologues beside code and run: false claims with what was really so, true ones underlined.

    Example: semcoder monologue show mono-0123456789abcdef --results results/quickstart --html mono.html
    """
    wanted = ids or []
    if bool(wanted) == bool(pick) or bool(results) == bool(monologues):
        raise UserError("Give ids or --pick, and --results or --monologues: one of each two.")
    limits = Limits(cpu_s=cpu_s, wall_s=4 * cpu_s, memory_mb=memory_mb)
    if results:
        if pick:
            raise UserError("--pick chooses from --monologues; name the files.")
        shown = _from_results(wanted, results, limits, label_offset)
    elif programs and tests:
        rows = _chosen(list(records.read_all(monologues, Monologue)), wanted, pick, monologues)
        from_them = records.among({parent for row in rows for parent in row.parents})
        known = {row.id: row for row in records.read(programs, Program, from_them)}
        inputs = {row.id: row for row in records.read(tests, TestCase, from_them)}
        with Sandbox(1, limits) as sandbox:
            runs = records.read_all(traces, Trace, from_them)
            shown = beside_runs(rows, known, inputs, runs, sandbox.run, label_offset)
    else:
        shown = _from_lines(wanted, pick, monologues, traces, label_offset)
    views = [view(each) for each in shown]
    if html:
        with writing(html) as stream:
            stream.write(page(views))
        return
    console = Console()
    for each in views:
        show(each, console)


def _from_results(wanted: Sequence[str], folder: Path, limits: Limits, label_offset: int) -> list[Told]:
    rows: list[Monologue] = []
    others: dict[str, records.Record] = {}
    for identity in wanted:
        found = lineage.trace_back(identity, folder, Monologue).found
        record = found[identity].record
        if not isinstance(record, Monologue):
            raise UserError(
                f"{identity}: is a {type(record).__name__}; give the id of a monologue (mono-...)."
            )
        rows.append(record)
        others |= {name: entry.record for name, entry in found.items()}
    programs = {name: each for name, each in others.items() if isinstance(each, Program)}
    tests = {name: each for name, each in others.items() if isinstance(each, TestCase)}
    runs = [each for each in others.values() if isinstance(each, Trace)]
    with Sandbox(1, limits) as sandbox:
        return beside_runs(rows, programs, tests, runs, sandbox.run, label_offset)


def _chosen(
    rows: list[Monologue], wanted: Sequence[str], pick: int, files: Sequence[Path]
) -> list[Monologue]:
    """The monologues with these ids, or `pick` of each direction, evenly spread from the shortest to the longest."""
    if not pick:
        known = {row.id: row for row in rows}
        return [known[_known(each, known, files)] for each in wanted]
    found: list[Monologue] = []
    for direction in ("forward", "backward"):
        ours = sorted((row for row in rows if row.direction == direction), key=lambda r: (len(r.text), r.id))
        number = min(pick, len(ours))
        found += [ours[(2 * place + 1) * len(ours) // (2 * number)] for place in range(number)]
    return found


def _known(name: str, known: dict[str, Monologue] | dict[str, MonologueLine], files: Sequence[Path]) -> str:
    if name not in known:
        places = ", ".join(map(str, files))
        raise UserError(f"{name}: no monologue with this id in {places}; give one that is there.")
    return name


def _from_lines(
    wanted: Sequence[str], pick: int, monologues: Sequence[Path], traces: Sequence[Path], label_offset: int
) -> list[Told]:
    """Monologues that came as the plain lines that `semcoder monologue verify` takes."""
    rows = {row.id: row for row in _plain(monologues, MonologueLine)}
    runs = {row.id: row for row in _plain(traces, TraceLine)}
    names = list(rows)[:pick] if pick else [_known(each, rows, monologues) for each in wanted]
    found: list[Told] = []
    for row in (rows[name] for name in names):
        if row.trace_id not in runs:
            raise UserError(
                f"{row.id}: its trace {row.trace_id} is in none of --traces; give the file it is in."
            )
        run = runs[row.trace_id]
        entry = next((each.scope for each in run.events if each.kind == "call"), "")
        shown = (
            ", ".join(f"{name}={text}" for name, text in run.events[0].changes.items()) if run.events else ""
        )
        result = CallResult(events=run.events, truncated=run.truncated)
        question = Question(Program(code=run.code, entry_point=entry), shown)
        found.append(told(row.id, row.direction, row.text, question, result, label_offset))
    return found


def _plain(files: Sequence[Path], kind: type[L]) -> list[L]:
    found: list[L] = []
    for path in files:
        for number, line in read_lines(path):
            try:
                found.append(kind.model_validate_json(line))
            except ValueError as error:
                raise UserError(
                    f"{path}, line {number}: not a line of `semcoder monologue verify`; with records give --programs "
                    f"and --tests too."
                ) from error
    return found


def show(each: View, console: Console) -> None:
    """Print one monologue: side by side where the terminal is wide, else one below the other."""
    counts = each.found.counts
    head = f"{each.told.id}, {each.told.direction}: {each.told.program.entry_point}({each.told.arguments})"
    console.print(Text(head, style="bold"))
    console.print(
        Text(
            f"{counts['supported']} claims true, {counts['contradicted']} false, {counts['not_checkable']} not "
            f"checkable; {each.found.coverage:.0%} of the lines with an effect spoken of"
        )
    )
    parts = {"program": _code(each), "run": _run(each), "monologue": _text(each)}
    if console.width >= WIDE:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=True)
        for name, ratio in (("program", 3), ("run", 3), ("monologue", 4)):
            table.add_column(name, ratio=ratio, overflow="fold")
        table.add_row(*parts.values())
        console.print(table)
    else:
        for name, text in parts.items():
            console.print(Text(f"\n{name}", style="bold"))
            console.print(text)
    console.print()


def _code(each: View) -> Text:
    offset = _offset(each.told.direction, each.told.label_offset)
    lines = each.told.program.code.rstrip("\n").split("\n")
    return Text("\n").join(
        Text(f"{number + offset:>3} ", style="dim") + Text(line) for number, line in enumerate(lines, 1)
    )


def _run(each: View) -> Text:
    offset = _offset(each.told.direction, each.told.label_offset)
    lines = []
    for step in each.steps:
        changed = ", ".join(f"{v.name} = {_cut(v.text)}" for v in step.variables if v.changed)
        what = ": ".join(filter(None, (_cut(step.what), changed)))
        lines.append(Text(f"{'  ' * step.depth}[L{step.line + offset}] ", style="dim") + Text(what))
    return Text("\n").join(lines)


def _text(each: View) -> Text:
    """The monologue: true claims underlined, false ones red with what was really so behind them."""
    text, at = Text(), 0
    for claim in each.marks:
        text.append(each.told.text[at : claim.start])
        said = each.told.text[claim.start : claim.end]
        if claim.status == "contradicted":
            text.append(said, style="bold red")
            text.append(f" [FALSE: {claim.truth}]", style="red")
        else:
            text.append(said, style="underline")
        at = claim.end
    text.append(each.told.text[at:])
    return text


def _offset(direction: Direction, label_offset: int) -> int:
    return label_offset if direction == "forward" else 0


def _cut(text: str) -> str:
    return text if len(text) <= VALUE_CHARS else text[:VALUE_CHARS] + "..."
