"""Runs inside the sandbox, behind a program under test: turns what it returned into plain data.

The source of this module is appended to untrusted programs (evaluation.checking). It decides nothing: whatever
it returns is no more than the program's claim. Builtins are fetched anew: programs shadow them (`sum = 0`).
"""

from typing import Any


def semcoder_result(value: Any, mode: str) -> Any:
    """Plain data that equals `value`: `assert result == expected` holds for one as for the other.

    `mode`: `value`; `set` for the set of its elements; `present` for a bool, or whether it is not None
    (EvalPlus compares a few tasks in these ways). Subclasses of builtin types become those types. A value of
    200,000 characters or more, or with a number of more than 3,900 digits, becomes ("digest", sha256), except in
    mode `whole`. `arguments`: as `whole`, but None for each of the values that is not plain data; `changed`, on
    what that gave before and the values now: what they are now, None also for those that are the same.
    """
    import builtins as b
    import decimal
    import fractions
    import hashlib

    kinds: tuple[Any, ...] = (
        b.str,
        b.bytes,
        b.float,
        b.int,
        b.complex,
        b.list,
        b.tuple,
        b.set,
        b.frozenset,
        b.dict,
    )
    atoms = (b.bool, b.int, b.float, b.complex, b.str, b.bytes, b.type(None))

    def exact(item: Any) -> Any:
        """The item itself, or as the builtin that it is a subclass of or equal to."""
        kind: Any = b.type(item)
        if kind in kinds or kind is b.bool or item is None:
            return item
        for base in kinds:
            if b.isinstance(item, base):
                return base(item)
        if kind.__module__ == "numpy" and b.getattr(item, "ndim", 1) == 0:
            return item.item()
        if kind is decimal.Decimal or kind is fractions.Fraction:
            for number in (b.int, b.float):
                if number(item) == item:
                    return number(item)
        return item

    def looked_over(root: Any) -> tuple[bool, bool]:
        """(whether it is large, whether all in it is of exact builtin types)."""
        size, waiting, builtin = 0, [root], True
        while waiting:
            item = waiting.pop()
            if b.type(item) is b.list and b.set(b.map(b.type, item)) == {b.int}:
                if b.max(b.map(b.int.bit_length, item)) > 13_000:
                    return True, builtin
                size += 4 + 5 * b.len(item)
                if size >= 200_000:
                    return True, builtin
                continue
            size += 4
            builtin = builtin and (b.type(item) in kinds or b.type(item) in atoms)
            if b.isinstance(item, b.int) and item.bit_length() > 13_000:
                return True, builtin
            if b.isinstance(item, (b.str, b.bytes)):
                size += b.len(item)
            elif b.isinstance(item, b.dict):
                size += b.len(item)
                waiting += [*b.dict.keys(item), *b.dict.values(item)] if size < 200_000 else ()
            elif b.isinstance(item, (b.list, b.tuple, b.set, b.frozenset)):
                size += b.len(item)
                waiting += item if size < 200_000 else ()
            if size >= 200_000:
                return True, builtin
        return False, builtin

    def plain(item: Any, depth: int) -> Any:
        item = exact(item)
        kind: Any = b.type(item)
        if kind in atoms or depth > 60:
            return item
        if kind is b.dict:
            return {plain(key, depth + 1): plain(inner, depth + 1) for key, inner in item.items()}
        if kind in kinds:
            return kind([plain(inner, depth + 1) for inner in item])
        return item

    def text(item: Any) -> str:
        """Equal values have equal texts: 1, 1.0 and True are one."""
        kind: Any = b.type(item)
        if kind is b.str:
            return b.repr(item)
        if kind is b.int:
            return b.hex(item)
        item = number(item)
        kind = b.type(item)
        if kind is b.list or kind is b.tuple:
            at_once = uniform(item)
            return kind.__name__ + (at_once or "[" + ",".join([text(inner) for inner in item]) + "]")
        if kind is b.dict:
            return "{" + ",".join(b.sorted([text(k) + ":" + text(v) for k, v in item.items()])) + "}"
        if kind is b.set or kind is b.frozenset:
            return "<" + ",".join(b.sorted([text(inner) for inner in item])) + ">"
        return text(item) if kind in (b.str, b.int) else b.repr(item)

    def number(item: Any) -> Any:
        """The item as an exact builtin, a number that equals an int as that int."""
        item = exact(item)
        kind: Any = b.type(item)
        if kind is b.complex and item.imag == 0:
            item, kind = item.real, b.float
        return b.int(item) if kind is b.bool or (kind is b.float and item.is_integer()) else item

    def uniform(items: Any) -> str:
        """A text for a list or tuple of strings or of ints, made at once; nothing for another.

        Of strings it is their hash: the sandbox has one hash seed for references and answers, and who could find
        other strings with these 64 bits knows the right ones.
        """
        types = b.set(b.map(b.type, items))
        if types <= {b.int, b.float, b.bool}:
            items = [
                b.int(inner) if b.type(inner) is not b.float or inner.is_integer() else inner
                for inner in items
            ]
            types = b.set(b.map(b.type, items))
        elif types != {b.str}:
            items = b.type(items)([number(inner) for inner in items])
            types = b.set(b.map(b.type, items))
        if types == {b.str}:
            return b.str(b.hash(b.tuple(items)))
        return "[" + ",".join(b.map(b.hex, items)) + "]" if types == {b.int} else ""

    def digest(item: Any) -> str:
        """sha256 of the text, made piece by piece where the item is a list or tuple."""
        hasher = hashlib.sha256()
        if b.type(item) is b.list or b.type(item) is b.tuple:
            hasher.update(b.type(item).__name__.encode())
            for start in b.range(0, b.len(item), 10_000):  # the text of all could be larger than memory
                hasher.update(text(item[start : start + 10_000]).encode("utf-8", "surrogatepass"))
        else:
            hasher.update(text(item).encode("utf-8", "surrogatepass"))
        return hasher.hexdigest()

    def is_plain(root: Any) -> bool:
        waiting = [root]
        while waiting:
            item = waiting.pop()
            kind: Any = b.type(item)
            if kind is b.dict:
                waiting += [*item, *item.values()]
            elif kind in kinds and kind not in atoms:
                waiting += item
            elif kind not in atoms:
                return False
        return True

    if mode == "whole":
        return plain(value, 0)
    if mode == "arguments":
        return [plain(item, 0) if is_plain(item) else None for item in value]
    if mode == "changed":
        now = semcoder_result(value[1], "arguments")
        return [None if old == new else new for old, new in b.zip(value[0], now, strict=False)]
    if mode == "present":
        return value if b.type(value) is b.bool else value is not None
    if mode == "set":
        value = b.set(value)
    value = exact(value)
    large, builtin = looked_over(value)
    if large:
        return "digest", digest(exact(value))
    return value if builtin else plain(value, 0)
