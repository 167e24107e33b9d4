"""Type-aware mutation of inputs, in the manner of EvalPlus (arXiv 2305.01210, section 2.1, Table 1).

A value is changed by the rule of its own type; containers by dropping, repeating, adding or changing an item.
Pieces of known inputs are reused, so that mutants stay like the real thing.
"""

import random
from collections.abc import Iterable, Iterator
from typing import Any

from semcoder.execution import literals
from semcoder.execution.api import Call

MAX_INT = 10**6
"""Mutants grow no further: a large number is mostly a long loop."""
MAX_ITEMS = 12
MAX_CHARS = 80
MAX_PIECES = 50
TRIES = 4


class Mutator:
    """Mutants of known calls. `rng` decides everything."""

    def __init__(self, rng: random.Random, known: Iterable[Call]) -> None:
        self._rng = rng
        self._calls = list(known)
        self._pieces: dict[type, list[Any]] = {}
        self._collected: set[str] = set()
        for call in self._calls:
            for text in (*call.args, *call.kwargs.values()):
                self._collect(literals.parse(text))

    def mutants(self, count: int) -> Iterator[Call]:
        """Up to `count` distinct calls that are none of the known ones; fewer where there are no more."""
        seen = {repr(call) for call in self._calls}
        for attempt in range(count * TRIES if self._calls else 0):
            call = self._mutant(self._calls[attempt % len(self._calls)])
            if call is not None and repr(call) not in seen:
                seen.add(repr(call))
                yield call
                count -= 1
                if not count:
                    return

    def _mutant(self, call: Call) -> Call | None:
        places: list[int | str] = [*range(len(call.args)), *call.kwargs]
        if not places:
            return None
        args, kwargs = list(call.args), dict(call.kwargs)
        for place in self._rng.sample(places, 2 if len(places) > 1 and self._rng.random() < 0.3 else 1):
            text = args[place] if isinstance(place, int) else kwargs[place]
            mutant = literals.render(self.mutate(literals.parse(text)))
            if isinstance(place, int):
                args[place] = mutant
            else:
                kwargs[place] = mutant
        return Call(tuple(args), kwargs)

    def mutate(self, value: Any) -> Any:
        """A value of the same type, changed by that type's rule; None and unknown types stay as they are."""
        pieces = self._pieces.get(type(value), [])
        if len(pieces) > 1 and self._rng.random() < 0.25:
            return self._rng.choice(pieces)
        rule = _RULES.get(type(value))
        return rule(self, value) if rule else value

    def _collect(self, value: Any, depth: int = 0) -> None:
        """Keep a value and what it holds as pieces to reuse."""
        text = literals.render(value)
        pieces = self._pieces.setdefault(type(value), [])
        if len(pieces) < MAX_PIECES and text not in self._collected:
            self._collected.add(text)
            pieces.append(value)
        if depth < 2:
            inner = value.values() if isinstance(value, dict) else value
            for item in inner if isinstance(value, list | tuple | dict) else ():
                self._collect(item, depth + 1)

    def _bool(self, value: bool) -> bool:
        return not value

    def _int(self, value: int) -> int:
        choices = [value + 1, value - 1, value * 2, -value, value // 2, value + self._rng.randint(2, 10)]
        return max(-MAX_INT, min(MAX_INT, self._rng.choice(choices))) if abs(value) <= MAX_INT else value

    def _float(self, value: float) -> float:
        return self._rng.choice(
            [value + 1.0, value - 1.0, -value, value / 2, value + self._rng.randint(1, 9) / 8]
        )

    def _complex(self, value: complex) -> complex:
        return complex(self._float(value.real), self._float(value.imag))

    def _str(self, value: str) -> str:
        if not value:
            return str(self._rng.choice(["a", " ", "0", *[p for p in self._pieces.get(str, []) if p]]))
        start = self._rng.randrange(len(value))
        end = self._rng.randint(start + 1, min(len(value), start + 8))
        choices = [
            value[:start] + value[end:],
            value[:end] + value[start:end] + value[end:],
            value[:start] + self._char(value) + value[end:],
            value[:start] + self._char(value) + value[start:],
            value[:start] + value[start:end].swapcase() + value[end:],
            value[start:] + value[:start],
        ]
        return str(self._rng.choice(choices))[:MAX_CHARS]

    def _char(self, value: str) -> str:
        """A character of the value, or one of its kind."""
        char = self._rng.choice(value)
        if char.isdigit():
            return self._rng.choice("0123456789")
        if char.isascii() and char.isalpha():
            return self._rng.choice("abcdefghijklmnopqrstuvwxyz")
        return char

    def _bytes(self, value: bytes) -> bytes:
        return self._str(value.decode("latin-1")).encode("latin-1", "replace")

    def _list(self, value: list[Any]) -> list[Any]:
        if not value:
            return [self._any_item()]
        place = self._rng.randrange(len(value))
        changed = [*value[:place], self.mutate(value[place]), *value[place + 1 :]]
        choices = [
            changed,
            changed,
            value[:place] + value[place + 1 :],
            [*value[:place], value[place], *value[place:]],
            [*value, self.mutate(value[place])],
            value[::-1],
        ]
        return self._rng.choice(choices)[:MAX_ITEMS]

    def _any_item(self) -> Any:
        """An item for an empty container: a piece, not itself a container."""
        flat = [piece for kind in (int, str, float) for piece in self._pieces.get(kind, [])]
        return self._rng.choice(flat) if flat else 0

    def _tuple(self, value: tuple[Any, ...]) -> tuple[Any, ...]:
        """The length of a tuple often means something: mostly only an item changes."""
        if not value:
            return ()
        if self._rng.random() < 0.2:
            return tuple(self._list(list(value)))
        place = self._rng.randrange(len(value))
        return (*value[:place], self.mutate(value[place]), *value[place + 1 :])

    def _set(self, value: set[Any]) -> set[Any]:
        return set(self._hashable(self._list(_ordered(value))))

    def _frozenset(self, value: frozenset[Any]) -> frozenset[Any]:
        return frozenset(self._hashable(self._list(_ordered(value))))

    def _hashable(self, items: list[Any]) -> list[Any]:
        return [item for item in items if _is_hashable(item)]

    def _key(self, key: Any) -> Any:
        mutant = self.mutate(key)
        return mutant if _is_hashable(mutant) else key

    def _dict(self, value: dict[Any, Any]) -> dict[Any, Any]:
        if not value:
            return {}
        key = self._rng.choice(list(value))
        rest = {k: v for k, v in value.items() if k != key}
        way = self._rng.randrange(4)
        if way == 0:
            return rest
        if way == 1:
            return {**value, self._key(key): self.mutate(value[key])}
        if way == 2:
            return {**rest, self._key(key): value[key]}
        return {**value, key: self.mutate(value[key])}


def _is_hashable(value: Any) -> bool:
    if isinstance(value, tuple | frozenset):
        return all(_is_hashable(item) for item in value)
    return not isinstance(value, list | dict | set)


def _ordered(value: Iterable[Any]) -> list[Any]:
    """The items of a set in an order that no hash seed moves."""
    return sorted(value, key=literals.render)


_RULES: dict[type, Any] = {
    bool: Mutator._bool,
    int: Mutator._int,
    float: Mutator._float,
    complex: Mutator._complex,
    str: Mutator._str,
    bytes: Mutator._bytes,
    list: Mutator._list,
    tuple: Mutator._tuple,
    set: Mutator._set,
    frozenset: Mutator._frozenset,
    dict: Mutator._dict,
}
