"""What a configuration will ask of its teacher: calls, tokens, dollars and hours, before it runs."""

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from semcoder.config import Config
from semcoder.configfiles import load
from semcoder.errors import UserError
from semcoder.teacher.bill import Post, added, dollars
from semcoder.teacher.costs import read_bills, shown

FIRST_STAGE = "pyx synthesize"
PURPOSES = {
    "synthesize": ("problem", "solution", "repair"),
    "expand_inputs": ("inputs",),
    "sample_monologues": ("monologue", "revision"),
    "translate_monologues": ("monologue", "revision"),
    "build_pyx_r": ("rationale",),
    "solve_contests": ("contest",),
}
"""{rule of the graph: what it asks for}"""
OF_SHARD = re.compile(r"\d+-of-(\d+)\.summary\.json")
CONTESTS = 13_328
"""Problems of CodeContests' training split (AlphaCode, 2203.07814, table 2), however many seeds there are."""
PROMPT_TOKENS = 4096
"""No request is taken to be longer where nothing was measured: what was answered before stands in it."""


def main(
    files: Annotated[list[Path], typer.Argument(help="YAML files, later ones over earlier ones.")],
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help="Seeds that will be asked about; without it those extracted count."),
    ] = None,
    measured: Annotated[
        Path | None,
        typer.Option(help="Results of a smaller run with the same teacher; what it used is scaled."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a run will cost, from what a smaller one did. Asks nothing.

    With --measured DIR each purpose's answers a seed, tokens an answer and seconds an answer are those of the run
    below DIR (run any part of the graph over few seeds first; its answers stay in the store, so nothing is paid for
    twice); what no stage of that run asked for counts at most. Without it all of it is the most that the
    configuration can ask for.

    Example: semcoder teacher estimate config.yaml --measured results/sample --seeds 150000
    """
    config = load(files)
    if config.teacher.kind == "grounded":
        raise UserError("teacher.kind is grounded, which asks no model and costs nothing.")
    number = seeds if seeds is not None else _extracted(config.results / "seeds")
    found = scaled(measured, number) if measured else []
    posts = [
        each.model_copy(update={"batch": config.teacher.batch})
        for each in [*found, *unasked(config, number, found)]
    ]
    marks = ["measured"] * len(found) + ["at most"] * (len(posts) - len(found))
    seconds = 0.0 if config.teacher.batch else sum(each.seconds for each in posts)
    hours = seconds / config.teacher.concurrency / 3600
    total = dollars(posts, config.teacher.prices)
    if as_json:
        rows = [
            each.model_dump() | {"dollars": dollars([each], config.teacher.prices), "mark": mark}
            for each, mark in zip(posts, marks, strict=True)
        ]
        said: dict[str, Any] = {"seeds": number, "measured": measured is not None, "posts": rows}
        typer.echo(json.dumps(said | {"dollars": total, "hours": round(hours, 2) or None}, indent=2))
        return
    source = f"measured in {measured}" if measured else "at most; --measured DIR gives what to expect"
    typer.echo(f"{number:,} seeds, {source}\n")
    typer.echo(
        f"{'purpose':<12}{'model':<28}{'answers':>12}{'tokens asked':>16}{'answered':>16}{'dollars':>12}"
    )
    for each, mark in zip(posts, marks, strict=True):
        cost = shown(dollars([each], config.teacher.prices))
        typer.echo(
            f"{each.purpose:<12}{each.served:<28}{each.answers:>12,}{each.prompt_tokens:>16,}"
            f"{each.completion_tokens:>16,}{cost:>12}  {mark}"
        )
    tokens = sum(each.tokens for each in posts)
    typer.echo(
        f"\n{tokens:,} tokens (budget_tokens: {config.teacher.budget_tokens:,}), {shown(total)} dollars"
    )
    if config.teacher.batch:
        typer.echo("in batches: each is answered within a day, and a stage waits for as many as it has turns")
    elif hours:
        typer.echo(f"{hours:,.1f} hours with {config.teacher.concurrency} requests at a time")


def scaled(results: Path, seeds: int) -> list[Post]:
    """The bill of the run below `results`, for so many seeds; a stage's shards not run yet are like those that were.

    Raises UserError where it asked nothing.
    """
    shards: dict[tuple[Path, int], list[Path]] = defaultdict(list)
    for path in sorted(results.rglob("*summary.json")):
        of_shard = OF_SHARD.fullmatch(path.name)
        shards[path.parent, int(of_shard[1]) if of_shard else 0].append(path)
    taken, posts = 0.0, list[Post]()
    for (_, count), paths in shards.items():
        whole = count / len(paths) if count else 1.0
        for each in read_bills(paths):
            taken += each.taken * whole * (each.stage == FIRST_STAGE)
            posts += [times(post, whole) for post in each.posts]
    if not taken or not posts:
        raise UserError(
            f"{results}: holds no summary of a stage that asked a teacher; give the results of a run that did."
        )
    # Contests are as many, however many seeds there are.
    return [each if each.purpose == "contest" else times(each, seeds / taken) for each in added(posts)]


def times(post: Post, share: float) -> Post:
    """So many times what a post holds."""
    return post.model_copy(
        update={
            "answers": math.ceil(post.answers * share),
            "prompt_tokens": math.ceil(post.prompt_tokens * share),
            "completion_tokens": math.ceil(post.completion_tokens * share),
            "seconds": post.seconds * share,
        }
    )


def unasked(config: Config, seeds: int, found: list[Post]) -> list[Post]:
    """The most that is asked of what no stage behind `found` asks for."""
    purposes = {each.purpose for each in found}
    asked = {each for some in PURPOSES.values() if purposes & set(some) for each in some}
    return [each for each in bounds(config, seeds) if each.purpose not in asked]


def bounds(config: Config, seeds: int) -> Iterator[Post]:
    """The most answers and tokens that the configuration can ask for: nothing dropped, nothing right at once."""
    teacher = config.teacher
    two_models = teacher.problem_model != teacher.solution_model
    told = config.monologue.per_program * 2 * seeds if config.monologue.writer != "trace" else 0
    bugs = config.pyx_r.per_program * seeds
    contests = any("code_contests" in each.extra for each in config.recipes.values())
    posed = CONTESTS if contests and config.contests.by == "teacher" else 0
    for purpose, model, answers in (
        ("problem", teacher.problem_model, seeds),
        ("solution", teacher.solution_model, seeds * two_models),
        ("repair", teacher.solution_model, seeds * config.pyx.retries),
        ("inputs", teacher.solution_model, seeds * config.pyx.inputs.rounds),
        ("monologue", teacher.monologue_model, told * teacher.samples),
        ("revision", teacher.monologue_model, told * teacher.samples * config.monologue.revisions),
        ("rationale", teacher.monologue_model, bugs * teacher.samples),
        ("contest", teacher.solution_model, posed * config.contests.tries),
    ):
        if answers:
            yield Post(
                purpose=purpose,
                model=model,
                answers=answers,
                prompt_tokens=answers * PROMPT_TOKENS,
                completion_tokens=answers * teacher.max_tokens,
            )


def _extracted(folder: Path) -> int:
    """Seeds in the files of a folder. Raises UserError where there are none."""
    files = [path for path in sorted(folder.glob("*.jsonl")) if "dropped" not in path.name]
    if not files:
        raise UserError(f"{folder}: no seeds were extracted yet; say with --seeds how many there will be.")
    return sum(path.read_bytes().count(b"\n") for path in files)
