"""How much a run works on: seeds, programs, rows of mixtures, questions; counted where they are, else estimated."""

import gzip
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from semcoder.config import Config
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.seeds.sources import DirectorySource, JsonlSource, Source, StdlibSource, files_read

Mark = Literal["measured", "estimated"]
STDLIB_SEEDS = 1414
"""Kept by the quickstart from the standard library of CPython 3.11.7 (seeds/*.jsonl of `make quickstart`)."""
CORPUS_FILES = 12_800_000
"""Python files of starcoderdata (its card)."""
SEEDS_PER_FILE = 1086 / 538
"""Of `semcoder seeds extract --fraction 0.03 --seed 976 --sources '[{"kind": "directory", "name": "pk", "path": DIR}]'`
with the site-packages of `make test`'s environment as DIR (November 2026); the standard library has 1,766 in 559 files.
Of starcoderdata nothing is known here."""
YIELD = {"grounded": 344 / STDLIB_SEEDS, "openai": 32_489 / 150_000}
"""Programs kept of a seed, by teacher: the quickstart's; the paper's programs (App. F) over Magicoder's 150,000 seeds,
one of a document (ise-uiuc/magicoder at 3ef43f0): how many seeds the paper had is not said."""
SOFT = 13_000 / 34_000
"""Parsable programs beside those that run (paper App. F)."""
TOLD = {"forward": 29_945 / 32_489, "backward": 31_022 / 32_489}
"""Monologues of a program (paper App. F)."""
BUGGY = 18_473 / 32_489
"""Rows of PyX-R of a program (paper App. F)."""
PAPER_PROGRAMS = 32_489
EXTRA = {
    ("Magicoder-Evol-Instruct-110K", ""): 110_000,
    ("Magicoder-OSS-Instruct-75K", ""): 75_000,
    ("Magicoder-OSS-Instruct-75K", "python"): 43_100,
    ("code_contests", ""): 214_100 - 93_400 - 110_000,
}
"""Rows of other sets (their cards; the Python part: paper App. E). Contests: what PyX and Evol-Instruct leave of the
paper's rows for SemCoder-S (App. F), which is `contests.per_problem`'s reason, too."""
ITEMS = {
    "humaneval": 164,
    "humaneval_plus": 164,
    "mbpp": 378,
    "mbpp_plus": 378,
    "cruxeval": 800,
    "livecodebench_execution": 479,
    "livecodebench_generation": 400,
}
"""Items by entry of data/versions.csv."""
QUESTIONS = 2
"""Of a held-out program, about: those of its tests that copying the question does not answer."""


def counted(number: int, what: str) -> str:
    """`1 job`, `2,000 jobs`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


class Figure(NamedTuple):
    """A number and where it comes from."""

    value: float
    mark: Mark


class Sizes:
    """What a configuration works on. `seeds`: how many there will be, where the user knows."""

    def __init__(self, config: Config, seeds: int | None = None) -> None:
        self._config = config
        self.seeds = self._seeds(seeds)
        self.programs = self._programs()

    def _seeds(self, said: int | None) -> Figure:
        folder = self._config.results / "seeds"
        files = [each for each in sorted(folder.glob("*.jsonl")) if "dropped" not in each.name]
        if said is not None:
            return Figure(said, "estimated")
        if len(files) == self._config.pyx.shards:
            return Figure(lines(files), "measured")
        settings = self._config.seeds
        return Figure(
            math.ceil(sum(_of_source(each, settings.fraction) for each in settings.sources)), "estimated"
        )

    def _programs(self) -> Figure:
        made = self._config.results / "pyx/programs.jsonl"
        if made.exists():
            return Figure(lines([made]), "measured")
        if self._config.pyx.source == "released":
            return Figure(PAPER_PROGRAMS, "estimated")
        count = math.ceil(self.seeds.value * YIELD[self._config.teacher.kind])
        return Figure(min(count, self._config.pyx.max_programs or count), "estimated")

    def items(self, benchmark: str) -> float:
        """Questions of a benchmark, as far as `evaluation.limit` lets them be asked."""
        entry = BENCHMARKS[benchmark].entry
        heldout = self.programs.value * self._config.pyx.heldout
        tests = 1 if BENCHMARKS[benchmark].task == "code" else QUESTIONS
        found = ITEMS.get(entry, heldout * tests)
        return min(found, self._config.evaluation.limit or found)

    def rows(self, recipe: str) -> Figure:
        """Examples of a mixture."""
        made = self._config.results / f"mixtures/{recipe}.jsonl"
        if made.exists():
            return Figure(lines([made]), "measured")
        settings, programs = self._config.recipes[recipe], self.programs.value
        tasks, each = settings.tasks, self._config.monologue.per_program or 1
        found = _most(tasks.nl2code, programs) + _most(tasks.refine, programs * BUGGY)
        found += _most(tasks.forward, programs * TOLD["forward"] * each)
        found += _most(tasks.backward, programs * TOLD["backward"] * each)
        found += programs * SOFT * settings.soft
        for name, most in settings.extra.items():
            found += _most(most, EXTRA.get((name, settings.extra_language), EXTRA.get((name, ""), 0)))
        return Figure(found, "estimated")


def _of_source(source: Source, fraction: float) -> float:
    if isinstance(source, StdlibSource):
        return STDLIB_SEEDS * fraction
    files = CORPUS_FILES
    if isinstance(source, DirectorySource):
        files = sum(each.suffix == ".py" for each in files_read(source.path))
    elif isinstance(source, JsonlSource):
        files = lines([source.path])
    return SEEDS_PER_FILE * files * fraction


def _most(limit: int, found: float) -> float:
    return found if limit < 0 else min(limit, found)


def lines(files: Iterable[Path]) -> int:
    """Lines of files together, of those in gzip (.gz) as they are unpacked."""
    count = 0
    for path in files:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            while block := stream.read(1 << 20):
                count += block.count(b"\n")
    return count
