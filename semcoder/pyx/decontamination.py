"""Decontamination: what matches a benchmark leaves PyX, and each removal names its match.

After Magicoder (substrings of prompts and solutions) and BigCode (n-grams), which the paper follows (App. F), made
to see through light edits: code is compared without its own names, its docstrings and its layout, and n-grams that
many benchmark items have count for little. CRUXEval's input-output pairs are matched test by test.
"""

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from semcoder.pyx.benchmarks import Item, canonical
from semcoder.pyx.similarity import grams, normal_form, tokens, words
from semcoder.records import Problem, Program, TestCase
from semcoder.teacher.interface import Refusal

PARTS = ((3, 0.6), (5, 0.9))
"""(how many times an item's n-grams a row has at most, part of these, by weight, that makes a match): the longer a row,
the more of an item is in it by chance."""
CODE_GRAM, CODE_WEIGHT = 5, 6.0
"""Tokens in an n-gram, and the weight that a solution must have to be compared so (an n-gram that k items have
weighs 1/k): less is too little to tell it from other short functions."""
PROSE_GRAM, PROSE_WEIGHT = 3, 2.5
"""The same for the words of a prompt."""
MASKED_LEAST = 24
"""Tokens a solution must have to be recognised with other constants."""
NAME_SHARE = 0.5
NAME_LEAST = 3
"""Part of a prompt's words, and how many of them, that make a match together with the function's name."""
_OPENING = frozenset(("write", "a", "python", "function", "to", "that", "the", "of", "given"))


@dataclass
class _Grams:
    """Which items have each n-gram."""

    least: float
    owners: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    weights: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    sizes: dict[int, int] = field(default_factory=dict)

    def add(self, number: int, found: set[str]) -> None:
        self.sizes[number] = len(found)
        for gram in found:
            self.owners[gram].append(number)

    def weigh(self) -> None:
        """Sum each item's weights, once all are there; sorted, since the order of a sum shows in its last digit."""
        for _, owners in sorted(self.owners.items()):
            for number in owners:
                self.weights[number] += 1 / len(owners)

    def match(self, found: set[str]) -> tuple[float, int] | None:
        """(part, item) of the item of which the largest part is found, where that is enough."""
        hits: Counter[int] = Counter()
        for gram in sorted(found):
            owners = self.owners.get(gram, ())
            for number in owners:
                hits[number] += 1 / len(owners)  # type: ignore[assignment]
        parts = [
            (part, -number)
            for number, weight in hits.items()
            if self.weights[number] >= self.least
            and (part := weight / self.weights[number]) >= _least_part(len(found) / self.sizes[number])
        ]
        if not parts:
            return None
        part, number = max(parts)
        return min(part, 1.0), -number


def _least_part(times: float) -> float:
    """What part of an item makes a match in a row with so many times its n-grams; more than all where none does."""
    return next((part for most, part in PARTS if times <= most), 2.0)


class Match(NamedTuple):
    """An item that a row matches, and how. `exact`: the same code but for names and, in long code, constants."""

    reason: str
    item: Item
    way: Literal["exact", "n-grams"]
    detail: str


class Decontaminator:
    """Knows the items of all benchmarks."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = list(items)
        self._forms: dict[str, int] = {}
        self._names: dict[str, list[int]] = defaultdict(list)
        self._pairs: dict[tuple[str, str], str] = {}
        self._code = _Grams(CODE_WEIGHT)
        self._prose = _Grams(PROSE_WEIGHT)
        for number, item in enumerate(self._items):
            for form in _forms(item.code):
                self._forms.setdefault(form, number)
            self._code.add(number, _code_grams(item.code))
            said = words(item.prose)
            self._prose.add(number, grams(said, PROSE_GRAM))
            if item.entry_point and said:
                self._names[item.entry_point].append(number)
            if item.pair:
                self._pairs.setdefault(item.pair, item.name)
        self._code.weigh()
        self._prose.weigh()

    def program(self, program: Program, problem: Problem | None) -> Refusal | None:
        """The benchmark item that a program or its problem matches, or None."""
        said = problem.instruction if problem else ""
        found = next(self.matches(program.code, program.entry_point, said), None)
        return Refusal(found.reason, f"{found.item.name}: {found.detail}") if found else None

    def matches(self, code: str, entry_point: str, instruction: str) -> Iterator[Match]:
        """The items that a row matches: one for each way in which it does, the surest way first."""
        for form in _forms(code):
            if form in self._forms:
                item = self._items[self._forms[form]]
                yield Match("benchmark solution", item, "exact", "the same code")
                break
        if match := self._code.match(_code_grams(code)):
            yield Match("benchmark solution", self._items[match[1]], "n-grams", f"{match[0]:.0%} of its code")
        if not instruction:
            return
        said = words(instruction)
        if match := self._prose.match(grams(said, PROSE_GRAM)):
            item = self._items[match[1]]
            yield Match("benchmark instruction", item, "n-grams", f"{match[0]:.0%} of its words")
        present = set(said) - _OPENING
        for number in self._names.get(entry_point, ()):
            wanted = set(words(self._items[number].prose)) - _OPENING
            if len(wanted & present) >= max(NAME_LEAST, NAME_SHARE * len(wanted)):
                yield Match("benchmark instruction", self._items[number], "n-grams", "name and description")
                return

    def test(self, case: TestCase) -> Refusal | None:
        """The benchmark item with the same input and output, or None."""
        item = self.pair((case.call_arguments, canonical(case.output)))
        return Refusal("benchmark input-output pair", item) if item else None

    def pair(self, pair: tuple[str, str]) -> str | None:
        """The name of the item with this input and output (benchmarks.call_pair), or None."""
        return self._pairs.get(pair)


@functools.lru_cache(maxsize=16)
def _forms(code: str) -> list[str]:
    """What equal code has in common: its normal form, and, where that is not too short, the same without constants."""
    form = normal_form(code)
    if not form:
        return []
    masked = normal_form(code, masked=True)
    return [form, masked] if len(tokens(masked)) >= MASKED_LEAST else [form]


@functools.lru_cache(maxsize=16)
def _code_grams(code: str) -> set[str]:
    return grams(tokens(normal_form(code, numbered=False)), CODE_GRAM)
