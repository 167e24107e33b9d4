"""What the teacher's answers of a run cost: by stage, purpose and model."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from semcoder.artifacts import writing
from semcoder.errors import UserError, first_fault
from semcoder.reading import read_model
from semcoder.teacher.bill import Post, Price, added, dollars

COLUMNS = ["stage", "purpose", "model", "answers", "prompt_tokens", "completion_tokens", "hours", "dollars"]


class Summary(BaseModel):
    """What a stage's summary says of its teacher."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    stage: str
    taken: int = Field(alias="in")
    kept: int
    teacher: list[Post] = []


class Paid(NamedTuple):
    """The bill of one stage, its shards added up."""

    stage: str
    taken: int
    kept: int
    posts: list[Post]


def read_bills(paths: Iterable[Path]) -> list[Paid]:
    """Bills in the order in which the stages first come up. Raises UserError for what is no summary."""
    stages: dict[str, Paid] = {}
    for path in paths:
        one = read_model(path, Summary)
        before = stages.get(one.stage, Paid(one.stage, 0, 0, []))
        posts = added([*before.posts, *one.teacher])
        stages[one.stage] = Paid(one.stage, before.taken + one.taken, before.kept + one.kept, posts)
    return list(stages.values())


def read_prices(text: str) -> dict[str, Price]:
    """{model: its price} of a JSON object. Raises UserError."""
    try:
        return TypeAdapter(dict[str, Price]).validate_json(text)
    except ValidationError as error:
        raise UserError(
            f"--prices: {first_fault(error, 'the whole')}; give a JSON object such as "
            '{"MODEL": {"prompt": 0.15, "completion": 0.6}}, in dollars a million tokens.'
        ) from error


def main(
    summary: Annotated[list[Path], typer.Option(help="A stage's summary; give one for each shard.")],
    csv_file: Annotated[Path, typer.Option(help="CSV to write.")],
    markdown: Annotated[Path, typer.Option(help="The same as Markdown.")],
    prices: Annotated[
        str, typer.Option(help="JSON: dollars a million tokens, by model; without one a cost is left empty.")
    ] = "{}",
    as_json: Annotated[bool, typer.Option("--json", help="Print them as a JSON list, too.")] = False,
) -> None:
    """Count the teacher's answers, tokens and dollars of each stage.

    Every answer that a stage used counts there, refused ones too, whether it was paid for in this run or lay in the
    store: this is what the same run costs with an empty store.

    Example: semcoder teacher usage --summary results/semcoder/pyx/summary.json --csv-file t.csv --markdown t.md
    """
    known = read_prices(prices)
    bills = read_bills(summary)
    with writing(csv_file) as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(COLUMNS)
        for bill in bills:
            for post in bill.posts:
                cost = dollars([post], known)
                rows.writerow(
                    [
                        *(bill.stage, post.purpose, post.served, post.answers),
                        *(post.prompt_tokens, post.completion_tokens, round(post.seconds / 3600, 4)),
                        "" if cost is None else f"{cost:.4f}",
                    ]
                )
    with writing(markdown) as stream:
        stream.write(
            "| stage | purpose | model | answers | tokens asked | answered | dollars | a record kept |\n"
        )
        stream.write("|---|---|---|---:|---:|---:|---:|---:|\n")
        for bill in bills:
            for post in bill.posts:
                stream.write(_line(bill, post, known))
        total = added(post for bill in bills for post in bill.posts)
        stream.write(
            f"| **all** | | | {sum(each.answers for each in total):,} |"
            f" {sum(each.prompt_tokens for each in total):,} |"
            f" {sum(each.completion_tokens for each in total):,} | {shown(dollars(total, known))} | |\n"
        )

    if as_json:
        found = [
            {"stage": bill.stage, **post.model_dump(), "dollars": dollars([post], known)}
            for bill in bills
            for post in bill.posts
        ]
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))


def _line(bill: Paid, post: Post, prices: Mapping[str, Price]) -> str:
    cost = dollars([post], prices)
    each = cost / bill.kept if cost is not None and bill.kept else None
    return (
        f"| {bill.stage} | {post.purpose} | {post.served} | {post.answers:,} | {post.prompt_tokens:,} |"
        f" {post.completion_tokens:,} | {shown(cost)} | {'' if each is None else f'{each:.5f}'} |\n"
    )


def shown(cost: float | None) -> str:
    """Dollars with two places; a word where a price is not known."""
    return "no price" if cost is None else f"{cost:,.2f}"
