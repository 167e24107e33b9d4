"""The typed model of config.yaml: every key, its type and its meaning. Unknown keys are refused."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from semcoder.errors import nearest
from semcoder.evaluation.prompts import Style
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.evaluation.sampling import EngineSettings, Sampling
from semcoder.execution.isolation import Isolation
from semcoder.release.settings import ReleaseSettings
from semcoder.section import Count, Fraction, Name, Positive, Section
from semcoder.seeds.sources import Source
from semcoder.tables import ANALYSES, BEYOND, Analysis, Beyond, Executability, Refinement, System, Table
from semcoder.teacher.settings import TeacherSettings
from semcoder.training.recipe import Recipe


def _is_named(path: Path) -> Path:
    if path == Path():
        raise ValueError("names nothing; give a path")
    return path


Place = Annotated[Path, AfterValidator(_is_named)]


class Data(Section):
    """Where external files come from; each is pinned in `versions`."""

    versions: Place = Field(description="the table of external files: location, revision, sha256, licence")
    directory: Place = Field(description="where fetched files are kept, shared by all runs")
    mirror: Path | None = Field(
        description="a folder that serves the same files offline, checked by the same hashes: FILE or NAME/FILE, "
        "and the folder NAME where it is a snapshot"
    )
    reach: list[Literal["pypi", "url", "hub"]] = Field(
        description="kinds of sources that may be asked; benchmarks that none of them (nor the mirror) has are left out"
    )


class Execution(Section):
    """Limits of programs where PyX, traces and monologues are made; benchmarks have their own (evaluation.judging)."""

    cpu_seconds: float = Field(gt=0, description="CPU time of one program with all its inputs")
    memory_mb: Positive = Field(description="address space of one program")
    isolation: Isolation = Field(
        description="`namespaces`, or `rlimits-only` where they are forbidden: then programs can read what you can"
    )
    hash_seeds: list[Annotated[int, Field(ge=0, le=2**32 - 1)]] = Field(
        min_length=2, description="PYTHONHASHSEEDs under which results must agree"
    )

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if len(set(self.hash_seeds)) < len(self.hash_seeds):
            raise ValueError(f"hash_seeds is {self.hash_seeds}, but the same seed twice shows nothing")
        return self


def _is_base(base: str) -> str:
    if base != "debian" and not re.fullmatch(r"\S+@sha256:[0-9a-f]{64}", base):
        raise ValueError(f"{base} is neither debian nor an image with its digest, NAME@sha256:64 hex digits")
    return base


class Containers(Section):
    """Apptainer images, used with `--sdm apptainer`; of no effect on what is computed."""

    directory: Place = Field(description="where images are built and kept")
    lock: Place = Field(
        description="what each image is; written by `snakemake containers`, checked by every run"
    )
    base: Annotated[str, AfterValidator(_is_base)] = Field(
        description="debian, a tree made on the spot, or an image with Python 3.11 as NAME@sha256:DIGEST"
    )


class Seeds(Section):
    """Which pieces of which corpora become seeds."""

    sources: list[Source] = Field(min_length=1, description="corpora, read in this order")
    kinds: list[Literal["function", "statements"]] = Field(description="kinds of seeds taken")
    fraction: Fraction = Field(description="share of files read, chosen by hash")
    min_lines: Positive = Field(description="shortest seed")
    max_lines: Positive = Field(description="longest seed")
    max_context_lines: Count = Field(
        description="most lines of helpers, constants and imports that a function may need"
    )
    statements_per_file: Count = Field(description="runs of top-level statements taken from a file")
    seed: int = Field(description="seed of the sampling")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.min_lines > self.max_lines:
            raise ValueError(f"min_lines is {self.min_lines}, which is above max_lines, {self.max_lines}")
        labels = [source.label for source in self.sources]
        for label in labels:
            if labels.count(label) > 1:
                raise ValueError(f"two of sources are called {label}; give one of them another name")
        return self


class Filters(Section):
    """Which programs may enter PyX (paper section 3.2, App. F)."""

    max_functions: Positive = Field(description="most functions in a program")
    max_lines: Positive = Field(description="most lines of code in a program")
    max_branches: Count = Field(description="most if, for, while and the like in a program")
    allow_classes: bool = Field(description="whether a program may define classes")


class Inputs(Section):
    """Input expansion (paper section 3.2)."""

    threshold: Positive = Field(description="inputs a program is expanded to")
    at_least: Positive = Field(description="programs with fewer inputs that run are dropped")
    rounds: Positive = Field(description="most rounds of mutation and teacher-written inputs")
    max_chars: Positive = Field(description="longest text of the arguments and of the output of one test")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.at_least > self.threshold:
            raise ValueError(
                f"at_least is {self.at_least}, which is above threshold, {self.threshold}: nothing would be kept"
            )
        return self


class NearDuplicates(Section):
    """MinHash over normalised token shingles."""

    threshold: Fraction = Field(description="Jaccard similarity from which two programs count as one")
    permutations: Positive = Field(description="MinHash permutations")


class Pyx(Section):
    """Problems, programs and inputs."""

    source: Literal["own", "released"] = Field(
        description="own, made here; or released: the rows of the authors' PyX and PyX-R in its place"
    )
    shards: Positive = Field(
        description="pieces that the corpus is worked on in; the data do not depend on it"
    )
    retries: Count = Field(description="times the teacher may repair a program that does not run")
    filters: Filters
    inputs: Inputs
    near_duplicates: NearDuplicates
    decontaminate: list[Name] = Field(description="benchmarks whose items must not occur in PyX")
    heldout: Fraction = Field(
        description="share of programs kept out of training, by families, for PyX's own benchmarks"
    )
    max_programs: Count = Field(description="most programs kept, 0 for all")
    seed: int = Field(description="seed of mutation and of the split")


class Tracing(Section):
    """Traces and the baseline formats made from them."""

    per_program: Count = Field(description="tests of a program that are traced, 0 for all")
    max_events: Positive = Field(description="longest trace kept, in steps")
    max_value_chars: Positive = Field(description="longest value kept, in characters")
    max_format_chars: Positive = Field(description="longest rendering in a baseline format")


class MonologueSection(Section):
    """Monologues, forward and backward."""

    writer: Literal["trace", "teacher", "translation"] = Field(
        description="trace: written from the trace; teacher: sampled; translation: the first, retold by the teacher"
    )
    verify: bool = Field(
        description="whether a sampled monologue with a false claim is refused; a translation with one always is"
    )
    revisions: Annotated[int, Field(ge=0, le=1)] = Field(
        description="times a refused sample is sent back to the teacher with what execution showed of it"
    )
    min_coverage: Fraction = Field(
        description="translation: least share of the told lines that must still be told"
    )
    per_program: Count = Field(description="monologues of a program in each direction, 0 for all")
    max_chars: Positive = Field(
        description="longest monologue; a trace is told in less detail until it fits, a longer sample is refused"
    )
    max_total_chars: Count = Field(
        description="question and monologue together, told in less detail as far as it takes; 0 for no bound"
    )
    pages: Positive = Field(description="monologues of each direction that the report steps through")
    seed: int = Field(description="seed of the choice of words; of no effect where the teacher chooses them")


class Prompts(Section):
    """How questions are put to models trained here."""

    style: Literal["corrected", "upstream"] = Field(
        description="corrected, or upstream: byte for byte what the released checkpoints saw"
    )
    label_offset: Count = Field(
        description="added to line numbers in labels [Ln]; the released checkpoints saw 4"
    )


class Model(Section):
    """A model that is not trained here."""

    data: Name = Field(description="its entry in data/versions.csv")
    gguf: bool = Field(default=False, description="the file is GGUF and is converted to safetensors first")
    style: Style = Field(
        default="base",
        description="base: few-shot prompts and completion; upstream or corrected: the prompts it was trained with",
    )
    note: str = Field(
        default="", description="said under every table that has a score of it or of what it became"
    )


class Evaluation(Section):
    """Generation and scoring."""

    engine: EngineSettings
    sampling: Sampling = Field(description="decoding of output and input prediction with reasoning")
    benchmarks: dict[Name, Sampling] = Field(
        default={}, description="benchmarks with a decoding of their own, in any format"
    )
    max_code_tokens: Positive = Field(description="longest program a model may write")
    max_answer_tokens: Positive = Field(description="longest answer in direct prediction")
    shards: Positive = Field(description="pieces that a benchmark is generated in, one GPU each")
    limit: Count = Field(description="items of each benchmark that are used, 0 for all")
    gpus: Count = Field(description="GPUs of one generation job")


class Training(Section):
    """What every training run shares."""

    gpus: Count = Field(description="GPUs of one training job on each of its nodes, 0 for the CPU")
    nodes: Positive = Field(
        default=1, description="nodes of one training job; more than one are SLURM's (`--profile slurm`)"
    )
    decontaminate: list[Name] = Field(
        description="benchmarks whose items must not occur in other data sets (`extra` of recipes)"
    )

    @model_validator(mode="after")
    def _nodes_have_gpus(self) -> Self:
        if self.nodes > 1 and not self.gpus:
            raise ValueError(f"nodes is {self.nodes}, but gpus is 0; several nodes train on GPUs alone")
        return self


class Contests(Section):
    """The contest part of SemCoder-S (paper section 5, App. F): rows of `code_contests`, where a recipe names it."""

    by: Literal["teacher", "given"] = Field(
        description="whose solutions: the teacher's, as the paper has it, or those of the data set"
    )
    tries: Positive = Field(description="most solutions tried of a problem")
    per_problem: Positive = Field(description="most solutions kept of a problem")
    tests: Positive = Field(description="most tests that a solution must pass, the shown ones first")


class PyxR(Section):
    """The debugging set (paper section 3.3)."""

    model: Name = Field(description="the model whose failing solutions are debugged")
    sampling: Sampling
    per_program: Positive = Field(description="buggy solutions kept of a program")


class Config(Section):
    """The whole configuration."""

    results: Place = Field(description="folder of everything that rules make")
    data: Data
    containers: Containers
    execution: Execution
    seeds: Seeds
    teacher: TeacherSettings
    pyx: Pyx
    tracing: Tracing
    monologue: MonologueSection
    prompts: Prompts
    models: dict[Name, Model] = Field(description="models not trained here")
    recipes: dict[Name, Recipe] = Field(description="training runs")
    training: Training
    evaluation: Evaluation
    contests: Contests
    pyx_r: PyxR
    refinement: dict[Name, Refinement] = Field(description="tables and figures of self-refinement")
    systems: dict[Name, System] = Field(description="rows of tables")
    tables: dict[Name, Table] = Field(description="tables of scores")
    executability: Executability
    release: ReleaseSettings
    analysis: Analysis
    beyond: Beyond
    targets: list[Name] = Field(description="tables and figures that the whole run makes")

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        models = {*self.models, *self.recipes}
        check_references(
            [
                *((f"recipes.{k}.base", [r.base], models) for k, r in self.recipes.items()),
                *((f"systems.{k}.model", [s.model], models) for k, s in self.systems.items()),
                *((f"tables.{k}.systems", t.systems, set(self.systems)) for k, t in self.tables.items()),
                *((f"refinement.{k}.models", t.models, models) for k, t in self.refinement.items()),
                *((f"tables.{k}.benchmarks", t.benchmarks, set(BENCHMARKS)) for k, t in self.tables.items()),
                *(
                    (f"refinement.{k}.benchmarks", t.benchmarks, set(BENCHMARKS))
                    for k, t in self.refinement.items()
                ),
                *(
                    (
                        f"refinement.{k}.paper_rows",
                        t.paper_rows,
                        {f"{m} ({r})" for m in t.models for r in t.rationales},
                    )
                    for k, t in self.refinement.items()
                ),
                ("evaluation.benchmarks", self.evaluation.benchmarks, set(BENCHMARKS)),
                ("pyx_r.model", [self.pyx_r.model], models),
                ("beyond.robustness.systems", self.beyond.robustness.systems, set(self.systems)),
                ("beyond.states.systems", self.beyond.states.systems, set(self.systems)),
                ("targets", self.targets, {*self.tables, *self.refinement, *ANALYSES}),
            ]
        )
        if self.monologue.writer != "trace" and self.teacher.kind == "grounded":
            raise ValueError(
                f"monologue.writer is {self.monologue.writer}, which needs a language model, but teacher.kind is "
                f"grounded; set monologue.writer to trace, or teacher.kind to openai"
            )
        for name in BEYOND:
            if name in self.tables or name in self.refinement:
                raise ValueError(f"tables.{name}: beyond.{name} makes a table of that name; rename yours")
        for one, other in (("models", "recipes"), ("tables", "refinement")):
            for name in getattr(self, one).keys() & getattr(self, other).keys():
                raise ValueError(f"{other}.{name}: {one} has the same name; rename one of the two")
        for name in self.recipes:
            self._check_chain(name)
        return self

    @property
    def score_tables(self) -> dict[str, Table]:
        """Every table of scores: the configured ones, and those beyond the paper."""
        return {**self.tables, **self.beyond.tables}

    @property
    def wanted(self) -> list[str]:
        """Tables and figures that the whole run makes."""
        return [*self.targets, *self.beyond.enabled]

    def _check_chain(self, name: str) -> None:
        chain = [name]
        while (base := self.recipes[chain[-1]].base) in self.recipes:
            if base in chain:
                raise ValueError(
                    f"recipes.{chain[-1]}.base is {base}, which is itself trained from {chain[-1]}; "
                    f"a chain of recipes begins with one of {', '.join(sorted(self.models))}"
                )
            chain.append(base)


def check_references(references: Iterable[tuple[str, Iterable[str], Collection[str]]]) -> None:
    """Raise ValueError on the first of (key, names, allowed names) with a name that is not allowed."""
    for key, names, allowed in references:
        for name in names:
            if name not in allowed:
                raise ValueError(
                    f"{key}: {name} is not defined{nearest(name, allowed)}; "
                    f"allowed are {', '.join(sorted(allowed))}"
                )
