"""What is published, and what it is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semcoder.graph.options import option
from semcoder.graph.training import DIRECTIONS
from semcoder.teacher.settings import DECISIVE

if TYPE_CHECKING:
    from semcoder.graph import Graph

SETTINGS: dict[str, tuple[str, ...]] = {
    # section: its keys that decide no row
    "execution": ("isolation",),
    "seeds": (),
    "pyx": ("source", "shards"),
    "tracing": ("max_format_chars",),
    "monologue": ("pages",),
    "prompts": (),
    "pyx_r": (),
}


@dataclass(frozen=True)
class Releases:
    """PyX and PyX-R as a data set."""

    graph: Graph

    @property
    def _debugging(self) -> bool:
        """Whether PyX-R is published too: where a wanted table has a model that is trained on it."""
        config = self.graph.config
        return any(config.recipes[each].tasks.refine for each in self.graph.evaluation.recipes)

    @property
    def inputs(self) -> dict[str, list[str] | str]:
        """The files that it is made from, by the option that takes them."""
        results, shards = self.graph.results, self.graph.training.shards
        folder = f"monologues/{self.graph.config.monologue.writer}"
        pyx_r = {"pyx_r": f"{results}/pyx_r/pyx_r.jsonl"} if self._debugging else {}
        stages = ["seeds/{}", "pyx/synthesized/{}", "pyx/expanded/{}"]
        told = [f"{folder}/{direction}/{{}}" for direction in DIRECTIONS]
        return {
            **{name: f"{results}/pyx/{name}.jsonl" for name in ("problems", "train", "heldout", "tests")},
            "seeds": shards("seeds/{}.jsonl"),
            "monologues": [path for each in told for path in shards(f"{each}.jsonl")],
            **pyx_r,
            "summary": [
                *(path for each in stages for path in shards(f"{each}.summary.json")),
                f"{results}/pyx/summary.json",
                *(path for each in ("traces/{}", *told) for path in shards(f"{each}.summary.json")),
                *([f"{results}/pyx_r/summary.json"] if self._debugging else []),
            ],
        }

    @property
    def options(self) -> str:
        """What it says of itself: the settings that its rows depend on, who wrote what, the keys of `release`."""
        teacher = self.graph.config.teacher
        grounded = teacher.kind == "grounded"
        writers = {
            "program_writer": "source" if grounded else teacher.solution_model,
            "repair_writer": teacher.monologue_model if self._debugging else None,
        }
        words = [option(name, value) for name, value in writers.items()]
        words += [option(name, self.graph.value(f"prompts.{name}")) for name in ("style", "label_offset")]
        words += [option("release", self.graph.value("release")), option("configuration", self.configuration)]
        return " ".join(filter(None, words))

    @property
    def configuration(self) -> dict[str, Any]:
        """The settings that the rows depend on; of corpora no folder of this machine."""
        found = {
            section: {key: value for key, value in self.graph.value(section).items() if key not in left_out}
            for section, left_out in SETTINGS.items()
        }
        found["seeds"]["sources"] = [
            source.model_dump(mode="json", exclude={"path"}) | {"name": source.label}
            for source in self.graph.config.seeds.sources
        ]
        settings, teacher = self.graph.value("teacher"), self.graph.config.teacher
        asked = ("samples", "problem_model", "solution_model", "monologue_model", *DECISIVE)
        keys = ("kind",) if teacher.kind == "grounded" else ("kind", *asked)
        found["teacher"] = {key: settings[key] for key in keys}
        if not self._debugging:
            del found["pyx_r"]
        return found
