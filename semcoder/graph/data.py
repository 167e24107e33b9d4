"""External files and model folders: where rules find them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from semcoder.evaluation.registry import BENCHMARKS
from semcoder.graph.options import option

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
        """What identifies the content: a changed pin fetches again, an edited note does not."""
        entry = self.graph.entries[name]
        return f"pin={entry.location} {entry.revision} {entry.sha256}"

    def path(self, name: str) -> str:
        """Where the entry lies once fetched."""
        entry = self.graph.entries[name]
        return str(self._directory / name / ("" if entry.is_snapshot else entry.base_name))

    def has(self, name: str) -> bool:
        """Whether the mirror holds the entry, or its kind of source may be asked."""
        data, entry = self.graph.config.data, self.graph.entries[name]
        held = data.mirror and any((data.mirror / each).exists() for each in (entry.base_name, entry.name))
        return bool(held) or entry.kind.partition("-")[0] in data.reach

    @property
    def corpora(self) -> list[str]:
        """Corpora of the seeds that are files or folders."""
        return [source["path"] for source in self.graph.value("seeds.sources") if "path" in source]

    @property
    def decontamination(self) -> list[str]:
        """Benchmark files whose items must not occur in PyX, those that can be had."""
        return [self.path(name) for name in self.graph.config.pyx.decontaminate if self.has(name)]

    @property
    def decontamination_options(self) -> str:
        """The same as options of `pyx select`, and those that cannot be had, with why."""
        words = []
        for name in self.graph.config.pyx.decontaminate:
            if self.has(name):
                words.append(option("benchmark", f"{name}={self.path(name)}"))
            else:
                words.append(option("unchecked", f"{name}={self._lack(name)}"))
        return " ".join(words)

    def _lack(self, name: str) -> str:
        """Why an entry cannot be had."""
        mirror = "not in data.mirror" if self.graph.config.data.mirror else "no data.mirror"
        return f"{mirror}, and data.reach has no {self.graph.entries[name].kind.partition('-')[0]}"

    def of_benchmark(self, name: str) -> list[str]:
        """The files of a benchmark."""
        entry = BENCHMARKS[name].entry
        if entry:
            return [self.path(entry)]
        return [f"{self.graph.results}/pyx/{each}.jsonl" for each in ("heldout", "tests", "problems")]

    def has_benchmark(self, name: str) -> bool:
        """Whether the files of a benchmark can be had."""
        entry = BENCHMARKS[name].entry
        return not entry or self.has(entry)

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
