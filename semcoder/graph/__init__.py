"""What the Snakefile needs to know: paths, options and code hashes, derived from the typed configuration.

Every rule's parameters are strings that name what they set, `--learning-rate 5e-05`, so that Snakemake sees a
swap of two values, and hold exactly the keys that the rule's command reads, so that it sees nothing else.
"""

import fcntl
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

from semcoder import codehash
from semcoder.artifacts import output_file, write_json
from semcoder.config import Config
from semcoder.configfiles import check_names, laid_over, parse, read, typed
from semcoder.containers.images import IMAGES, ROOT
from semcoder.errors import UserError
from semcoder.evaluation.prompts import FORMATS
from semcoder.evaluation.registry import BENCHMARKS, CHANGES
from semcoder.evaluation.sampling import ENGINE_FIELDS
from semcoder.graph.beyond import BeyondThePaper
from semcoder.graph.data import DataFiles, Models
from semcoder.graph.evaluation import Evaluations
from semcoder.graph.hashes import Hashes
from semcoder.graph.images import Images
from semcoder.graph.options import one_of, option
from semcoder.graph.release import Releases
from semcoder.graph.training import DIRECTIONS, RELEASED, TrainingRuns
from semcoder.pins import External, read_versions
from semcoder.software import versions
from semcoder.teacher.settings import DECISIVE

_HELD: list[TextIO] = []
"""Open locks: the kernel lets go of them when the process ends, however it ends."""


@dataclass(frozen=True)
class Graph:
    """The configuration, and the paths and options that rules take from it."""

    config: Config
    entries: dict[str, External]

    @classmethod
    def of(
        cls,
        raw: dict[str, Any],
        files: Iterable[str] = (),
        said: Mapping[str, Any] | None = None,
    ) -> "Graph":
        """Check Snakemake's merged configuration; raises UserError with one sentence.

        `files` it was read from are checked too: Snakemake takes the last of two equal keys silently. `said` is
        what `--config` said, in which Snakemake makes text of numbers inside of braces.
        Jobs of this process find its environment's commands, whether or not that was activated.
        """
        commands = str(Path(sys.executable).parent)
        if commands not in os.environ.get("PATH", "").split(os.pathsep):
            os.environ["PATH"] = os.pathsep.join([commands, os.environ.get("PATH", os.defpath)])
        for file in files:
            read(Path(file))
        config = parse(_with_shipped_files(laid_over(raw, typed(said or {}))), "configuration")
        entries = read_versions(config.data.versions)
        check_names(config, entries)
        graph = cls(config, entries)
        graph.check_results()
        graph.training.check_released()
        graph.data.check_fetched()
        _ = graph.data.corpora_state  # now, so that its hashes are remembered too
        graph.hashes.save()
        codehash.remember(Path(".snakemake/semcoder.json"))  # a folder that planning makes, too
        return graph

    @cached_property
    def hashes(self) -> Hashes:
        """Hashes of files that come from outside."""
        return Hashes(self.config.results / ".hashes.json")

    @cached_property
    def values(self) -> dict[str, Any]:
        """The configuration as plain JSON values."""
        return self.config.model_dump(mode="json")

    def value(self, path: str) -> Any:
        """The value at a dotted path such as `pyx.inputs.threshold`."""
        at: Any = self.values
        for part in path.split("."):
            at = at[part]
        return at

    def options(self, **paths: str) -> str:
        """Options of a command, one for each key: `options(seed="pyx.seed")` is `--seed 42`."""
        words = {name: self.value(path) for name, path in paths.items()}
        if "engine" in words:
            engine = words["engine"]
            words["engine"] = {key: engine[key] for key in ("kind", *ENGINE_FIELDS[engine["kind"]])}
        return " ".join(filter(None, (option(name, value) for name, value in sorted(words.items()))))

    def teacher(self, *keys: str) -> str:
        """What a rule's parameters say of the teacher: these settings, and those that every answer depends on.

        The command is given `asking`, the whole: how a teacher is asked makes nothing anew.
        """
        settings = self.value("teacher")
        decisive = ("kind",) if settings["kind"] == "grounded" else ("kind", *DECISIVE, *keys)
        return f"teacher={json.dumps({key: settings[key] for key in decisive}, sort_keys=True)}"

    def asking(self, wildcards: Any, output: Any) -> str:
        """`--teacher` of a command.

        A function of the output, as Snakemake sees it, which passes it on and does not compare it with the last run's.
        """
        settings = self.value("teacher")
        return option("teacher", {"kind": "grounded"} if settings["kind"] == "grounded" else settings)

    @staticmethod
    def code(stage: str, verb: str) -> str:
        """What a rule's parameters say of the package code behind its command."""
        return f"code={codehash.code_hash(stage, verb)}"

    @property
    def parts(
        self,
    ) -> tuple[Config, DataFiles, Models, TrainingRuns, Evaluations, Images, Releases, BeyondThePaper]:
        """The configuration and its views."""
        views = (self.data, self.models, self.training, self.evaluation, self.images, self.releases)
        return (self.config, *views, self.beyond)

    @cached_property
    def data(self) -> DataFiles:
        """External files."""
        return DataFiles(self)

    @cached_property
    def models(self) -> Models:
        """Model folders."""
        return Models(self)

    @cached_property
    def images(self) -> Images:
        """Images of rules."""
        return Images(self)

    @cached_property
    def training(self) -> TrainingRuns:
        """Mixtures and runs."""
        return TrainingRuns(self)

    @cached_property
    def evaluation(self) -> Evaluations:
        """Generations, scores, tables."""
        return Evaluations(self)

    @cached_property
    def releases(self) -> Releases:
        """What is published."""
        return Releases(self)

    @cached_property
    def beyond(self) -> BeyondThePaper:
        """What the paper does not measure."""
        return BeyondThePaper(self)

    @property
    def wildcards(self) -> dict[str, str]:
        """Constraints of every wildcard that rules share."""
        config = self.config
        return {
            "scatteritem": r"\d+-of-\d+",
            "direction": one_of(DIRECTIONS),
            "recipe": one_of([*config.recipes, *config.refinement]),
            "model": one_of([*config.models, *config.recipes]),
            "benchmark": one_of(BENCHMARKS),
            "format": one_of([*FORMATS, "code"]),
            "rationale": one_of(["monologue", "trace", "none"]),
            "refinement": one_of(config.refinement),
            "table": one_of([*config.tables, "states", *config.refinement]),
            "change": one_of(CHANGES),
            "round": r"[1-9]\d*",
            "figure": one_of(self.evaluation.drawn),
            "image": one_of(IMAGES),
            "released": one_of(RELEASED),
        }

    def check_results(self) -> None:
        """Raise UserError where the results folder cannot be one; Snakemake says it with a trace."""
        results = self.config.results
        for above in (results, *results.parents):
            if above.is_file():
                raise UserError(
                    f"results is {results}, but {above} is a file, not a folder; give another path."
                )

    def hold_results(self) -> None:
        """Take the results folder for this process; raises UserError while another workflow works in it."""
        path = output_file(self.config.results / ".lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("w")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(
                f"{path.parent}: another workflow works there; wait for its end, or stop it."
            ) from error
        _HELD.append(stream)

    def note(self) -> None:
        """Write into the results what the run is started with, for `semcoder crate`: all keys, and this environment."""
        for name, value in (("configuration", self.values), ("software", versions())):
            write_json(self.config.results / f"{name}.json", value)

    @property
    def results(self) -> str:
        """Folder of everything that rules make."""
        return str(self.config.results)


def shipped(path: Any) -> Any:
    """A file of the checkout, where the working directory is another and has none of that name."""
    if not isinstance(path, str) or Path(path).exists() or not (ROOT / path).is_file():
        return path
    return str(ROOT / path)


def _with_shipped_files(raw: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the files that come with the checkout found wherever the workflow runs."""
    found = laid_over(raw, {})
    for section, key in (("data", "versions"), ("containers", "lock")):
        if isinstance(found.get(section), dict) and key in found[section]:
            found[section] = {**found[section], key: shipped(found[section][key])}
    for section in ("tables", "refinement"):
        for name, table in (found.get(section) or {}).items():
            if isinstance(table, dict) and isinstance(table.get("paper"), list):
                found[section] = {**found[section], name: {**table, "paper": [*map(shipped, table["paper"])]}}
    return found
