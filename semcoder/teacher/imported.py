"""Answers of a file taken into a store."""

import json
from pathlib import Path
from typing import Annotated

import typer

from semcoder.errors import UserError
from semcoder.progress import tell
from semcoder.reading import read_lines
from semcoder.teacher.store import Store


def main(
    answers: Annotated[
        Path, typer.Option(help="File that `semcoder teacher export` wrote, also in gzip (.gz).")
    ],
    store: Annotated[
        Path, typer.Option(help="Folder of the store (teacher.store); made where there is none.")
    ],
) -> None:
    """Take answers into a store; those that it has are passed over.

    A run whose answers are all stored needs no key and no server. What is taken in counts towards the budgets.

    Example: semcoder teacher import --answers answers.jsonl --store results/teacher-store
    """
    with Store(store) as opened:
        entries = {}
        for number, line in read_lines(answers):
            try:
                entry = json.loads(line)
                key = opened.check(entry)
            except (ValueError, KeyError, TypeError) as error:
                raise UserError(
                    f"{answers}, line {number}: no answer ({error}); give a file that `semcoder teacher export` wrote."
                ) from error
            if key not in opened:
                entries[key] = entry
        opened.take_in(list(entries.values()))
        tell(f"{store}: {len(entries)} answers taken in, {len(opened)} there now")
