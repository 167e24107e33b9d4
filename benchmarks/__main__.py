"""`python -m benchmarks`: each benchmark's ratios, as a table and as results/benchmarks/NAME.json."""

import importlib
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from semcoder.artifacts import write_json
from semcoder.errors import UserError

NAMES = (
    *("children", "answers", "traces", "problems", "scaling"),
    *("packing", "monologues", "verifier", "engines", "agreement", "contamination"),
)


def main(
    mirror: Annotated[
        Path, typer.Option(help="Folder of benchmark files; scaling and packing need none.")
    ] = Path(),
    only: Annotated[str, typer.Option(help=f"One of {', '.join(NAMES)}.")] = "",
    workers: Annotated[int, typer.Option(help="Processes side by side, on each side of a comparison.")] = 2,
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("results/benchmarks"),
) -> None:
    """Measure this package beside what people use today, in one run on one machine."""
    console = Console()
    for name in [only] if only else NAMES:
        found = importlib.import_module(f"benchmarks.{name}").main(mirror, workers)
        load = os.getloadavg()[0]
        write_json(out / f"{name}.json", {**found, "load": load, "cores": os.cpu_count()})
        table = Table("what", "value", title=f"{name} (load {load:.1f}, {os.cpu_count()} cores)")
        for what, value in found.items():
            table.add_row(what, f"{value:,.2f}" if isinstance(value, float) else str(value)[:300])
        console.print(table)
        if found.get("unexplained"):
            raise UserError(f"{name}: verdicts differ without an explanation; see {out / name}.json.")


if __name__ == "__main__":
    try:
        typer.run(main)
    except UserError as error:
        raise SystemExit(f"benchmarks: {error}") from error
