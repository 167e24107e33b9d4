"""Every key of the configuration, with its type, its value in config.yaml, where that comes from, and its meaning."""

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel

from semcoder.config import Config
from semcoder.configfiles import parse, read
from semcoder.reading import read_text
from semcoder.reference.words import REQUIRED, Field, about, code, fields, sentence, table

START = """\
# Configuration

Written from the code by `semcoder config --reference docs/configuration.md`; change `semcoder/config.py` instead.

A run reads `config.yaml`, the paper's scale, and lays over it what `--configfile FILE` gives (blocks are merged key by
key) and then what `--config 'SECTION={"KEY": VALUE}'` says. A key that does not exist, a wrong type or a name that is
defined nowhere is refused with one sentence. `semcoder config FILE...` checks files and prints the merged result,
`semcoder config --schema` prints the JSON schema, and `semcoder why FILE` says which artifacts a change makes again.

In the tables, *config.yaml* is the shipped value, and *source* what `config.yaml` says of it: *paper*, *upstream*, or
*ours* where both are silent. Where a block has entries with names of your own (`recipes.NAME`), *left out* is the value
that a missing key gets; one without must be given. Paths are relative to the folder that the run works in.

"""
MANY = 3
"""Entries that are named where a value is not that of most."""
LONG = 150
"""Characters of the values that are shown."""


def reference(path: Path) -> str:
    """The page; `path` is the configuration whose values it shows."""
    values = parse(read(path), str(path)).model_dump(mode="json")
    comments = dict(_comments(path))
    parts = [START, _section("The whole", Config, "", values, comments, deep=False)]
    for name, each in Config.model_fields.items():
        model = _model(each.annotation)
        if model and _is_map(each.annotation):
            parts.append(_entries(f"{name}.NAME", model, values[name]))
        elif model:
            parts.append(_section(name, model, name, values[name], comments))
    return "".join(parts).rstrip("\n") + "\n"


def _section(
    title: str,
    model: type[BaseModel],
    prefix: str,
    values: Mapping[str, Any],
    comments: Mapping[str, str],
    deep: bool = True,
) -> str:
    rows: list[list[str]] = []
    after: list[str] = []
    for key, kind, value, meaning, inner in _keys(model, prefix, values, deep):
        if inner:
            after.append(inner)
        block = key.rpartition(".")[0]
        source = comments.get(key) or (comments.get(block, "") if "." in block else "")
        rows.append([f"`{key}`", kind, value, source, meaning])
    head = ["key", "type", "config.yaml", "source", "meaning"]
    return f"## {title}\n\n{about(model)}\n\n{table(head, rows)}{''.join(after)}"


def _keys(
    model: type[BaseModel], prefix: str, values: Mapping[str, Any], deep: bool
) -> Iterator[tuple[str, str, str, str, str]]:
    """(key, type, value, meaning, a section on what stands inside of it) of a block and the blocks in it."""
    for field in fields(model):
        key = ".".join(filter(None, [prefix, field.name]))
        annotation = model.model_fields[field.name].annotation
        inside = _model(annotation)
        if inside and not _is_map(annotation) and not _is_list(annotation):
            if deep:
                yield from _keys(inside, key, values[field.name], deep)
            else:
                yield key, "block", "", f"{field.meaning or sentence(about(inside))}: [below](#{key})", ""
        elif inside and not deep:
            yield key, "entries", "", f"{field.meaning}: [below](#{key}name)", ""
        elif inside and _is_map(annotation):
            more = _entries(f"{key}.NAME", inside, values[field.name], "###")
            shown = code(values[field.name]) if len(values[field.name]) < MANY else "see below"
            yield key, "entries", shown, field.meaning, more
        elif inside:
            more = "".join(_entries(f"{key}: {_kind(m)}", m, None, "###") for m in _models(annotation))
            yield key, "list of entries", code(values[field.name]), field.meaning, more
        else:
            yield key, field.type, code(values[field.name]), field.meaning, ""


def _entries(
    title: str, model: type[BaseModel], entries: Mapping[str, Mapping[str, Any]] | None, level: str = "##"
) -> str:
    """A section on entries that have names of their own; `entries`: those of config.yaml."""
    rows = []
    for key, field, default in _fields(model, ""):
        row = [f"`{key}`", field.type, "" if default is REQUIRED else code(default)]
        values = [] if entries is None else [_values(entries, key)]
        rows.append([*row, *values, field.meaning])
    head = ["key", "type", "left out", *([] if entries is None else ["config.yaml"]), "meaning"]
    return f"{level} {title}\n\n{about(model)}\n\n{table(head, rows)}"


def _fields(model: type[BaseModel], prefix: str, defaults: Any = None) -> Iterator[tuple[str, Field, Any]]:
    """(key, field, default) of an entry and the blocks in it."""
    for field in fields(model):
        inside = _model(model.model_fields[field.name].annotation)
        default = defaults[field.name] if defaults else field.default
        if inside:
            given = default if isinstance(default, dict) else None
            yield from _fields(inside, f"{prefix}{field.name}.", given)
        else:
            yield f"{prefix}{field.name}", field, default


def _values(entries: Mapping[str, Mapping[str, Any]], key: str) -> str:
    """The values that the entries have, the most frequent first; `differs` where there is nothing to sum up."""
    by_value: dict[str, list[str]] = {}
    for name, entry in entries.items():
        value = functools.reduce(lambda at, part: at[part], key.split("."), entry)
        by_value.setdefault(json.dumps(value), []).append(name)
    ordered = sorted(by_value.items(), key=lambda each: -len(each[1]))
    many = len(ordered) > MANY and len(ordered) > len(entries) / 2
    if many or len("".join(by_value)) > LONG:
        return "differs"
    if not ordered:
        return ""
    if len(ordered) == 1:
        return code(json.loads(ordered[0][0]))
    return "; ".join(f"{code(json.loads(value))} ({_counted(names)})" for value, names in ordered)


def _counted(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= MANY else f"{len(names)} entries"


def _comments(path: Path) -> Iterator[tuple[str, str]]:
    """(key, the comment at the end of its line) of a YAML file."""
    text = read_text(path)
    lines = text.splitlines()

    def inside(node: Any, prefix: str) -> Iterator[tuple[str, str]]:
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            place = f"{prefix}{key.value}"
            written = isinstance(value, yaml.MappingNode | yaml.SequenceNode) and not value.flow_style
            end = key.end_mark if written else value.end_mark
            rest = lines[end.line][end.column :] if end.line < len(lines) else ""
            if " #" in rest and not node.flow_style:
                yield place, rest.partition(" #")[2].strip()
            yield from inside(value, f"{place}.")

    yield from inside(yaml.compose(text, yaml.SafeLoader), "")


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for each in get_args(annotation) for model in _models(each)]


def _model(annotation: Any) -> type[BaseModel] | None:
    return next(iter(_models(annotation)), None)


def _is_map(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is dict


def _is_list(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is list


def _kind(model: type[BaseModel]) -> str:
    return str(get_args(model.model_fields["kind"].annotation)[0])
