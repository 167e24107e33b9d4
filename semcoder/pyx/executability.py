"""How much of an instruction set runs, and what stops the rest (paper section 3.1, App. E, Table 7).

The paper counts OSS-Instruct's Python solutions after installing the packages that they miss most; here a missing
package counts as the error that it is, since the sandbox has the standard library alone.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from semcoder.artifacts import writing
from semcoder.errors import UserError
from semcoder.execution.api import Job, Limits, Outcome
from semcoder.execution.pool import Sandbox
from semcoder.progress import track
from semcoder.training.extra import rows

_FENCED = re.compile(r"```(?:python)?\n(.*?)```", re.DOTALL)
SHOWN = 10
"""Error types in the table, as many as the paper's."""


def main(
    data: Annotated[
        Path, typer.Option(help="JSON lines, or a folder of them, with `solution` and `lang` columns.")
    ],
    csv_file: Annotated[Path, typer.Option("--csv", help="CSV to write: outcome, count, percent.")],
    markdown: Annotated[Path, typer.Option(help="The same as Markdown.")],
    language: Annotated[str, typer.Option(help="Only rows of this `lang`.")] = "python",
    cpu_s: Annotated[float, typer.Option(help="CPU seconds of one program.")] = 10.0,
    memory_mb: Annotated[int, typer.Option(help="Megabytes of one program.")] = 1024,
    workers: Annotated[int, typer.Option(help="Sandbox workers.")] = 2,
) -> None:
    """Run every solution of an instruction set and count what does not execute, by error type.

    Example: semcoder pyx executability --data oss-instruct.jsonl --csv table7.csv --markdown table7.md
    """
    counts: Counter[str] = Counter()
    limits = Limits(cpu_s=cpu_s, wall_s=6 * cpu_s, memory_mb=memory_mb)
    with Sandbox(workers=workers, limits=limits) as sandbox:
        for outcome in track(sandbox.run(_jobs(data, language)), "executability"):
            counts[_kind(outcome)] += 1
    total = counts.total()
    if not total:
        raise UserError(f"--data {data}: no row with `lang` {language} and a Python program in `solution`.")
    ranked = counts.most_common()
    failed = [pair for pair in ranked if pair[0] != "ok"]
    table = [("solutions", total), ("do not execute", total - counts["ok"]), *failed]
    with writing(csv_file) as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(["outcome", "count", "percent"])
        out.writerows([name, count, f"{100 * count / total:.1f}"] for name, count in table)
    with writing(markdown) as stream:
        stream.write(
            f"## Solutions of {data.name} that do not execute\n\n| outcome | count | percent |\n|---|---:|---:|\n"
        )
        stream.writelines(
            f"| {n} | {count:,} | {100 * count / total:.1f} |\n" for n, count in table[: SHOWN + 2]
        )


def _jobs(data: Path, language: str) -> Iterator[Job]:
    for place, row in rows(data):
        if row.get("lang", language) == language:
            solution = str(row.get("solution", ""))
            fenced = _FENCED.search(solution)
            yield Job(id=place, code=fenced.group(1) if fenced else solution)


def _kind(outcome: Outcome) -> str:
    """The exception's type where there is one, else the verdict."""
    named = {"raised": outcome.detail.partition(":")[0], "invalid": "SyntaxError"}
    return named.get(outcome.verdict, outcome.verdict)
