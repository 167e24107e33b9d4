"""The tables of the configuration: the paper's, and those beyond it."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from semcoder.evaluation.prompts import PromptFormat
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.evaluation.sampling import Sampling
from semcoder.section import Count, Name, Section

EXECUTABILITY, SIMILARITY, CATEGORIES = "table7", "figure5", "figure6"
ANALYSES = {EXECUTABILITY: "executability", SIMILARITY: "similarity", CATEGORIES: "categories"}
"""Targets in which no scores stand, with the rule that makes each."""
BEYOND = ("robustness", "states", "contamination")
"""Tables beyond the paper's."""


class System(Section):
    """A row of a table: a model and the way it is asked to reason."""

    model: Name = Field(description="a model, or a recipe trained here")
    format: PromptFormat = Field(description="reasoning format of its answers on output and input prediction")
    paper: str = Field(default="", description="what the paper's tables call it (results/paper/*.csv)")


class Table(Section):
    """A table of scores."""

    title: str = Field(description="what the table shows")
    systems: list[Name] = Field(description="rows")
    benchmarks: list[Name] = Field(description="columns")
    paper: list[Path] = Field(default=[], description="the paper's numbers shown beside")
    note: str = Field(default="", description="said under the table")
    paired: list[tuple[Name, Name]] = Field(
        default=[],
        description="two rows each, compared item by item under the table, the first less the second",
    )

    @model_validator(mode="after")
    def _rows(self) -> Self:
        if strange := sorted({row for pair in self.paired for row in pair} - {*self.systems}):
            raise ValueError(f"paired: {', '.join(strange)} is not among the table's systems")
        return self


class Refinement(Section):
    """A table or figure of iterative self-refinement (paper section 6.3)."""

    title: str = Field(description="what the table shows")
    models: list[Name] = Field(description="models that refine their own answers")
    benchmarks: list[Name] = Field(description="benchmarks that they answer")
    rationales: list[Literal["monologue", "trace", "none"]] = Field(description="what stands before a repair")
    rounds: list[Count] = Field(
        min_length=1, description="rounds shown, 0 for the first answers; the paper's numbers are of the last"
    )
    feedback: Literal["base", "plus"] = Field(
        description="tests whose failures are shown; plus leaks the hidden tests"
    )
    sampling: Sampling
    paper: list[Path] = Field(default=[], description="the paper's numbers shown beside")
    paper_rows: dict[str, str] = Field(
        default={}, description='what the paper calls a row, which here is "model (rationale)"'
    )
    note: str = Field(default="", description="said under the table")


class Executability(Section):
    """Table 7: how much of another instruction set runs (paper App. E)."""

    data: Name = Field(description="the instruction set, an entry of data/versions.csv")
    language: str = Field(description="only rows of this language")


class Analysis(Section):
    """Figures 5 and 6: PyX beside benchmarks and other instruction sets (paper App. F)."""

    benchmarks: list[Name] = Field(description="benchmarks compared with, entries of data/versions.csv")
    beside: list[Name] = Field(default=[], description="other instruction sets, entries of data/versions.csv")
    sample: Count = Field(description="samples of each set compared with the benchmarks, 0 for all")
    seed: int = Field(description="seed of the draw of these samples")


class Robustness(Section):
    """CRUXEval and LCB-Exec with renamed and restructured programs (evaluation.variants)."""

    enabled: bool = Field(description="whether the whole run makes table `robustness`")
    systems: list[Name] = Field(description="rows")
    benchmarks: list[Literal["cruxeval_output", "cruxeval_input", "lcb_execution"]] = Field(
        description="benchmarks whose programs are changed"
    )
    changes: list[Literal["renamed", "restructured"]] = Field(description="what is changed of them")
    seed: int = Field(description="seed of the changes")


class States(Section):
    """Questions about values, next lines and rounds of loops in the middle of runs (evaluation.states)."""

    enabled: bool = Field(description="whether the whole run makes table `states`")
    systems: list[Name] = Field(description="rows")
    source: Literal["cruxeval_output", "lcb_execution", "pyx_output"] = Field(
        description="benchmark whose programs and inputs are asked about"
    )
    per_kind: Count = Field(description="most questions of a kind, 0 for all")
    seed: int = Field(description="seed of the choice")


class Contamination(Section):
    """Benchmark items in training mixtures (pyx.overlap)."""

    enabled: bool = Field(
        description="whether the whole run makes table `contamination`: the benchmarks and mixtures of its tables"
    )


class Beyond(Section):
    """What the paper does not measure. Each is a target by its name, whether enabled or not."""

    robustness: Robustness
    states: States
    contamination: Contamination

    @property
    def enabled(self) -> list[str]:
        """Tables that the whole run makes."""
        return [name for name in BEYOND if getattr(self, name).enabled]

    @property
    def tables(self) -> dict[str, Table]:
        """Those in which scores stand."""
        asked = self.robustness.benchmarks
        changed = [f"{each}_{change}" for each in asked for change in self.robustness.changes]
        return {
            "robustness": Table(
                title="Renamed and restructured programs (pass@1 and points lost)",
                systems=self.robustness.systems,
                benchmarks=[*asked, *changed],
            ),
            "states": Table(
                title="Questions about the middle of a run (pass@1)",
                systems=self.states.systems,
                benchmarks=["states_value", "states_next", "states_loop"],
                note=f"Asked about programs and inputs of {BENCHMARKS[self.states.source].title}; answers are those of "
                "the traces.",
            ),
        }
