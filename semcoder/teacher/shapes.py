"""Shapes: what type an argument has, and what is known of its inside. Evidence for them, and the choice."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

KINDS: dict[str, type] = {
    "str": str,
    "list": list,
    "int": int,
    "dict": dict,
    "float": float,
    "tuple": tuple,
    "bytes": bytes,
    "bool": bool,
    "set": set,
}
"""The kinds of argument, the commoner first (it breaks ties)."""
MAX_DEPTH = 3


@dataclass(frozen=True)
class Shape:
    """A type with what is known of its inside.

    `items`: the element of a list or set; the positions of a tuple; key and value of a dict, or, where `keys`
    are known, their values.
    """

    kind: str
    items: tuple["Shape", ...] = ()
    keys: tuple[str, ...] = ()


NONE = Shape("none")


def shape_of(value: Any) -> Shape:
    """The shape of a value; a list, set or dict takes its first item for all."""
    if value is None:
        return NONE
    if isinstance(value, tuple):
        return Shape("tuple", tuple(shape_of(item) for item in value))
    if isinstance(value, list):
        return Shape("list", tuple(shape_of(item) for item in value[:1]))
    if isinstance(value, set | frozenset):  # in an order that no hash seed moves
        return Shape("set", tuple(shape_of(item) for item in sorted(value, key=repr)[:1]))
    if isinstance(value, dict):
        return Shape("dict", tuple(shape_of(part) for pair in list(value.items())[:1] for part in pair))
    return Shape(type(value).__name__)


@dataclass
class Uses:
    """How one value is used. Weights: 1 a hint, 3 a habit, 6 would fail otherwise, 50 said outright."""

    kinds: Counter[str] = field(default_factory=Counter)
    element: "Uses | None" = None
    value: "Uses | None" = None
    keys: dict[str, "Uses"] = field(default_factory=dict)
    parts: "list[Uses] | None" = None
    constants: list[Any] = field(default_factory=list)
    """Values that it is compared with, as they stand in the code."""
    nullable: bool = False
    """Whether it is compared with None."""

    def note(self, weight: float, *kinds: str) -> None:
        """Add evidence for the first kind, and less of it for each further one."""
        for place, kind in enumerate(kinds):
            self.kinds[kind] += weight if place == 0 else weight * 0.6  # type: ignore[assignment]

    def items(self) -> "Uses":
        """The node of its elements (a dict's keys)."""
        self.element = self.element or Uses()
        return self.element

    def values(self) -> "Uses":
        """The node of a dict's values."""
        self.value = self.value or Uses()
        return self.value

    def positions(self, count: int) -> "list[Uses]":
        """The nodes of its first `count` positions."""
        self.parts = self.parts or []
        self.parts += [Uses() for _ in range(count - len(self.parts))]
        return self.parts[:count]

    def shapes(self, depth: int = 0) -> list[Shape]:
        """Likely shapes, best first; none when nothing is known, `object` when no plain value will do."""
        total = Counter(self.kinds)
        for constant in self.constants:
            total[type(constant).__name__] += 3
        total.pop("NoneType", None)
        if not total:
            return []
        best = max(total.values())
        order = [*KINDS, "object"]
        ranked = sorted((k for k in total if k in order), key=lambda k: (-total[k], order.index(k)))
        found = [self._inside(kind, depth) for kind in ranked if total[kind] >= best * 0.5]
        return [*found, NONE] if self.nullable else found

    def _inside(self, kind: str, depth: int) -> Shape:
        def first(uses: "Uses | None", otherwise: Shape) -> Shape:
            found = uses.shapes(depth + 1) if uses and depth < MAX_DEPTH else []
            return found[0] if found else otherwise

        if kind in ("list", "set"):
            if self.parts and kind == "list":
                return Shape("tuple", tuple(first(part, Shape("int")) for part in self.parts))
            return Shape(kind, (first(self.element, Shape("int")),))
        if kind == "tuple":
            if self.parts:
                return Shape(kind, tuple(first(part, Shape("int")) for part in self.parts))
            return Shape(kind, (first(self.element, Shape("int")),) * 3)
        if kind == "dict":
            if self.keys:
                return Shape(
                    kind, tuple(first(u, Shape("str")) for u in self.keys.values()), tuple(self.keys)
                )
            return Shape(kind, (first(self.element, Shape("str")), first(self.value, Shape("int"))))
        return Shape(kind)
