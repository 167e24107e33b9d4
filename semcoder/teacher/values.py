"""Values of a shape: ordinary ones from fixed pools, and those that the program's own constants suggest."""

import random
import re
from collections.abc import Callable
from typing import Any

from semcoder.teacher.constants import Vocabulary
from semcoder.teacher.patterns import matching
from semcoder.teacher.shapes import NONE, Shape

WORDS = (
    "alpha",
    "beta",
    "gamma",
    "apple",
    "pear",
    "plum",
    "red",
    "green",
    "blue",
    "one",
    "two",
    "left",
    "north",
)
TEXTS = (
    "hello",
    "",
    "a",
    "Hello, World!",
    "abc123",
    "  padded  text ",
    "The quick brown fox jumps over the lazy dog",
    "42",
    "-7",
    "3.14",
    "a,b,c",
    "key=value",
    "name: value",
    "one two three",
    "line one\nline two\n",
    "\tindented\n    more",
    "foo.bar.baz",
    "snake_case_name",
    "CamelCaseName",
    "UPPER lower",
    "x",
    "aaa bbb aaa",
    "(nested (parens))",
    '"quoted"',
    "caf\u00e9",
    "50% & more <b>",
    "a-b_c",
    "level",
)
# Texts that a parameter's name asks for: (name, texts).
_THEMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"url|uri|href|link",
        (
            "http://www.example.com/a/b.html?x=1&y=2#top",
            "https://user:secret@example.org:8080/index",
            "ftp://ftp.example.net/pub/file.txt",
            "mailto:jane@example.org",
            "//host/path",
            "http://example.com",
            "/relative/path?query",
            "HTTP://EXAMPLE.com:80/%7Euser",
        ),
    ),
    (
        r"path|file|dir|root|^p$|src|dst|head|tail|folder",
        (
            "/usr/local/lib/python/module.py",
            "a/b/c.tar.gz",
            "../up/one",
            "/",
            "notes.txt",
            "/tmp//double///slash/",
            "./here/./there",
            "C:\\Users\\jane\\file.txt",
            ".hidden",
            "dir/sub/",
            "/a/b/../c",
        ),
    ),
    (
        r"addr|mail|recipient|sender",
        (
            "jane@example.org",
            "Jane Doe <jane.doe@example.org>",
            '"Doe, John" <john@example.com>',
            "root",
            "a@b",
        ),
    ),
    (
        r"host|domain|netloc|server",
        ("www.example.com:80", "localhost", "192.168.0.1", "[::1]:8080", "example.org"),
    ),
    (r"^ip|inet|octet", ("192.168.0.1", "10.0.0.255", "255.255.255.0", "0", "::1", "300.1.1.1")),
    (
        r"date|time|stamp|when",
        (
            "2024-02-29",
            "12:34:56",
            "Mon, 20 Nov 1995 19:12:08 -0500",
            "1999-12-31T23:59:59",
            "09 Feb 1994 22:23:32 GMT",
            "20240101",
            "123456",
        ),
    ),
    (r"version|release", ("1.2.3", "3.11", "2.0.0rc1", "10", "1.0.dev456", "v4.5")),
    (r"encoding|charset|codec", ("utf-8", "ISO-8859-1", "latin_1", "UTF8", "ascii", "us-ascii")),
    (
        r"header|field",
        ("text/html; charset=utf-8", "Subject: hello", "attachment; filename=a.txt", "a; b=1; c=2"),
    ),
    (r"^(c|ch|char|character|sep|delim\w*|quote\w*)$", ("a", "Z", "0", " ", ",", "\n", '"', "\u00e9", "_")),
    (r"hex|digest|color|colour", ("ff", "00ff7f", "DEADBEEF", "0x1A", "7", "#ffcc00")),
    (r"pat|regex|glob|wildcard", ("*.py", "a?c", "[a-z]+", "**/*.txt", "[!x]*", "data_*.csv")),
    (
        r"xml|html|markup|doc|source|code|expr|stmt",
        ("<p>Hi &amp; bye</p>", "x = 1\nif x:\n    y = x + 2\n", "a + b * 2"),
    ),
    (
        r"line|row|msg|message|body|paragraph",
        ("first line\n", "key: value # comment", "> quoted text", "a\tb\tc", ""),
    ),
    (
        r"name|ident|attr|key|word|tag|label|opt|param|token",
        (*WORDS[:6], "__init__", "get_value", "-v", "Content-Type"),
    ),
    (r"binary|bits", ("1011", "0", "11111111")),
    (r"num|number|digits|float|amount", ("42", "-7.5", "1e10", "1,234", "007", "+3", "0x10")),
    (r"lang|locale", ("en_US.UTF-8", "de", "pt_BR", "C", "fr_FR@euro")),
)
_INTEGERS = (0, 1, 2, 3, 5, -1, 7, 10, 4, 12, 8, 16, 100, 255, -5, 42, 64, 1000, 65)
_NUMBER_THEMES: tuple[tuple[str, tuple[int, ...]], ...] = (
    (r"year", (2024, 2000, 1999, 1900, 2023, 1970, 4, 1)),
    (r"^(month|mon)$", tuple(range(1, 13))),
    (r"^(day|mday|weekday)$", (1, 2, 3, 6, 15, 28, 0, 5, 31)),
    (r"hour", (0, 9, 12, 23)),
    (r"minute|second|^(min|sec)$", (0, 5, 30, 59)),
    (r"width|column|length|maxlen|limit|size", (10, 20, 5, 40, 72, 1, 8, 3)),
    (r"base|radix", (10, 2, 16, 8, 36)),
    (
        r"^(i|j|k|n|index|pos|start|stop|end|lo|hi|depth|level|indent|count|step|times|r)$",
        (0, 1, 2, 3, 4, 5, 8, 10, -1),
    ),
    (r"mode|perm|flags|mask|bits", (0, 1, 0o644, 0o755, 0o40755, 0o100644, 7, 255, 0o777)),
    (r"code|status|char|ord", (65, 97, 32, 48, 200, 404, 10, 233)),
)
_FLOATS = (0.5, 1.0, 2.0, -1.5, 3.25, 10.0, 0.0, 100.75, 1e-3, -0.25, 2.718, 0.1)
_BYTES = (
    b"hello",
    b"",
    b"a",
    b"\x00\x01\xff",
    b"abc 123",
    b"line one\nline two\n",
    b"key=value",
    b"\xc3\xa9",
    b"AbCd",
)
ANY_SHAPES = (
    Shape("str"),
    Shape("int"),
    Shape("list", (Shape("int"),)),
    Shape("list", (Shape("str"),)),
    Shape("dict", (Shape("str"), Shape("int"))),
    Shape("float"),
    Shape("tuple", (Shape("int"), Shape("int"))),
    Shape("bytes"),
)
"""What is tried where a body says nothing of a parameter."""

# What a parameter's bare name suggests when its use says little.
_NAME_SHAPES: tuple[tuple[str, Shape], ...] = (
    (
        r"^(n|i|j|k|num|count|index|size|width|length|year|month|day|depth|level|start|stop|end|pos\w*)$",
        Shape("int"),
    ),
    (
        r"^(s|st|string|str|text|line|word|name|path|url|\w*name|\w*path|\w*str|msg|title|pattern|char|c|ch)$",
        Shape("str"),
    ),
    (
        r"^(lines|words|names|strings|keys|parts|args|argv|tokens|paths|fields)$",
        Shape("list", (Shape("str"),)),
    ),
    (
        r"^(seq\w*|items|values|lst|list|iterable|it|a|arr|array|data|heap|xs|nums|numbers)$",
        Shape("list", (Shape("int"),)),
    ),
    (
        r"^(d|dict|mapping|kw|kwargs|params|options|headers|info|table)$",
        Shape("dict", (Shape("str"), Shape("str"))),
    ),
    (r"^(x|y|z|value|ratio|alpha|mu|sigma|lat\w*|lon\w*)$", Shape("float")),
    (r"^(b|buf|buffer|raw|bytes|payload|\w*bytes)$", Shape("bytes")),
)


def shape_for_name(name: str) -> Shape | None:
    """What a parameter's name suggests."""
    return next((shape for pattern, shape in _NAME_SHAPES if re.match(pattern, name)), None)


class Values:
    """Makes values of shapes. `rng` decides everything; equal generators make equal values."""

    def __init__(self, rng: random.Random, vocabulary: Vocabulary) -> None:
        self.rng, self.vocabulary = rng, vocabulary
        self.size: int | None = None
        """Items of the outermost lists; None for any number. Functions often want lists of one length."""

    def make(self, shape: Shape, name: str = "", constants: tuple[Any, ...] = (), depth: int = 0) -> Any:
        """A value. `name` is the parameter's; `constants` are values that the body compares it with."""
        fitting = [c for c in constants if type(c).__name__ == shape.kind]
        if fitting and self.rng.random() < 0.35:
            return self.rng.choice(fitting)
        maker: Callable[[str], Any] | None = getattr(self, f"_{shape.kind}", None)
        if maker:
            return maker(name)
        if shape == NONE or shape.kind not in ("list", "tuple", "dict", "set"):
            return None
        if shape.kind == "tuple":
            return tuple(self.make(item, name, (), depth + 1) for item in shape.items)
        if shape.keys:
            pairs = zip(shape.keys, shape.items, strict=True)
            return {key: self.make(s, key, (), depth + 1) for key, s in pairs if self.rng.random() > 0.12}
        sizes = (0, 1, 2, 3, 3, 4, 5, 6) if depth == 0 else (1, 2, 2, 3)
        size = self.rng.choice(sizes) if shape.items else 0
        if self.size is not None and depth == 0 and size:
            size = self.size
        inner = re.sub(r"s$", "", name)
        if shape.kind == "dict":
            key, value = shape.items if len(shape.items) == 2 else (Shape("str"), Shape("int"))
            return {self._hashable(self._key(key)): self.make(value, "", (), depth + 1) for _ in range(size)}
        items = [self.make(shape.items[0], inner, (), depth + 1) for _ in range(size)]
        if shape.kind == "set":
            return {self._hashable(item) for item in items}
        return items

    def _key(self, shape: Shape) -> Any:
        if shape.kind == "str":
            return self.rng.choice([*WORDS, *self.vocabulary.texts])
        return self.make(shape, "", (), 1)

    def _hashable(self, value: Any) -> Any:
        return (
            tuple(self._hashable(item) for item in value)
            if isinstance(value, list | tuple)
            else (str(sorted(map(str, value))) if isinstance(value, dict | set) else value)
        )

    def _str(self, name: str) -> str:
        rng, vocabulary = self.rng, self.vocabulary
        chance = rng.random()
        if vocabulary.patterns and chance < 0.35:
            text = matching(rng.choice(vocabulary.patterns), rng)
            if text is not None:
                return text[:60]
        if vocabulary.texts and chance < 0.5:
            text = rng.choice(vocabulary.texts)
            way = rng.random()
            if way < 0.4:
                return text
            if way < 0.7:
                return rng.choice(WORDS) + text + rng.choice(WORDS)
            if vocabulary.patterns and way < 0.85:
                return text + (matching(rng.choice(vocabulary.patterns), rng) or "")[:40]
            return text + rng.choice([*TEXTS[:8], *vocabulary.texts])
        themes = [texts for pattern, texts in _THEMES if re.search(pattern, name.lower())] if name else []
        if themes and chance < 0.85:
            return rng.choice(themes[0])
        return rng.choice(TEXTS)

    def _int(self, name: str) -> int:
        chance = self.rng.random()
        if self.vocabulary.integers and chance < 0.25:
            return self.rng.choice(self.vocabulary.integers) + self.rng.choice((0, 0, 1, -1))
        for pattern, numbers in _NUMBER_THEMES:
            if name and chance < 0.85 and re.search(pattern, name.lower()):
                return self.rng.choice(numbers)
        return self.rng.choice(_INTEGERS) if chance < 0.9 else self.rng.randint(-50, 500)

    def _float(self, _name: str) -> float:
        return self.rng.choice(_FLOATS)

    def _bool(self, _name: str) -> bool:
        return self.rng.random() < 0.5

    def _bytes(self, name: str) -> bytes:
        if self.vocabulary.binaries and self.rng.random() < 0.4:
            return self.rng.choice(self.vocabulary.binaries) + self.rng.choice((b"", b"", b"tail", b" 1"))
        if self.rng.random() < (0.5 if self.vocabulary.patterns else 0.2):
            return self._str(name).encode("utf-8", "replace")
        return self.rng.choice(_BYTES)
