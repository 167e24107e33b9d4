"""`semcoder pyx export`: PyX and PyX-R as a folder that others load, with a card and Croissant metadata."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from semcoder import records
from semcoder.artifacts import sha256_of, write_json, writing, writing_directory
from semcoder.errors import UserError, first_fault
from semcoder.evaluation.prompts import Style
from semcoder.progress import tell, track
from semcoder.records import Example, Monologue, Problem, Program, Record, Seed, TestCase
from semcoder.release.card import card
from semcoder.release.contents import Contents, File
from semcoder.release.croissant import croissant, lacking
from semcoder.release.rows import Row, Split, Writers, as_line, interleaved, row_of
from semcoder.release.settings import ReleaseSettings
from semcoder.report.counts import add_up
from semcoder.training.mix import Phrasing, Sources, code_draft, parent, rationale_draft

DUPLICATE = "same prompt and response as another"
NEITHER = "program is in neither split"
OTHER_FORMAT = "another format than monologue"


@dataclass
class Gathered:
    """Records of a run by id, and the examples made from them."""

    known: dict[str, Record] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)

    def add(
        self, paths: Iterable[Path], kind: type[records.R], wanted: set[str] | None = None
    ) -> dict[str, records.R]:
        """Read the records of some files, of them those `wanted`."""
        found = {row.id: row for row in records.read_all(paths, kind) if wanted is None or row.id in wanted}
        self.known.update(found)
        return found

    def examples(
        self,
        programs: dict[str, Program],
        sources: Sources,
        monologues: Iterable[Monologue],
        phrasing: Phrasing,
    ) -> Iterator[Example]:
        """The examples of one split: each of its programs, and each monologue of one."""
        own = sources._replace(programs=programs)
        for program in programs.values():
            yield code_draft(program, own).example
        for told in monologues:
            draft = rationale_draft(told, own, phrasing)
            if not isinstance(draft, records.Dropped):
                yield draft.example

    def rows(self, examples: Iterable[Example], style: Style, writers: Writers) -> list[Row]:
        """Their rows, each once, tasks interleaved."""
        found: dict[str, Row] = {}
        for example in examples:
            if example.id in found:
                self.lost[DUPLICATE] += 1
            else:
                found[example.id] = row_of(example, self.known, style, writers)
        return interleaved(found.values())


def read_settings(text: str) -> ReleaseSettings:
    """Raises UserError naming the key at fault."""
    try:
        return ReleaseSettings.model_validate_json(text)
    except ValidationError as error:
        raise UserError(f"--release: {first_fault(error, 'JSON')}.") from error


def fingerprint(configuration: dict[str, Any]) -> str:
    """Twelve hex digits over the settings that decide what is in the data."""
    return hashlib.sha256(json.dumps(configuration, sort_keys=True).encode()).hexdigest()[:12]


def _read_configuration(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise UserError(f"--configuration: not JSON ({error}).") from error
    if not isinstance(values, dict):
        raise UserError("--configuration: not a JSON object.")
    return values


def _write_rows(folder: Path, name: str, split: Split, rows: list[Row]) -> File:
    path = folder / name / f"{split}.jsonl"
    with writing(path) as stream:
        for row in rows:
            stream.write(json.dumps(as_line(row), ensure_ascii=False) + "\n")
    return File(name, split, type(rows[0]), rows, sha256_of(path), path.stat().st_size)


def main(
    *,
    problems: Annotated[Path, typer.Option(help="Problem records of PyX.")],
    train: Annotated[Path, typer.Option(help="Program records of the training split.")],
    heldout: Annotated[Path, typer.Option(help="Program records held out.")],
    tests: Annotated[Path, typer.Option(help="TestCase records.")],
    seeds: Annotated[list[Path], typer.Option(help="Seed records; repeatable.")],
    monologues: Annotated[list[Path], typer.Option(help="Monologue records; repeatable.")],
    pyx_r: Annotated[Path | None, typer.Option(help="Example records of PyX-R.")] = None,
    summary: Annotated[
        list[Path] | None, typer.Option(help="A stage's summary, for the card; repeatable.")
    ] = None,
    program_writer: Annotated[str, typer.Option(help="Who wrote the programs.")] = "unknown",
    repair_writer: Annotated[str, typer.Option(help="Who wrote the repairs of PyX-R.")] = "unknown",
    style: Annotated[Style, typer.Option(help="Prompt style.")] = "corrected",
    label_offset: Annotated[int, typer.Option(help="Added to line numbers in labels.")] = 0,
    release: Annotated[str, typer.Option(help="JSON: name, version, url, creator, published.")] = "{}",
    configuration: Annotated[
        str, typer.Option(help="JSON: the settings that the data were made with.")
    ] = "{}",
    out: Annotated[Path, typer.Option(help="Folder to make.")],
) -> None:
    """Write PyX and PyX-R as a data set: rows in the released columns and where each comes from, card, metadata.

    `datasets.load_dataset(FOLDER)` reads PyX, with `"pyx_r"` as second argument PyX-R. The id of a row is that of
    its record, the same in every run that makes the row.

    Example: semcoder pyx export --problems problems.jsonl --train train.jsonl --heldout heldout.jsonl
    --tests tests.jsonl --seeds seeds.jsonl --monologues monologues.jsonl --out release
    """
    settings, values = read_settings(release), _read_configuration(configuration)
    made = Gathered()
    of_split: dict[Split, dict[str, Program]] = {
        "train": made.add([train], Program),
        "heldout": made.add([heldout], Program),
    }
    described = made.add([problems], Problem)
    cases = made.add([tests], TestCase)
    made.add(seeds, Seed, {parent for problem in described.values() for parent in problem.parents})
    told = list(made.add(track(monologues, "monologues"), Monologue).values())
    made.lost[OTHER_FORMAT] = sum(each.format != "monologue" for each in told)
    told = [each for each in told if each.format == "monologue"]
    programs = of_split["train"].keys() | of_split["heldout"].keys()
    made.lost[NEITHER] = sum(parent(each, Program.prefix) not in programs for each in told)
    sources, phrasing = Sources({}, described, cases), Phrasing(style, label_offset)
    writers = Writers(program_writer, repair_writer)
    with writing_directory(out) as folder:
        files = []
        for split, own in of_split.items():
            rows = made.rows(made.examples(own, sources, told, phrasing), style, writers)
            files += [_write_rows(folder, "pyx", split, rows)] if rows else []
        if pyx_r:
            rows = made.rows(records.read(pyx_r, Example), style, writers)
            files += [_write_rows(folder, "pyx_r", "train", rows)] if rows else []
        if not files:
            raise UserError(
                f"{train}, {heldout}: no program, so there is nothing to publish; make PyX first."
            )
        contents = Contents(
            settings,
            files,
            stages=add_up(summary or []),
            left_out={reason: count for reason, count in made.lost.items() if count},
            configuration=values,
            fingerprint=fingerprint(values),
        )
        with writing(folder / "README.md") as stream:
            stream.write(card(contents))
        write_json(folder / "croissant.json", croissant(contents))
    if missing := ", ".join(f"release.{key}" for key in lacking(settings)):
        tell(f"{out}/croissant.json: Croissant demands what is not set yet; set {missing} before you publish")
    tell(f"{out}: {', '.join(f'{each.config} {each.split} {len(each.rows)} rows' for each in files)}")
