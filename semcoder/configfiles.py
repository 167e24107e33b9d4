"""Configuration files: read strictly, laid over each other, checked against the model and against each other's names.

What is wrong is one sentence with the key, its value, what is allowed and the nearest of it.
"""

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
import yaml
from pydantic import BaseModel, ValidationError

from semcoder.artifacts import writing
from semcoder.config import Config, check_references
from semcoder.containers.images import ROOT
from semcoder.errors import UserError, nearest
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.pins import External, read_versions
from semcoder.reading import read_text

Profile = Annotated[Path | None, typer.Option(help="The profile's folder, as snakemake is given it.")]
Configfiles = Annotated[list[Path] | None, typer.Option(help="Laid over config.yaml; as often as needed.")]
"""Options of commands that look at a workflow; they are called as snakemake's own."""


class _Loader(yaml.SafeLoader):
    """YAML in which a key stands once in its block. (YAML says so; the library takes the last silently.)"""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise ValueError(f"line {line}: key {key.value} stands there twice in one block; keep one")
            seen.update([key.value] if isinstance(key.value, str) else [])
        return node


def read(path: Path) -> dict[str, Any]:
    """The keys of a YAML file. Raises UserError for what is none, or holds no keys."""
    try:
        values = _plain(yaml.load(read_text(path), _Loader), (), str(path))
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{path}: {' '.join(str(error).split())}.") from error
    except RecursionError as error:
        raise UserError(f"{path}: an alias stands for what it is part of; write it out.") from error
    if not isinstance(values, dict | None):
        raise UserError(f"{path}: holds no keys at its top; write them as `key: value`.")
    return values or {}


def load(paths: list[Path]) -> Config:
    """Read YAML files, later ones over earlier ones as Snakemake lays them, and check the result."""
    merged: dict[str, Any] = {}
    for path in paths:
        merged = laid_over(merged, read(path))
    return parse(merged, ", ".join(map(str, paths)))


def parse(values: Mapping[str, Any], source: str = "config.yaml") -> Config:
    """The configuration; raises UserError with one sentence on the first wrong key.

    Types are strict: "0.1" and true are no numbers (an integer may stand where a fraction is asked for).
    """
    plain = _plain(values, (), source)
    try:
        return Config.model_validate_json(json.dumps(plain), strict=True)
    except ValidationError as error:
        raise UserError(f"{source}: {_sentence(error, plain)}") from error


def check_names(config: Config, entries: dict[str, External]) -> None:
    """Raise UserError unless all that the configuration names outside of itself is there."""
    files, code = entries.keys(), {name for name, each in BENCHMARKS.items() if each.task == "code"}
    try:
        check_references(
            [
                *((f"models.{k}.data", [m.data], files) for k, m in config.models.items()),
                *((f"recipes.{k}.extra", r.extra, files) for k, r in config.recipes.items()),
                ("executability.data", [config.executability.data], files),
                ("pyx.decontaminate", config.pyx.decontaminate, files),
                ("training.decontaminate", config.training.decontaminate, files),
                ("analysis.benchmarks", config.analysis.benchmarks, files),
                ("analysis.beside", config.analysis.beside, files),
                *((f"tables.{k}.benchmarks", t.benchmarks, BENCHMARKS) for k, t in config.tables.items()),
                *((f"refinement.{k}.benchmarks", t.benchmarks, code) for k, t in config.refinement.items()),
            ]
        )
    except ValueError as error:
        raise UserError(f"configuration: {error}.") from error
    fetched = {config.data.directory / name for name in entries}
    for number, source in enumerate(config.seeds.sources):
        path = getattr(source, "path", None)
        if path and not fetched & {path, *path.parents}:
            _check_path(f"seeds.sources.{number}.path", path, is_folder=source.kind == "directory")
    for section, tables in (("tables", config.tables), ("refinement", config.refinement)):
        for name, table in tables.items():
            for path in table.paper:
                _check_path(f"{section}.{name}.paper", path, is_folder=False)
    if config.data.mirror:
        _check_path("data.mirror", config.data.mirror, is_folder=True)


def _check_path(key: str, path: Path, is_folder: bool) -> None:
    there = path.is_dir() if is_folder else path.exists()
    if not there:
        siblings = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        what = "folder" if is_folder else "file"
        raise UserError(
            f"configuration: {key} is {path}, but there is no such {what}{nearest(path.name, siblings)}; "
            f"correct it{' or make it null' if key == 'data.mirror' else ''}."
        )


def _plain(value: Any, place: tuple[str, ...], source: str) -> Any:
    """`value` as JSON has it; raises UserError for what JSON does not have."""
    key = ".".join(place)
    if isinstance(value, Mapping):
        for inner in value:
            if not isinstance(inner, str):
                raise UserError(
                    f"{source}: {key + ': ' if key else ''}key {inner} is no text; put it in quotes."
                )
        return {inner: _plain(each, (*place, inner), source) for inner, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, (*place, str(number)), source) for number, each in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{source}: {key} is {value}, but a number is finite{_meaning(place)}.")
    if value is None or isinstance(value, str | int | float):
        return value
    raise UserError(f"{source}: {key} is a {type(value).__name__} ({value}); put it in quotes.")


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, blocks merged key by key; elsewhere `above` counts."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = laid_over(merged[key], value) if both else value
    return merged


def typed(value: Any) -> Any:
    """`value` with numbers, true, false and null instead of text that reads so in JSON; also True and False."""
    if isinstance(value, Mapping):
        return {key: typed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [typed(each) for each in value]
    if value in ("True", "False"):
        return value == "True"
    try:
        read_as = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
    return value if isinstance(read_as, str | list | dict) else read_as


def _sentence(error: ValidationError, values: dict[str, Any]) -> str:
    # Unknown keys first: a misspelt key also shows up as a missing one.
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    place = tuple(part for part in first["loc"] if not _is_tag(part, first["loc"], values))
    key = ".".join(str(part) for part in place)
    if first["type"] == "extra_forbidden":
        allowed = _fields(place[:-1])
        return f"unknown key {key}{nearest(str(place[-1]), allowed)}; allowed here: {', '.join(sorted(allowed))}."
    if first["type"] == "missing":
        return f"key {key} is missing; {_describe(place)}."
    if first["type"] == "value_error":
        return f"{key + ': ' if key else ''}{first['msg'].removeprefix('Value error, ')}."
    value = json.dumps(first["input"], default=str)
    return f"{key} is {value}, but {_lower(first['msg'])}{_meaning(place)}{_spelling(first['input'])}."


def _spelling(value: Any) -> str:
    """A word on text that reads as a number: YAML takes 5e-5, without a point, for text."""
    number = typed(value)
    if not isinstance(value, str) or not isinstance(number, int | float):
        return ""
    mantissa, _, exponent = repr(number).partition("e")
    return f"; write it as {mantissa if '.' in mantissa or not exponent else f'{mantissa}.0'}" + (
        f"e{exponent}" if exponent else ""
    )


def _meaning(place: tuple[Any, ...]) -> str:
    return f"; {_describe(place)}" if _describe(place) else ""


def _is_tag(part: Any, loc: tuple[Any, ...], values: Any) -> bool:
    """Whether pydantic put a union's tag into the location, where the file has no such level."""
    at: Any = values
    for step in loc[: loc.index(part)]:
        if (isinstance(at, dict) and step in at) or (
            isinstance(at, list) and isinstance(step, int) and step < len(at)
        ):
            at = at[step]
    return isinstance(at, dict) and isinstance(part, str) and at.get("kind") == part


def _model_at(place: tuple[Any, ...]) -> Any:
    """The annotation that a place in the configuration has."""
    at: Any = Config
    for part in place:
        at = _step(at, part)
    return at


def _step(at: Any, part: Any) -> Any:
    for option in [at, *get_args(at)]:
        for inner in [option, *get_args(option)]:
            if isinstance(inner, type) and issubclass(inner, BaseModel) and part in inner.model_fields:
                return inner.model_fields[part].annotation
    arguments = get_args(at)
    return arguments[-1] if arguments else None


def _fields(place: tuple[Any, ...]) -> set[str]:
    at = _model_at(place)
    found: set[str] = set()
    for option in [at, *get_args(at)]:
        for inner in [option, *get_args(option)]:
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                found |= set(inner.model_fields)
    return found


def _describe(place: tuple[Any, ...]) -> str:
    if not place or not isinstance(place[-1], str):
        return ""
    owner = _model_at(place[:-1])
    for option in [owner, *get_args(owner)]:
        if isinstance(option, type) and issubclass(option, BaseModel) and place[-1] in option.model_fields:
            return option.model_fields[place[-1]].description or ""
    return ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def main(
    files: Annotated[
        list[Path] | None, typer.Argument(help="YAML files; later ones are laid over earlier ones.")
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema: every key, its type and its meaning.")
    ] = False,
    reference: Annotated[
        Path | None,
        typer.Option(
            help="Markdown to write: every key, its type, its value in config.yaml and its meaning."
        ),
    ] = None,
) -> None:
    """Check configuration files and print the merged result as JSON.

    Example: semcoder config config.yaml profiles/quickstart/scale.yaml
    """
    if reference:
        from semcoder.reference.configuration import reference as page

        with writing(reference) as stream:
            stream.write(page(ROOT / "config.yaml"))
        return
    if not files and not schema:
        raise UserError("no files; give config.yaml, or --schema for the meaning of every key.")
    if schema:
        result = Config.model_json_schema()
    else:
        config = load(files or [])
        check_names(config, read_versions(config.data.versions))
        result = config.model_dump(mode="json")
    json.dump(result, sys.stdout, indent=2)
    print()
