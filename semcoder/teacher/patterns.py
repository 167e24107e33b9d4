"""Texts that a regular expression matches: inputs for functions that parse what a pattern describes."""

import random
import re
import warnings
from typing import Any

_parser: Any = getattr(re, "_parser", None)
"""The parser inside the standard library's `re` (Python 3.11 and later); without it there are no such texts."""

MAX_REPEAT = 4
ALPHABET = "abcxyzABZ0159 _-.:/,;=@\"'<>[]()+#%"


def matching(pattern: str, rng: random.Random) -> str | None:
    """A text that `pattern` (very likely) matches; None for a pattern that is none, or says too little."""
    if _parser is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return None
    return _sequence(parsed, rng, {})


def _sequence(items: Any, rng: random.Random, groups: dict[int, str]) -> str:
    return "".join(_text(item, rng, groups) for item in items)


def _text(item: Any, rng: random.Random, groups: dict[int, str]) -> str:
    """The text for one node of the parse tree: (operation, argument)."""
    operation, argument = str(item[0]), item[1]
    if operation == "LITERAL":
        return chr(argument)
    if operation in ("ANY", "NOT_LITERAL"):
        return rng.choice([c for c in ALPHABET if operation == "ANY" or c != chr(argument)])
    if operation == "IN":
        return _member(argument, rng)
    if operation in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, inner = argument
        times = rng.randint(least, max(least, min(int(most), least + MAX_REPEAT)))
        return "".join(_sequence(inner, rng, groups) for _ in range(min(times, 40)))
    if operation == "SUBPATTERN":
        text = _sequence(argument[3], rng, groups)
        if argument[0] is not None:
            groups[argument[0]] = text
        return text
    if operation == "BRANCH":
        return _sequence(rng.choice(argument[1]), rng, groups)
    if operation == "ATOMIC_GROUP":
        return _sequence(argument, rng, groups)
    if operation == "GROUPREF":
        return groups.get(argument, "")
    return ""  # anchors and assertions take no text


_CATEGORIES = {
    "CATEGORY_DIGIT": "0123456789",
    "CATEGORY_SPACE": " \t",
    "CATEGORY_WORD": "abcXYZ019_",
    "CATEGORY_NOT_DIGIT": "abc -.:",
    "CATEGORY_NOT_SPACE": "abcXYZ019-_.",
    "CATEGORY_NOT_WORD": " -.:/",
}


def _member(choices: Any, rng: random.Random) -> str:
    """A character of a set."""
    if str(choices[0][0]) == "NEGATE":
        excluded = {c for choice in choices[1:] for c in _characters(choice)}
        return rng.choice([c for c in ALPHABET if c not in excluded] or ["~"])
    return rng.choice(_characters(rng.choice(choices)) or ["a"])


def _characters(choice: Any) -> list[str]:
    operation, argument = str(choice[0]), choice[1]
    if operation == "LITERAL":
        return [chr(argument)]
    if operation == "RANGE":
        low, high = argument
        return [chr(code) for code in range(low, min(high, low + 128) + 1)]
    return list(_CATEGORIES.get(str(argument), "a"))
