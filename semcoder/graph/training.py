"""Mixtures and training runs: what they are made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from semcoder.errors import UserError
from semcoder.evaluation.prompts import LABELLED, RELEASED_LABEL_OFFSET
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.graph.options import option
from semcoder.training.recipe import MIXTURE_FIELDS

if TYPE_CHECKING:
    from semcoder.graph import Graph


DIRECTIONS = ("forward", "backward")
RENDERED = ("scratchpad", "next", "concise", "direct")
THREADS = 32
"""Of a node with GPUs."""
CONTESTS = "code_contests"
"""The data set of contest problems, an entry of data/versions.csv: its rows are what `contests solve` makes of it."""
RELEASED = {"PyX": "released", "PyX-R": "refine"}
"""{data set of the authors, an entry of data/versions.csv: the option of `training mix` that takes its examples}"""


def launcher(gpus: int, nodes: int = 1, image: str = "") -> str:
    """What starts the training command: itself, or one process for each GPU of the node, or of several.

    Several are SLURM's: one torchrun a node, and they meet on the node that the job's shell runs on. That shell runs
    outside of the `image`, in which there is no SLURM to ask for the other nodes; each torchrun runs inside.
    """
    if gpus * nodes < 2:
        return "semcoder"
    # The scheduler's warning and its kill reach every process, with time to write a checkpoint.
    signals = "--signals-to-handle SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1 --shutdown-timeout 1800"
    # Without the -- torchrun takes the command's --log for an option of its own.
    started = f"--nproc_per_node {gpus} {signals} -m -- semcoder.cli"
    if nodes == 1:
        return f"torchrun --standalone {started}"
    # A node that has saved may leave before the first one has marked the checkpoint whole: its exit kills nobody.
    each = f"--gpus-per-node {gpus} --cpus-per-task {THREADS} --kill-on-bad-exit 0"
    srun = f"srun --nodes {nodes} --ntasks {nodes} {each}"
    inside = f'apptainer exec --home "$PWD" {image} ' if image else ""
    meeting = '--rdzv-id "$SLURM_JOB_ID" --rdzv-endpoint "$(hostname):$((20000 + SLURM_JOB_ID % 20000))"'
    return f"{srun} {inside}torchrun --nnodes {nodes} --rdzv-backend c10d {meeting} {started}"


@dataclass(frozen=True)
class TrainingRuns:
    """Mixtures and training runs."""

    graph: Graph
    threads: int = THREADS

    @property
    def recipes(self) -> list[str]:
        """All recipes."""
        return list(self.graph.config.recipes)

    def launcher(self, image: str) -> str:
        """What starts the training command; `image` is empty where jobs run in none."""
        training = self.graph.config.training
        return launcher(training.gpus, training.nodes, image)

    @property
    def devices(self) -> str:
        """`--gpus`, and `--nodes` where there are several."""
        training = self.graph.config.training
        nodes = f" {option('nodes', training.nodes)}" if training.nodes > 1 else ""
        return f"{option('gpus', training.gpus)}{nodes}"

    @property
    def nodes(self) -> dict[str, int | str]:
        """What a job on several nodes asks SLURM for besides GPUs: one task a node, which the job starts itself."""
        nodes = self.graph.config.training.nodes
        return {"nodes": nodes, "tasks": nodes, "tasks_per_gpu": 0, "mpi": "srun"} if nodes > 1 else {}

    def base(self, recipe: str) -> str:
        """The folder of the model that training starts from."""
        return self.graph.models.path(self.graph.config.recipes[recipe].base)

    def recipe(self, name: str) -> str:
        """`--recipe` of a training run: all of the recipe that has an effect on it."""
        recipe = dict(self.graph.value("recipes")[name])
        if recipe["pack_tokens"]:
            del recipe["micro_batch"]
        return option("recipe", recipe)

    def mixture_recipe(self, name: str) -> str:
        """`--recipe` of a mixture: the fields that decide what is in it."""
        recipe = self.graph.value("recipes")[name]
        return option("recipe", {key: recipe[key] for key in MIXTURE_FIELDS})

    def labels(self, format: str) -> str:
        """`--label-offset` of a format that has labels."""
        offset = self.graph.config.prompts.label_offset
        return option("label_offset", offset) if format in LABELLED else ""

    def mixture_prompts(self, name: str) -> str:
        """How the questions of a mixture are put, as far as it has any."""
        recipe, prompts = self.graph.config.recipes[name], self.graph.config.prompts
        made_here = self.graph.config.pyx.source == "own"
        reasons = made_here and (recipe.tasks.forward or recipe.tasks.backward)
        style = option("style", prompts.style) if reasons or recipe.extra else ""
        return f"{style} {self.labels(recipe.format) if reasons else ''}".strip()

    def mixture_inputs(self, name: str) -> dict[str, list[str] | str]:
        """The files that a mixture is made from."""
        return {key: value for key, (_, value) in self._mixture_files(name).items()}

    def mixture_options(self, name: str) -> str:
        """The same as options of `training mix`."""
        words = []
        for key, (flag, value) in self._mixture_files(name).items():
            paths = [value] if isinstance(value, str) else value
            words += [option(flag, f"{key}={path}" if flag == "extra" else path) for path in paths]
        return " ".join(words)

    def _mixture_files(self, name: str) -> dict[str, tuple[str, list[str] | str]]:
        config, results = self.graph.config, self.graph.results
        recipe = config.recipes[name]
        files: dict[str, tuple[str, list[str] | str]] = {"tokenizer": ("tokenizer", self._first_base(name))}
        if config.pyx.source == "released":
            sets = self.released_for([name])
            files |= {RELEASED[each]: (RELEASED[each], self.released(each)) for each in sets}
            return files | {each: ("extra", self.extra(each)) for each in sorted(recipe.extra)}
        if recipe.soft:
            files["soft"] = ("soft", f"{results}/pyx/soft.jsonl")
        if recipe.soft or recipe.tasks.nl2code or recipe.tasks.forward or recipe.tasks.backward:
            files |= {
                "problems": ("problems", f"{results}/pyx/problems.jsonl"),
                "programs": ("programs", f"{results}/pyx/train.jsonl"),
                "tests": ("tests", f"{results}/pyx/tests.jsonl"),
            }
        rationales = [
            path
            for each in recipe.compare or [recipe.format]
            for direction in DIRECTIONS
            if getattr(recipe.tasks, direction)
            for path in self.shards(f"{self._folder(each)}/{direction}/{{}}.jsonl")
        ]
        if rationales:
            files["rationales"] = ("rationales", rationales)
        if recipe.tasks.refine:
            files["refine"] = ("refine", f"{results}/pyx_r/pyx_r.jsonl")
        files |= {each: ("extra", self.extra(each)) for each in sorted(recipe.extra)}
        return files

    @property
    def extras(self) -> list[str]:
        """The other data sets that recipes take rows of."""
        return self.extras_for(self.recipes)

    def extra_source(self, name: str) -> list[str]:
        """The files that another data set is made clean from: those fetched, or our solutions of contest problems."""
        return self.shards("contests/{}.jsonl") if name == CONTESTS else [self.graph.data.path(name)]

    def extra(self, name: str) -> str:
        """The clean rows of another data set."""
        return f"{self.graph.results}/extras/{name}.jsonl"

    def extras_for(self, recipes: Iterable[str]) -> list[str]:
        """The other data sets that these recipes take rows of."""
        return sorted({name for each in recipes for name in self.graph.config.recipes[each].extra})

    def licence(self, name: str) -> str:
        """`--licence` of another data set."""
        return option("licence", self.graph.entries[name].licence)

    def released(self, name: str) -> str:
        """The examples of a released data set."""
        return f"{self.graph.results}/released/{name}.jsonl"

    def released_for(self, recipes: Iterable[str]) -> list[str]:
        """The released data sets that recipes are made from, where pyx.source says so; PyX first."""
        if self.graph.config.pyx.source == "own":
            return []
        tasks = [self.graph.config.recipes[each].tasks for each in recipes]
        told = any(each.nl2code or each.forward or each.backward for each in tasks)
        return [*(["PyX"] if told else []), *(["PyX-R"] if any(each.refine for each in tasks) else [])]

    def check_released(self) -> None:
        """Raise UserError where the released PyX cannot stand for ours: it holds prompts in upstream's style, and
        monologues alone."""
        config = self.graph.config
        if config.pyx.source == "own":
            return
        if (config.prompts.style, config.prompts.label_offset) != ("upstream", RELEASED_LABEL_OFFSET):
            raise UserError(
                f"pyx.source is released, whose prompts are upstream's, and what is trained must be what is asked; "
                f"set prompts.style to upstream and prompts.label_offset to {RELEASED_LABEL_OFFSET}."
            )
        for name in config.targets:
            for model in self.graph.evaluation.with_bases(self.graph.evaluation.models_in([name])):
                recipe = config.recipes.get(model)
                if recipe and (recipe.format != "monologue" or recipe.compare or recipe.soft):
                    raise UserError(
                        f"targets: {name} needs recipe {model}, whose rows the released PyX does not hold (only "
                        f"monologues of programs that ran); leave it out, or set pyx.source to own."
                    )
            for benchmark in getattr(
                config.tables.get(name) or config.refinement.get(name), "benchmarks", ()
            ):
                if not BENCHMARKS[benchmark].entry:
                    raise UserError(
                        f"targets: {name} needs {benchmark}, which is made of our PyX; leave it out, or set "
                        f"pyx.source to own."
                    )

    def _folder(self, format: str) -> str:
        """Where the rows of a format are."""
        return (
            f"formats/{format}" if format in RENDERED else f"monologues/{self.graph.config.monologue.writer}"
        )

    def _first_base(self, name: str) -> str:
        """The model at the start of a chain of recipes: its tokenizer is that of them all."""
        base = self.graph.config.recipes[name].base
        return self._first_base(base) if base in self.graph.config.recipes else self.graph.models.path(base)

    def shards(self, pattern: str) -> list[str]:
        """The files of a data stage, one a shard."""
        count = self.graph.config.pyx.shards
        return [f"{self.graph.results}/{pattern.format(f'{i}-of-{count}')}" for i in range(1, count + 1)]
