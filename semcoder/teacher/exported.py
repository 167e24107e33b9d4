"""A store's answers as one file: what makes a run's data again without a key."""

import json
from pathlib import Path
from typing import Annotated

import typer

from semcoder.artifacts import writing
from semcoder.errors import UserError
from semcoder.progress import tell
from semcoder.teacher.store import Store


def main(
    store: Annotated[Path, typer.Option(help="Folder of the store (teacher.store).")],
    answers: Annotated[
        Path, typer.Option(help="File to write (JSONL): each answer once, in the order of keys.")
    ],
) -> None:
    """Write all answers of a store to one file, the same for the same answers.

    It holds answers and their keys, which are hashes of what was asked; no question, no key of a server.

    Example: semcoder teacher export --store results/teacher-store --answers answers.jsonl
    """
    if not store.is_dir():
        raise UserError(f"{store}: no such folder; give the store that teacher.store names.")
    with Store(store) as opened, writing(answers) as stream:
        for key in opened:
            if entry := opened.line(key):
                stream.write(json.dumps(entry, sort_keys=True) + "\n")
        tell(f"{answers}: {len(opened)} answers")
