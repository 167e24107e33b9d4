"""Images of rules: which one, where its file is, and whether that file is what the lock says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from semcoder.containers import environment
from semcoder.containers.images import REMEDY, ROOT, Locked, definition_of, files_of, read_lock
from semcoder.errors import UserError

if TYPE_CHECKING:
    from semcoder.graph import Graph


@dataclass(frozen=True)
class Images:
    """Images of rules, by the purposes `data`, `train` and `serve`."""

    graph: Graph

    @cached_property
    def _locked(self) -> dict[str, Locked]:
        return read_lock(self.graph.config.containers.lock)

    def name(self, purpose: str) -> str:
        """The image for a purpose: without GPUs the CPU builds, and vLLM's own only where vLLM generates."""
        config = self.graph.config
        if purpose == "train":
            return "train" if config.training.gpus else "train-cpu"
        if purpose == "serve" and config.evaluation.engine.kind != "vllm":
            return "train" if config.evaluation.gpus else "train-cpu"
        return purpose

    @property
    def names(self) -> list[str]:
        """Images that the configured rules run in."""
        return list(dict.fromkeys(self.name(purpose) for purpose in ("data", "train", "serve")))

    def path(self, purpose: str) -> str:
        """The file of the image for a purpose; its name carries its digest once it is in the lock."""
        name = self.name(purpose)
        row = self._locked.get(name)
        return str(self.graph.config.containers.directory / (row.file_name(name) if row else f"{name}.sif"))

    def built(self, name: str) -> str:
        """Where an image is built, before its digest is known."""
        return str(self.graph.config.containers.directory / f"{name}.sif")

    @property
    def folder(self) -> str:
        """Where images are."""
        return str(self.graph.config.containers.directory)

    @staticmethod
    def locks(name: str) -> list[str]:
        """The locks of an image's packages."""
        return [str(path) for path in files_of(name) if path.suffix == ".lock"]

    @staticmethod
    def definition(name: str) -> str:
        """What a rule's parameters say of the files that an image is built from."""
        return f"definition={definition_of(name)}"

    @property
    def base_file(self) -> list[str]:
        """The file that images are built on, where a rule makes it."""
        return [self.base] if self.graph.config.containers.base == "debian" else []

    @property
    def base(self) -> str:
        """What images are built on: a file, or a reference."""
        base = self.graph.config.containers.base
        return f"{self.folder}/debian.tar" if base == "debian" else base

    def check(self) -> None:
        """Raise UserError unless every image that rules run in is the one in the lock."""
        for name in self.names:
            if fault := self.fault(name):
                raise UserError(fault)

    def fault(self, name: str) -> str:
        """What is wrong with an image, in a sentence; nothing where all is well."""
        config, row = self.graph.config.containers, self._locked.get(name)
        if row is None:
            return f"{config.lock}: has no image {name}; {REMEDY}."
        if row.definition != definition_of(name):
            return (
                f"{config.lock}: image {name} was built from other files (definition {row.definition}, now "
                f"{definition_of(name)}); {REMEDY}, or restore envs/ and containers/."
            )
        if row.base.split()[0] != config.base.split()[0]:
            return f"{config.lock}: image {name} was built on {row.base}, containers.base is {config.base}; {REMEDY}."
        path = Path(config.directory, row.file_name(name))
        if not path.exists():
            return f"{path}: is not there; {REMEDY}, or copy it from where it was built."
        found = self.graph.hashes.of(path)
        if found != row.sha256:
            return (
                f"{path}: has sha256 {found}, but {config.lock} says {row.sha256}; delete it and {REMEDY}, or copy "
                f"it again."
            )
        return ""

    def enter(self) -> None:
        """Make the jobs that this process starts see nothing of the machine but what is declared."""
        config = self.graph.config
        corpora = [getattr(source, "path", None) for source in config.seeds.sources]
        read = [
            path for path in (config.data.versions, config.data.mirror, *corpora) if path and path.exists()
        ]
        written = [config.results, config.data.directory, config.teacher.store]
        for folder in written:
            folder.mkdir(parents=True, exist_ok=True)
        gpus = bool(config.training.gpus or config.evaluation.gpus)
        environment.enter(ROOT, read, written, [config.teacher.key_variable], gpus, os.environ)
