"""Whether a crate's files are those that its metadata lists."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from semcoder.artifacts import sha256_of
from semcoder.errors import UserError
from semcoder.progress import track
from semcoder.reading import read_text

METADATA = "ro-crate-metadata.json"


def faults(folder: Path) -> Iterator[str]:
    """One sentence for each listed file that is not there or has another size or hash. UserError for no crate."""
    for each in track(list(files(folder)), "checking files"):
        name = unquote(each["@id"])
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            yield f"{name}: leads out of the crate"
        elif not path.is_file():
            yield f"{name}: is not there"
        elif "sha256" not in each or "contentSize" not in each:
            yield f"{name}: is listed without its hash or size"
        elif str(path.stat().st_size) != each["contentSize"]:
            yield f"{name}: has {path.stat().st_size} bytes, not {each['contentSize']}"
        elif sha256_of(path) != each["sha256"]:
            yield f"{name}: has another content than is listed"


def files(folder: Path) -> list[dict[str, Any]]:
    """The entities of a crate's files. Raises UserError where its metadata cannot be read, or list none."""
    path = folder / METADATA
    try:
        graph = json.loads(read_text(path))["@graph"]
        found = [
            each
            for each in graph
            if "File" in _types(each) and not each["@id"].startswith(("http:", "https:"))
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: is not the metadata of an RO-Crate; make the crate anew.") from error
    if not found:
        raise UserError(f"{path}: lists no file; make the crate anew.")
    return found


def _types(entity: dict[str, Any]) -> list[str]:
    kinds = entity.get("@type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)
