"""Values as options of a command: strings that name what they set."""

import json
import re
import shlex
from collections.abc import Iterable
from typing import Any


def one_of(names: Iterable[str]) -> str:
    """A wildcard constraint that admits exactly these names."""
    return "|".join(sorted(re.escape(name) for name in names)) or "(?!)"


def option(name: str, value: Any) -> str:
    """`--name value` as a shell word: JSON with sorted keys for what is no plain scalar, nothing for None."""
    flag = "--" + name.replace("_", "-")
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        value = ",".join(str(item) for item in value)
    if isinstance(value, dict | list | bool):
        value = json.dumps(value, sort_keys=True)
    return f"{flag} {shlex.quote(str(value))}"
