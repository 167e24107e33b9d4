"""A few seeds by hand, each here for one way that a program can go through the pipeline, or not."""

from semcoder.records import Seed

CODE = {
    "clamp": '''def clamp(value, low=0, high=10):
    """Return value moved into the range from low to high, both of them included.

    >>> clamp(12)
    10
    >>> clamp(-3, low=-1)
    -1
    """
    if value < low:
        return low
    if value > high:
        return high
    return value
''',
    "initials": '''def initials(name):
    """Return the first letter of every word of name, in upper case."""
    return "".join(word[0].upper() for word in name.split())
''',
    "unordered": '''def unordered(words):
    """Return the words joined in the order in which a set of them happens to be."""
    return "".join({str(word) for word in words} | {"alpha", "beta", "gamma", "delta"})
''',
    "reads": '''def reads(name):
    """Return the number of characters of the file that has the given name."""
    return len(getattr(print.__self__, "op" + "en")(name).read())
''',
    "opens": '''def opens(name):
    """Return the whole text of the file that has the given name."""
    return open(name).read()
''',
    "constant": '''def constant(value):
    """Return the empty list whatever value is given to the function."""
    return [value][:0]
''',
    "spins": '''def spins(value):
    """Return nothing ever, since the loop inside this function does not end."""
    while str(value) is not None:
        pass
    return value
''',
    "maker": '''def maker(value):
    """Return an object that is not made of plain builtin types at all."""
    return object() if value else object
''',
    "picky": '''def picky(value):
    """Return nothing, but refuse every value that the caller may think of."""
    return value.no_such_attribute_anywhere + 1
''',
    "loads": '''def loads(key):
    """Return what the table of this module holds under the given key."""
    return TABLE[key]
''',
}

CONTEXT = {"loads": 'TABLE = {}["missing"]\n'}


def seed(name: str, *calls: str, first_line: int = 1, kind: str = "function") -> Seed:
    """The seed of one of the functions above."""
    return Seed.model_validate(
        {
            "kind": kind,
            "code": CODE[name],
            "context": CONTEXT.get(name, ""),
            "calls": calls,
            "source": f"hand/{name}.py",
            "first_line": first_line,
            "last_line": first_line + CODE[name].count("\n") - 1,
            "licence": "MIT",
        }
    )


def all_seeds() -> list[Seed]:
    """All of them; `clamp` twice, from two places; `initials` once more as mere statements."""
    found = [seed(name, *(["clamp(5, 1, 3)"] if name == "clamp" else [])) for name in CODE]
    return [*found, seed("clamp", first_line=5000), seed("initials", kind="statements")]
