"""`semcoder training clean`: another data set without what a benchmark holds, as PyX is cleaned (paper App. F)."""

import ast
import heapq
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from semcoder.artifacts import write_json, writing
from semcoder.errors import UserError
from semcoder.progress import track
from semcoder.pyx import benchmarks
from semcoder.pyx.decontamination import Decontaminator
from semcoder.records import Dropped, to_line
from semcoder.teacher.interface import Refusal
from semcoder.teacher.sections import python_blocks
from semcoder.training.extra import ORIGIN, parts, rows

STAGE = "training clean"


def contamination(known: Decontaminator, question: str, answer: str) -> Refusal | None:
    """The benchmark item that a row matches by its question or by any program of its answer, or None."""
    for code in python_blocks(answer) or [answer]:
        match = next(known.matches(code, _function(code), question), None)
        if match:
            return Refusal(match.reason, f"{match.item.name}: {match.detail}")
    return None


def _function(code: str) -> str:
    """The first function that code defines; empty where it is no Python or defines none."""
    try:
        module = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return next((node.name for node in module.body if isinstance(node, ast.FunctionDef)), "")


def _rows(source: list[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where a row comes from, the row). Several files are each in the order of that, and so is what comes of them."""
    found = [((str(row.get(ORIGIN) or place), row) for place, row in rows(path)) for path in source]
    return found[0] if len(found) == 1 else heapq.merge(*found, key=lambda each: each[0])


def main(
    *,
    name: Annotated[str, typer.Option(help="What the data set is called.")],
    source: Annotated[list[Path], typer.Option(help="Its JSONL file or folder; once for each.")],
    licence: Annotated[str, typer.Option(help="Licence of rows that do not tell their own.")] = "unknown",
    benchmark: benchmarks.Forbidden = None,
    unchecked: benchmarks.Unchecked = None,
    out: Annotated[Path, typer.Option(help="Where the clean rows go (JSONL).")],
    dropped: Annotated[Path, typer.Option(help="Where the others go, each with its match (JSONL).")],
    summary: Annotated[Path, typer.Option(help="Where the counts go (JSON).")],
) -> None:
    """Take the rows of a data set that match no benchmark, each with its licence and where it comes from.

    Example: semcoder training clean --name evol --source evol.jsonl --licence Apache-2.0
    --benchmark humaneval=HumanEval.jsonl.gz --out evol.clean.jsonl --dropped dropped.jsonl --summary summary.json
    """
    items, missed = benchmarks.named(benchmark or [], unchecked or [])
    known = Decontaminator(item for each in items.values() for item in each)
    kept = 0
    reasons: Counter[str] = Counter()
    licences: Counter[str] = Counter()
    with writing(out) as good, writing(dropped) as bad:
        for origin, row in track(_rows(source), f"decontamination, {name}"):
            _, question, answer = parts(row, f"{name}, {origin}")
            if refusal := contamination(known, question, answer):
                reasons[refusal.reason] += 1
                parents = (f"{name}:{origin}",)
                bad.write(
                    to_line(
                        Dropped(parents=parents, stage=STAGE, reason=refusal.reason, detail=refusal.detail)
                    )
                )
                continue
            own = row.get("licence")
            if not isinstance(own, str | None):
                raise UserError(
                    f"{name}, {origin}: its licence is {json.dumps(own)}, not a text; mend the row."
                )
            whole = row | {ORIGIN: origin, "licence": own or licence}
            licences[whole["licence"]] += 1
            kept += 1
            good.write(json.dumps(whole, separators=(",", ":")) + "\n")
    write_json(
        summary,
        {
            "stage": f"{STAGE}, {name}",
            "in": kept + reasons.total(),
            "kept": kept,
            "dropped": dict(reasons),
            "licences": dict(licences),
            "benchmarks": {each: len(found) for each, found in items.items()},
            "unchecked": missed,
        },
    )
