"""The fields of a pydantic model in words, and Markdown tables of them."""

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

Schema = dict[str, Any]
REQUIRED = object()
"""In place of a default, where there is none."""


class Field(NamedTuple):
    """One field of a model, as its file spells it."""

    name: str
    type: str
    default: Any
    meaning: str


def fields(model: type[BaseModel]) -> list[Field]:
    """The fields in their order. Meanings are descriptions, or the text that stands below an attribute."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    told = _below_attributes(model)
    spelt = {each.alias or name: name for name, each in model.model_fields.items()}
    return [
        Field(
            name,
            type_words(node, definitions),
            node.get("default", REQUIRED),
            sentence(node.get("description") or told.get(spelt[name], "")),
        )
        for name, node in schema.get("properties", {}).items()
    ]


def about(model: type[BaseModel]) -> str:
    """The class's own text, as one paragraph."""
    return " ".join((model.__doc__ or "").split())


def type_words(node: Schema, definitions: Schema) -> str:
    """What a value has to be: `integer, at least 1`."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        inner = definitions.get(name, {})
        return type_words(inner, definitions) if "properties" not in inner else name
    for several in ("anyOf", "oneOf"):
        if several in node:
            return " or ".join(dict.fromkeys(type_words(each, definitions) for each in node[several]))
    if "const" in node:
        return code(node["const"])
    if "enum" in node:
        return " or ".join(code(each) for each in node["enum"])
    kind = node.get("type")
    if kind == "array" and "prefixItems" in node:
        return f"[{', '.join(type_words(each, definitions) for each in node['prefixItems'])}]"
    if kind == "array":
        least = f"; {node['minItems']} or more of them" if node.get("minItems") else ""
        return f"list of {type_words(node.get('items', {}), definitions)}{least}"
    if kind == "object" and isinstance(node.get("additionalProperties"), dict):
        return f"names, each with {type_words(node['additionalProperties'], definitions)}"
    if kind == "string" and node.get("format") == "path":
        return "path"
    words = {"integer": "integer", "number": "number", "string": "text", "boolean": "true or false"}
    return words.get(kind or "", "null" if kind == "null" else "any") + _bounds(node)


def _bounds(node: Schema) -> str:
    low, above = node.get("minimum"), node.get("exclusiveMinimum")
    high = node.get("maximum")
    if low is not None and high is not None:
        return f", {low:g} to {high}"
    if above is not None and high is not None:
        return f", above {above:g}, at most {high}"
    if low is not None:
        return f", at least {low:g}"
    if above is not None:
        return f", above {above:g}"
    return "" if high is None else f", at most {high}"


def _below_attributes(model: type[BaseModel]) -> dict[str, str]:
    """The texts below attributes, those of the classes above included."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if not issubclass(each, BaseModel) or each is BaseModel:
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(each))).body[0]
        assert isinstance(body, ast.ClassDef)
        for before, text in zip(body.body, body.body[1:], strict=False):
            if (
                isinstance(before, ast.AnnAssign)
                and isinstance(before.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                found[before.target.id] = " ".join(str(text.value.value).split())
    return found


def sentence(text: str) -> str:
    """Without a full stop at the end, as cells have none."""
    return text.removesuffix(".")


def code(value: Any) -> str:
    """A value as a configuration file may spell it, as code."""
    return f"`{value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def anchor(heading: str) -> str:
    """What a heading is linked by: lower case, blanks to hyphens, other signs gone."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
