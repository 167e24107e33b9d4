"""`semcoder plan`: what a target costs before it runs."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from semcoder.configfiles import Configfiles, Profile
from semcoder.errors import UserError
from semcoder.planning.dryrun import planned
from semcoder.planning.forecast import AS_RUN, Cost, GpuCost, cost
from semcoder.planning.sizes import Mark, counted
from semcoder.teacher.costs import shown
from semcoder.training.forecast import CARDS

SHOWN = ("RTX A6000", "A100-80GB", "H100")
"""Cards of the table; --json has all."""


def main(
    target: Annotated[
        list[str] | None, typer.Argument(help="Targets or files; without one the whole run.")
    ] = None,
    profile: Profile = None,
    configfile: Configfiles = None,
    card: Annotated[str, typer.Option(help=f"What GPU jobs run on: {', '.join(CARDS)}.")] = "RTX A6000",
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Seeds there will be; without it those extracted, or a guess.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a target costs before it runs: jobs, GPU hours, teacher calls, disk, wall time. Runs nothing.

    Jobs are those of `snakemake -n`, so what is made already costs nothing. Run times are measured ones where
    benchmark files lie in the results or beside them, scaled by seeds or programs; everything else is an estimate, from
    rates that stand with their sources in semcoder/planning, and an answer of a model is taken to be as long as it may.

    Example: semcoder plan table1 --card H100
    """
    if card not in CARDS:
        raise UserError(f"--card {card}: not known; one of {', '.join(CARDS)}.")
    with planned(target or [], profile, configfile or []) as workflow:
        found = cost(workflow, card, seeds)
    typer.echo(found.model_dump_json(indent=2) if as_json else "\n".join(_lines(found)))


def _lines(found: Cost) -> Iterator[str]:
    if not found.jobs:
        yield f"{found.results}: nothing to run."
        return
    yield (
        f"{found.results}: {counted(found.jobs, 'job')}; {found.seeds:,.0f} seeds ({found.seeds_mark}), "
        f"{found.programs:,.0f} programs ({found.programs_mark})"
    )
    yield f"\n{'rule':<22}{'jobs':>7}{'time':>10}  "
    for rule in found.rules:
        yield f"{rule.rule:<22}{rule.jobs:>7,}{_time(rule.hours):>10}  {rule.mark}"
    if found.gpu:
        yield from _gpus(found.gpu, found.card)
    if found.teacher:
        yield f"\n{'teacher':<14}{'model':<28}{'answers':>12}{'tokens':>18}"
        for post in found.teacher:
            tokens = post["prompt_tokens"] + post["completion_tokens"]
            yield f"{post['purpose']:<14}{post['model']:<28}{post['answers']:>12,}{tokens:>18,}  {post['mark']}"
        most = "measured" if found.teacher_mark == "measured" else "estimated: at most"
        yield f"{shown(found.teacher_dollars)} dollars ({most})"
    yield f"\n{'disk':<32}{'GB':>10}"
    for disk in found.disk:
        yield f"{disk.what:<32}{disk.gigabytes:>10,.1f}  {disk.mark}"
    yield f"\n{'wall time':<32}{'time':>10}"
    for at_once, hours in found.wall_hours.items():
        what = f"{counted(at_once, 'job')} and GPU{'' if at_once == 1 else 's'}"
        yield f"{what + ' at a time':<32}{_time(hours):>10}  {found.wall_mark}"
    if found.unknown:
        yield f"\nnot counted: {'; '.join(found.unknown)}"


def _gpus(rows: Sequence[GpuCost], card: str) -> Iterator[str]:
    cards = list(dict.fromkeys([card, *SHOWN]))
    if any(AS_RUN in row.hours for row in rows):
        cards.insert(0, AS_RUN)
    yield f"\n{'GPU hours':<34}{'jobs':>7}{''.join(f'{each:>12}' for each in cards)}"
    for row in rows:
        cells = "".join(f"{_cell(row.hours.get(each)):>12}" for each in cards)
        yield f"{row.work + ' ' + row.model:<34}{row.jobs:>7,}{cells}  {row.mark}"
    sums = [
        sum(row.hours[each] for row in rows) if all(each in row.hours for row in rows) else None
        for each in cards
    ]
    mark: Mark = "measured" if all(row.mark == "measured" for row in rows) else "estimated"
    cells = "".join(f"{_cell(each):>12}" for each in sums)
    yield f"{'all':<34}{sum(row.jobs for row in rows):>7,}{cells}  {mark}"


def _time(hours: float) -> str:
    if hours * 3600 < 90:
        return f"{hours * 3600:.0f} s"
    return f"{hours * 60:.0f} min" if hours < 1.5 else f"{hours:,.1f} h"


def _cell(hours: float | None) -> str:
    """GPU hours; empty where nothing is known, and for the sum where a row is."""
    return "" if hours is None else f"{hours:,.1f}"
