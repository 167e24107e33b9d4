"""External files and model folders: where rules find them."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from semcoder.errors import UserError
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.fetch import held_by
from semcoder.graph.options import option
from semcoder.pins import mismatch
from semcoder.seeds.sources import (
    DirectorySource,
    JsonlSource,
    ParquetSource,
    Source,
    StdlibSource,
    files_read,
)
from semcoder.tables import ANALYSES, CATEGORIES, EXECUTABILITY, SIMILARITY

if TYPE_CHECKING:
    from semcoder.graph import Graph


@dataclass(frozen=True)
class DataFiles:
    """External files: where rules find them."""

    graph: Graph

    @property
    def _directory(self) -> Path:
        return self.graph.config.data.directory

    @property
    def files(self) -> list[str]:
        """Names of the entries that are one file."""
        return [name for name, entry in self.graph.entries.items() if not entry.is_snapshot]

    @property
    def snapshots(self) -> list[str]:
        """Names of the entries that are folders."""
        return [name for name, entry in self.graph.entries.items() if entry.is_snapshot]

    def pin(self, name: str) -> str:
        """What identifies the content, so that an edited note fetches nothing."""
        entry = self.graph.entries[name]
        return f"pin={entry.location} {entry.revision} {entry.sha256}"

    def path(self, name: str) -> str:
        """Where the entry lies once fetched."""
        entry = self.graph.entries[name]
        return str(self._directory / name / ("" if entry.is_snapshot else entry.base_name))

    def has(self, name: str) -> bool:
        """Whether the entry was fetched, the mirror holds it, or its kind of source may be asked."""
        data, entry = self.graph.config.data, self.graph.entries[name]
        if entry.reach in data.reach or Path(self.path(name)).exists():
            return True
        return bool(data.mirror and held_by(data.mirror, entry))

    def is_pinned(self, name: str) -> bool:
        """Whether the entry is there already, or can be fetched: an unpinned one is refused, wherever it is held."""
        entry = self.graph.entries[name]
        return bool(entry.sha256 or entry.revision) or Path(self.path(name)).exists()

    @property
    def fetch_options(self) -> str:
        """Where `data fetch` looks: of no effect on what it finds, which is the pinned content."""
        options = {key: self.graph.value(f"data.{key}") for key in ("versions", "mirror", "reach")}
        return " ".join(filter(None, (option(key, value) for key, value in options.items())))

    @property
    def corpora(self) -> list[str]:
        """Corpora of the seeds that are fetched."""
        names = filter(None, (self._fetched(source) for source in self.graph.config.seeds.sources))
        return [self.path(name) for name in dict.fromkeys(names)]

    def _fetched(self, source: Source) -> str | None:
        """The entry that a corpus is, or is in."""
        path = getattr(source, "path", None)
        places = {self._directory / name: name for name in self.graph.entries}
        return (
            next((places[each] for each in (path, *path.parents) if each in places), None) if path else None
        )

    @cached_property
    def corpora_state(self) -> str:
        """What the other corpora hold, by content: a folder's own time says nothing of the files below it, and
        times change with every copy of the repository. Of the standard library, the interpreter's version."""
        words = []
        for source in self.graph.config.seeds.sources:
            if isinstance(source, StdlibSource):
                words.append(f"{source.label} {platform.python_version()}")
            elif not self._fetched(source):
                words.append(f"{source.label} {self._digest(source)}")
        return f"corpora={', '.join(words)}"

    def _digest(self, source: DirectorySource | JsonlSource | ParquetSource) -> str:
        root = source.path
        if isinstance(source, DirectorySource):
            files = files_read(root)
        else:
            files = sorted(root.rglob("*.parquet")) if root.is_dir() else [root]
        digest = hashlib.sha256()
        for file in files:
            readable = file.is_file() and not file.is_symlink() and os.access(file, os.R_OK)
            state = self.graph.hashes.of(file) if readable or file == root else "not read"
            digest.update(os.fsencode(file.relative_to(root)) + f"\0{state}\n".encode())
        return digest.hexdigest()[:12]

    @property
    def used(self) -> list[str]:
        """Entries that the configuration names."""
        config = self.graph.config
        tables = [*config.tables, *config.beyond.enabled, *config.refinement, *ANALYSES]
        return self._named([*config.models, *config.recipes], tables, pyx=True)

    def needed(self, tables: Collection[str], pyx: bool) -> list[str]:
        """Entries that these tables are made of, and with `pyx` those behind PyX."""
        config, evaluation = self.graph.config, self.graph.evaluation
        models = evaluation.with_bases(evaluation.models_in(tables))
        debugging = any(config.recipes[each].tasks.refine for each in models if each in config.recipes)
        if debugging and config.pyx.source == "own":
            models += evaluation.with_bases([config.pyx_r.model])
        return self._named(models, tables, pyx)

    def _named(self, models: Collection[str], tables: Iterable[str], pyx: bool) -> list[str]:
        config, names = self.graph.config, set(tables)
        made = [
            t
            for each in (config.score_tables, config.refinement)
            for name, t in each.items()
            if name in names
        ]
        trained = [name for name in models if name in config.recipes]
        recipes = [config.recipes[name] for name in trained]
        pyx = pyx and config.pyx.source == "own"
        found = [
            *self.graph.training.released_for(trained),
            *(f for t in made for b in t.benchmarks for f in (BENCHMARKS[b].entry, BENCHMARKS[b].prompts)),
            *(config.pyx.decontaminate if pyx else ()),
            *(config.models[name].data for name in models if name in config.models),
            *(name for recipe in recipes for name in recipe.extra),
            *(config.training.decontaminate if any(recipe.extra for recipe in recipes) else ()),
            *((self._fetched(source) for source in config.seeds.sources) if pyx else ()),
            *([config.executability.data] if EXECUTABILITY in names else ()),
            *(config.analysis.benchmarks if SIMILARITY in names else ()),
            *(config.analysis.beside if names & {SIMILARITY, CATEGORIES} else ()),
            *([BENCHMARKS[config.beyond.states.source].entry] if "states" in names else ()),
        ]
        return list(dict.fromkeys(filter(None, found)))

    def check_fetched(self) -> None:
        """Raise UserError where a file that was fetched, and is used, is no longer what is pinned."""
        for name in self.used:
            if name not in self.graph.entries:
                raise UserError(
                    f"{self.graph.config.data.versions}: has no row {name}, which a benchmark needs."
                )
            entry, path = self.graph.entries[name], Path(self.path(name))
            if path.exists() and (entry.sha256 or entry.revision):
                found = mismatch(entry, path, self.graph.hashes.of)
                if found:
                    raise UserError(
                        f"{path}: has {found}, expected {entry.expected}; delete it and run again, which takes it "
                        f"anew from data.mirror or from {entry.source}."
                    )

    def looked_into(self, key: str) -> list[str]:
        """The files of the benchmarks that a key such as `pyx.decontaminate` names, those that can be had."""
        return [self.path(name) for name in self.graph.value(key) if self.has(name)]

    def looked_into_options(self, key: str) -> str:
        """The same as options of a command, and those that cannot be had, with why."""
        words = []
        for name in self.graph.value(key):
            if self.has(name):
                words.append(option("benchmark", f"{name}={self.path(name)}"))
            else:
                words.append(option("unchecked", f"{name}={self._lack(name)}"))
        return " ".join(words)

    @property
    def beside(self) -> list[str]:
        """The instruction sets that PyX is shown beside."""
        return [self.path(name) for name in self.graph.config.analysis.beside]

    @property
    def beside_options(self) -> str:
        """The same as options of a command, with their names."""
        return " ".join(
            option("data", f"{name}={self.path(name)}") for name in self.graph.config.analysis.beside
        )

    def _lack(self, name: str) -> str:
        """Why an entry cannot be had; the same for every mirror that lacks it."""
        return f"in no data.mirror, and data.reach has no {self.graph.entries[name].reach}"

    def has_benchmark(self, name: str) -> bool:
        """Whether the files of a benchmark, or those that it is made from, can be had."""
        entry = self._entry_of(name)
        return not entry or self.has(entry)

    def _entry_of(self, benchmark: str) -> str:
        states = BENCHMARKS[benchmark].task == "state"
        return BENCHMARKS[self.graph.config.beyond.states.source if states else benchmark].entry

    def left_out(self, benchmarks: Iterable[str]) -> str:
        """Which of these cannot be asked, and why; empty where all can."""
        lacking: dict[str, list[str]] = {}
        for name in benchmarks:
            if not self.has_benchmark(name):
                why = self._lack(self._entry_of(name))
                lacking.setdefault(why, []).append(BENCHMARKS[name].title)
        return " ".join(f"Not scored: {', '.join(names)}: {why}." for why, names in lacking.items())

    @property
    def gguf_models(self) -> list[str]:
        """Models that are converted from GGUF."""
        return [name for name, model in self.graph.config.models.items() if model.gguf]

    def model_file(self, name: str) -> str:
        """The fetched file or folder of a model."""
        return self.path(self.graph.config.models[name].data)


@dataclass(frozen=True)
class Models:
    """Where the weights of a model or recipe are."""

    graph: Graph

    def path(self, name: str) -> str:
        """A folder that transformers and vLLM load."""
        config = self.graph.config
        if name in config.recipes:
            return f"{self.graph.results}/checkpoints/{name}"
        if config.models[name].gguf:
            return f"{self.graph.results}/models/{name}"
        return self.graph.data.model_file(name)

    def style(self, name: str) -> str:
        """How a model is asked: as it was trained, or as one asks a base model."""
        model = self.graph.config.models.get(name)
        return model.style if model else self.graph.config.prompts.style
