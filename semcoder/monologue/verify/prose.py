"""A line's atoms: code spans, literals, names of the program, numbers in words, labels and iteration marks."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from semcoder.monologue.verify.values import NUMBER_WORDS, ORDINALS, is_literal

AtomKind = Literal["code", "literal", "name", "words", "sum", "label", "mark"]
MAX_LITERAL = 2000
"""Longer bracketed values outside of code spans are not read."""
_OP = r"(?:\s+(?://|\*\*|[-+*/%×])\s+|[+*×])"
_NUM = r"-?\d{1,40}(?:\.\d{1,40})?"
_OPERAND = rf"(?:[a-z_]\w{{0,40}}(?:\[[\w +-]{{1,12}}\])?|{_NUM}|'[^'\\]{{0,30}}')"
_SIDE = rf"{_OPERAND}(?:\s?(?:%|//|[-+*])\s?{_OPERAND}){{0,2}}"
_ORDINAL = "|".join([*ORDINALS, r"\d{1,6}(?:st|nd|rd|th)", "last", "final", "next", "previous"])
_TOKEN = re.compile(
    rf"""
    (?P<label>\[l\d{{1,6}}\]|\blines?\s\#?\d{{1,6}}\b|\bl\d{{1,6}}\b)
  | (?P<mark>\b(?:iterations?|iter|pass(?:es)?)\s?(?:number\s|no\.\s|\#)?\d{{1,6}}
        (?:\s?(?:to|through|-|–|—)\s?\d{{1,6}})?\b
      | \bin\sthe\s(?:{"|".join(ORDINALS)})(?:\sone)?(?=[,:])
      | \b(?:{_ORDINAL})\s(?:loop\s|full\s)?(?:iteration|pass|round|turn|cycle|time\sthrough|time\saround)\b)
  | (?P<test>(?<![\w.\]=<>!+*/%-])(?:{_SIDE})\s?(?:==|!=|<=|>=|<|>)\s?(?:{_SIDE})(?![\w\[(]))
  | (?P<str>(?<![\w)\]])(?:'(?:[^'\\]|\\.){{0,400}}'(?!\w)|"(?:[^"\\]|\\.){{0,400}}"))
  | (?P<sum>(?<![\w.]){_NUM}(?:{_OP}{_NUM}){{1,8}}(?![\w]))
  | (?P<num>(?<![\w.]){_NUM}(?!\w|\.\d))
  | (?P<empty>\b(?:an?\s|the\s)?empty\s(?:list|string|dict(?:ionary)?|set|tuple)\b)
  | (?P<open>[\[{{(])
  | (?P<word>[a-z_]\w*(?:\.[a-z_]\w*)*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NAME = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(\[[^\[\]\s`]{1,20}\])?")
_TICKS = re.compile("`+")
_VALUES = {word: str(at) for word, at in NUMBER_WORDS.items()} | {
    each.lower(): each for each in ("True", "False", "None")
}
_EMPTY = {"list": "[]", "string": "''", "dict": "{}", "dictionary": "{}", "set": "set()", "tuple": "()"}
_SENTENCE = re.compile(r"[.!?](?=[\s)\"*]|$)")


@dataclass(slots=True)
class Atom:
    """`start` and `end` are places in the whole text; a code span's include its backticks."""

    kind: AtomKind
    start: int
    end: int
    text: str


def pieces(raw: str, begin: int) -> list[tuple[int, int, str | None]]:
    """(start, end, content) of the code spans of a line and of the prose around them, which has no content."""
    found: list[tuple[int, int, str | None]] = []
    at = begin
    if "``" in raw:
        for start, end, content in _fenced(raw, begin):
            if start > at:
                found.append((at, start, None))
            found.append((start, end, content))
            at = end
        if at < len(raw):
            found.append((at, len(raw), None))
        return found
    parts = raw[begin:].split("`")
    if len(parts) % 2 == 0:  # the last backtick closes nothing
        last = parts.pop()
        parts[-1] += "`" + last
    code = False
    for part in parts:
        end = at + len(part)
        if code:
            found.append((at - 1, end + 1, part))
        elif part:
            found.append((at, end, None))
        at = end + 1
        code = not code
    return found


def _fenced(raw: str, begin: int) -> Iterator[tuple[int, int, str]]:
    """(start, end, content) of the code spans of a line: a run of backticks up to the next run of as many."""
    runs = [match.span() for match in _TICKS.finditer(raw, begin)]
    closing: dict[int, int] = {}
    following: list[int] = [0] * len(runs)
    for at in range(len(runs) - 1, -1, -1):
        length = runs[at][1] - runs[at][0]
        following[at] = closing.get(length, -1)
        closing[length] = at
    at = 0
    while at < len(runs):
        other = following[at]
        if other < 0:
            at += 1
            continue
        content = raw[runs[at][1] : runs[other][0]]
        if content[:1] == " " and content[-1:] == " " and content.strip():
            content = content[1:-1]
        yield runs[at][0], runs[other][1], content
        at = other + 1


@dataclass(frozen=True, slots=True)
class Prose:
    """What stands in a piece of prose, wherever it stands: tokens with their places, words, sentence ends."""

    tokens: tuple[tuple[AtomKind, int, int, str], ...]
    words: frozenset[str]
    ends: tuple[int, ...]
    low: str
    """The piece in lower case, of the same length."""


def read_prose(prose: str) -> Prose:
    low = prose.lower()
    if len(low) != len(prose):
        low = prose
    tokens: list[tuple[AtomKind, int, int, str]] = []
    words: set[str] = set()
    failures = covered = 0
    for match in _TOKEN.finditer(low):
        at, end = match.span()
        if at < covered:
            continue
        kind = match.lastgroup
        text = prose[at:end]
        if kind == "word":
            words.add(text)
            value = _VALUES.get(low[at:end])
            if value is not None:
                tokens.append(("words", at, end, value))
            elif text.endswith(("Error", "Exception", "StopIteration")):
                tokens.append(("name", at, end, text))
            continue
        if kind == "label":
            tokens.append(("label", at, end, text))
        elif kind == "mark":
            tokens.append(("mark", at, end, text))
        elif kind == "open":
            closed = _closed(prose, at) if failures < 8 else 0
            text = prose[at:closed] if closed else ""
            if not text or not (text[0] != "(" or "," in text or text == "()") or not is_literal(text):
                failures += not closed
                continue
            tokens.append(("literal", at, closed, text))
            end = closed
        elif kind == "empty":
            tokens.append(("words", at, end, _EMPTY[text.lower().split()[-1]]))
        elif kind == "test":
            tokens.append(("code", at, end, text))
        elif kind == "sum":
            tokens.append(("sum", at, end, text.replace("×", "*")))
        elif text[0] in "'\"" and not is_literal(text):
            continue
        else:
            tokens.append(("literal", at, end, text))
        covered = end
    ends = tuple([match.start() for match in _SENTENCE.finditer(low)])
    return Prose(tuple(tokens), frozenset(words), ends, low)


_cached = lru_cache(maxsize=65536)(read_prose)
"""The same words stand between the code spans of many lines."""


def prose_of(text: str) -> Prose:
    """What stands in a piece of prose; short ones are remembered."""
    return _cached(text) if len(text) < 200 else read_prose(text)


def named(prose: str, base: int, names: Collection[str], own: list[Atom]) -> list[Atom]:
    """The names of the program in a piece of prose, outside of its other atoms."""
    taken = [(atom.start - base, atom.end - base) for atom in own]
    found: list[Atom] = []
    at = 0
    for match in _NAME.finditer(prose):
        start, end = match.start(), match.end(1)
        if match[1] not in names:
            continue
        while at < len(taken) and taken[at][1] <= start:
            at += 1
        if at < len(taken) and end > taken[at][0]:
            continue
        if match[2] and at < len(taken) and taken[at] == (end, match.end()):
            del own[own.index(next(atom for atom in own if atom.start - base == end))]
        if match[2] and (at == len(taken) or match.end() <= taken[at][0] or taken[at] == (end, match.end())):
            end = match.end()
        found.append(Atom("name", base + start, base + end, prose[start:end]))
    return found


def _closed(raw: str, at: int) -> int:
    """Where the bracket at `at` is closed, strings skipped; 0 where it is not."""
    depth, quote = 0, ""
    limit = min(len(raw), at + MAX_LITERAL)
    while at < limit:
        char = raw[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char in "[{(":
            depth += 1
        elif char in "]})":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return 0
