"""The typed model of config.yaml: every key, its type and its meaning. Unknown keys are refused."""

import difflib
import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import typer
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from semcoder.errors import UserError
from semcoder.evaluation.prompts import PromptFormat, Style
from semcoder.evaluation.sampling import EngineSettings, Sampling
from semcoder.seeds.sources import Source
from semcoder.teacher.settings import TeacherSettings
from semcoder.training.recipe import Recipe

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A block of the configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Section):
    """Where external files come from; each is pinned in `versions`."""

    versions: Path = Field(description="the table of external files: location, revision, sha256, licence")
    directory: Path = Field(description="where fetched files are kept, shared by all runs")
    mirror: Path | None = Field(
        description="a folder that serves the same files offline, checked by the same hashes"
    )
    reach: list[Literal["pypi", "url", "hub"]] = Field(
        description="kinds of sources that may be asked; benchmarks that none of them (nor the mirror) has are left out"
    )


class Execution(Section):
    """Limits of every sandboxed program."""

    cpu_seconds: float = Field(gt=0, description="CPU time of one program with all its inputs")
    memory_mb: Positive = Field(description="address space of one program")
    hash_seeds: list[int] = Field(min_length=2, description="PYTHONHASHSEEDs under which results must agree")


class Seeds(Section):
    """Which pieces of which corpora become seeds."""

    sources: list[Source] = Field(description="corpora, read in this order")
    kinds: list[Literal["function", "statements"]] = Field(description="kinds of seeds taken")
    fraction: Fraction = Field(description="share of files read, chosen by hash")
    min_lines: Positive = Field(description="shortest seed")
    max_lines: Positive = Field(description="longest seed")
    max_context_lines: Count = Field(
        description="most lines of helpers, constants and imports that a function may need"
    )
    statements_per_file: Count = Field(description="runs of top-level statements taken from a file")
    seed: int = Field(description="seed of the sampling")


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


class NearDuplicates(Section):
    """MinHash over normalised token shingles."""

    threshold: Fraction = Field(description="Jaccard similarity from which two programs count as one")
    permutations: Positive = Field(description="MinHash permutations")


class Pyx(Section):
    """Problems, programs and inputs."""

    shards: Positive = Field(
        description="pieces that the corpus is worked on in; results do not depend on it"
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

    writer: Literal["trace", "teacher"] = Field(
        description="written from the trace, or sampled from the teacher"
    )
    per_program: Count = Field(description="monologues of a program in each direction, 0 for all")
    max_chars: Positive = Field(
        description="longest monologue; a trace is told in less detail until it fits, a longer sample is refused"
    )
    seed: int = Field(description="seed of the choice of words; of no effect where the teacher chooses them")


class Prompts(Section):
    """How questions are put to models trained here."""

    style: Style = Field(
        description="corrected, or upstream: byte for byte what the released checkpoints saw"
    )
    label_offset: Count = Field(
        description="added to line numbers in labels [Ln]; the released checkpoints saw 4"
    )


class Model(Section):
    """A model that is not trained here."""

    data: Name = Field(description="its entry in data/versions.csv")
    gguf: bool = Field(default=False, description="the file is GGUF and is converted to safetensors first")
    style: Style | None = Field(
        default=None, description="prompt style it was trained with, if not prompts.style"
    )
    note: str = Field(
        default="", description="said under every table that has a score of it or of what it became"
    )


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


class Refinement(Section):
    """A table or figure of iterative self-refinement (paper section 6.3)."""

    title: str = Field(description="what the table shows")
    models: list[Name] = Field(description="models that refine their own answers")
    benchmarks: list[Name] = Field(description="benchmarks that they answer")
    rationales: list[Literal["monologue", "trace", "none"]] = Field(description="what stands before a repair")
    feedback: Literal["base", "plus"] = Field(
        description="tests whose failures are shown; plus leaks the hidden tests"
    )
    sampling: Sampling
    paper: list[Path] = Field(default=[], description="the paper's numbers shown beside")
    note: str = Field(default="", description="said under the table")


class Evaluation(Section):
    """Generation and scoring."""

    engine: EngineSettings
    sampling: Sampling = Field(description="decoding of output and input prediction with reasoning")
    max_code_tokens: Positive = Field(description="longest program a model may write")
    max_answer_tokens: Positive = Field(description="longest answer in direct prediction")
    shards: Positive = Field(description="pieces that a benchmark is generated in, one GPU each")
    limit: Count = Field(description="items of each benchmark that are used, 0 for all")
    gpus: Count = Field(description="GPUs of one generation job")


class Training(Section):
    """What every training run shares."""

    gpus: Count = Field(description="GPUs of one training job, 0 for the CPU")


class PyxR(Section):
    """The debugging set (paper section 3.3)."""

    model: Name = Field(description="the model whose failing solutions are debugged")
    sampling: Sampling
    per_program: Positive = Field(description="buggy solutions kept of a program")


class Executability(Section):
    """Table 7: how much of another instruction set runs (paper App. E)."""

    data: Name = Field(description="the instruction set, an entry of data/versions.csv")
    language: str = Field(description="only rows of this language")


class Config(Section):
    """The whole configuration."""

    results: Path = Field(description="folder of everything that rules make")
    data: Data
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
    pyx_r: PyxR
    refinement: dict[Name, Refinement]
    systems: dict[Name, System] = Field(description="rows of tables")
    tables: dict[Name, Table]
    executability: Executability
    targets: list[Name] = Field(description="tables that the whole run makes")

    @model_validator(mode="after")
    def _names_exist(self) -> "Config":
        models = {*self.models, *self.recipes}
        for key, names, allowed in [
            *((f"recipes.{k}.base", [r.base], models) for k, r in self.recipes.items()),
            *((f"systems.{k}.model", [s.model], models) for k, s in self.systems.items()),
            *((f"tables.{k}.systems", t.systems, set(self.systems)) for k, t in self.tables.items()),
            *((f"refinement.{k}.models", t.models, models) for k, t in self.refinement.items()),
            ("pyx_r.model", [self.pyx_r.model], models),
            ("targets", self.targets, {*self.tables, *self.refinement, "table7"}),
        ]:
            for name in names:
                if name not in allowed:
                    raise ValueError(f"{key}: {name} is not defined{_nearest(name, allowed)}")
        return self


def parse(values: dict[str, Any], source: str = "config.yaml") -> Config:
    """The configuration; raises UserError with one sentence on the first wrong key."""
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise UserError(f"{source}: {_sentence(error, values)}") from error


def load(paths: list[Path]) -> Config:
    """Read YAML files, later ones over earlier ones as Snakemake lays them, and check the result."""
    merged: dict[str, Any] = {}
    for path in paths:
        try:
            _lay_over(merged, yaml.safe_load(path.read_text()) or {})
        except (OSError, yaml.YAMLError) as error:
            raise UserError(f"{path}: {' '.join(str(error).split())}") from error
    return parse(merged, str(paths[-1]))


def _lay_over(below: dict[str, Any], above: dict[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            _lay_over(below[key], value)
        else:
            below[key] = value


def _sentence(error: ValidationError, values: dict[str, Any]) -> str:
    # Unknown keys first: a misspelt key also shows up as a missing one.
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    place = tuple(part for part in first["loc"] if not _is_tag(part, first["loc"], values))
    key = ".".join(str(part) for part in place)
    if first["type"] == "extra_forbidden":
        allowed = _fields(place[:-1])
        return f"unknown key {key}{_nearest(str(place[-1]), allowed)}; allowed here: {', '.join(sorted(allowed))}."
    if first["type"] == "missing":
        return f"key {key} is missing; {_describe(place)}."
    if first["type"] == "value_error":
        return f"{key + ': ' if key else ''}{first['msg'].removeprefix('Value error, ')}."
    allowed_text = f"; {_describe(place)}" if _describe(place) else ""
    return f"{key} is {json.dumps(first['input'], default=str)}, but {_lower(first['msg'])}{allowed_text}."


def _is_tag(part: Any, loc: tuple[Any, ...], values: Any) -> bool:
    """Whether pydantic put a union's tag into the location, where the file has no such level."""
    at: Any = values
    for step in loc[: loc.index(part)]:
        if (isinstance(at, dict) and step in at) or (
            isinstance(at, list) and isinstance(step, int) and step < len(at)
        ):
            at = at[step]
    return isinstance(at, dict) and isinstance(part, str) and at.get("kind") == part


def _model_at(place: tuple[Any, ...]) -> Any:
    """The annotation that a place in the configuration has."""
    at: Any = Config
    for part in place:
        at = _step(at, part)
    return at


def _step(at: Any, part: Any) -> Any:
    for option in [at, *get_args(at)]:
        for inner in [option, *get_args(option)]:
            if isinstance(inner, type) and issubclass(inner, BaseModel) and part in inner.model_fields:
                return inner.model_fields[part].annotation
    arguments = get_args(at)
    return arguments[-1] if arguments else None


def _fields(place: tuple[Any, ...]) -> set[str]:
    at = _model_at(place)
    found: set[str] = set()
    for option in [at, *get_args(at)]:
        for inner in [option, *get_args(option)]:
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                found |= set(inner.model_fields)
    return found


def _describe(place: tuple[Any, ...]) -> str:
    if not place or not isinstance(place[-1], str):
        return ""
    owner = _model_at(place[:-1])
    for option in [owner, *get_args(owner)]:
        if isinstance(option, type) and issubclass(option, BaseModel) and place[-1] in option.model_fields:
            return option.model_fields[place[-1]].description or ""
    return ""


def _nearest(name: str, allowed: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(allowed), n=1, cutoff=0.5)
    return f" (did you mean {close[0]}?)" if close else ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def main(
    files: Annotated[list[Path], typer.Argument(help="YAML files; later ones are laid over earlier ones.")],
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of the configuration.")
    ] = False,
) -> None:
    """Check configuration files and print the merged result as JSON.

    Example: semcoder config config.yaml profiles/quickstart/scale.yaml
    """
    result = Config.model_json_schema() if schema else load(files).model_dump(mode="json")
    json.dump(result, sys.stdout, indent=2)
    print()
