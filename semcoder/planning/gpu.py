"""What training and generation take of a GPU, by model and card. Estimates, from semcoder.training.forecast on."""

from pathlib import Path
from typing import NamedTuple

from semcoder.graph import Graph
from semcoder.planning.dryrun import Step
from semcoder.planning.sizes import Sizes
from semcoder.training.forecast import CHECKPOINT, GB, SHARE, Card, Shape, shape_of

MEAN_TOKENS = 512
"""Of an example (docs/artifact-evaluation.md), where the recipe does not cut it shorter."""
PROMPT_TOKENS = 512
"""Of a question, about."""
GENERATING = 0.1
"""Of a card's peak while answers are written: a guess, vLLM was not run on a GPU here."""
LOADING_S = 120.0
"""In which vLLM loads a 6.7B model, about."""
CPU_TERAFLOPS = 0.36
"""Of 2 cores of an AMD EPYC with AVX-512: SmolLM2-135M trained at 443 tokens a second in bfloat16."""
CPU_GENERATING = 0.1
"""Of these while answers are written: the same model at 366 tokens a second."""
SHAPES = {
    "deepseek-coder-6.7b-base": (4096, 11008, 32, 32, 32, 32256, False),
    "semcoder_1030": (4096, 11008, 32, 32, 32, 32256, False),
    "semcoder_s_1030": (4096, 11008, 32, 32, 32, 32256, False),
    "smollm2-135m-gguf": (576, 1536, 30, 9, 3, 49152, True),
}
"""{entry of data/versions.csv: hidden, intermediate, layers, heads, key heads, words, tied}, of their config.json."""
FIELDS = (
    *("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"),
    *("num_key_value_heads", "vocab_size", "tie_word_embeddings"),
)


class Work(NamedTuple):
    """What one job computes."""

    model: str
    """A model or recipe."""
    training: bool
    operations: float
    """Floating-point; without what is computed again."""
    loading_s: float = 0.0

    def seconds(self, card: Card | None, cards: int) -> float:
        """On so many cards, or on a CPU where there is none."""
        if card is None:
            share = 1.0 if self.training else CPU_GENERATING
            return self.operations / (CPU_TERAFLOPS * 1e12 * share)
        share = SHARE if self.training else GENERATING
        return self.loading_s * (cards > 0) + self.operations / (cards * card.teraflops * 1e12 * share)


class Models:
    """The weights of a configuration's models, and what jobs compute with them."""

    def __init__(self, graph: Graph, sizes: Sizes) -> None:
        self._graph, self._sizes = graph, sizes

    def weights(self, model: str) -> int | None:
        """How many, of a model or of what a recipe starts from; None where nobody knows before it is fetched."""
        config = self._graph.config
        while model in config.recipes:
            model = config.recipes[model].base
        folder = Path(self._graph.models.path(model))
        if (folder / "config.json").is_file() and (shape := shape_of(folder)) is not None:
            return shape.weights
        return self.of_entry(config.models[model].data)

    def of_entry(self, name: str) -> int | None:
        """The same of a model as data/versions.csv, or the configuration, calls it."""
        entry = self._graph.config.models[name].data if name in self._graph.config.models else name
        if entry not in SHAPES:
            return None
        known = dict(zip(FIELDS, SHAPES[entry], strict=True))
        return Shape.model_validate({"model_type": "llama", **known}).weights

    def work(self, step: Step) -> Work | None:
        """What a job of a model computes; None for other jobs, and for models that nobody knows the size of."""
        model = step.wildcards.get("recipe" if step.rule == "train" else "model", "")
        if step.rule not in ("train", "generate", "sample_buggy", "refine_round"):
            return None
        if (weights := self.weights(model)) is None:
            return None
        if step.rule == "train":
            return Work(model, True, 6 * weights * self.training_tokens(model))
        asked, answered = self._tokens(step)
        shares = step.shards
        # Reading a question is as parallel as training, and so as good a use of the card.
        operations = 2 * weights * (answered + asked * GENERATING / SHARE) / shares
        return Work(model, False, operations, LOADING_S if step.gpus else 15.0)

    def training_tokens(self, recipe: str) -> float:
        """Of all steps of a run."""
        settings = self._graph.config.recipes[recipe]
        rows = self._sizes.rows(recipe).value * settings.epochs
        if settings.max_steps > 0:
            rows = min(rows, settings.max_steps * settings.examples_per_step)
        return rows * min(MEAN_TOKENS, settings.max_tokens)

    def _tokens(self, step: Step) -> tuple[float, float]:
        """(asked, answered) of all shards of a job's kind: every answer at its limit, so at most."""
        config = self._graph.config
        if step.rule == "sample_buggy":
            answers = self._sizes.programs.value * config.pyx_r.sampling.n
            return answers * PROMPT_TOKENS, answers * config.pyx_r.sampling.max_tokens
        benchmark = step.wildcards["benchmark"]
        items = self._sizes.items(benchmark)
        if step.rule == "refine_round":
            sampling = config.refinement[step.wildcards["refinement"]].sampling
            return 2 * items * PROMPT_TOKENS, 2 * items * sampling.max_tokens  # rationale and repair
        sampling = config.evaluation.benchmarks.get(benchmark) or config.evaluation.sampling
        limits = {"code": config.evaluation.max_code_tokens, "direct": config.evaluation.max_answer_tokens}
        limit = sampling.max_tokens
        if benchmark not in config.evaluation.benchmarks:
            limit = limits.get(step.wildcards["format"], limit)
        return items * sampling.n * PROMPT_TOKENS, items * sampling.n * limit


def training_disk_gb(weights: int) -> float:
    """While a model is trained: two checkpoints with the optimiser's states."""
    return weights * 2 * CHECKPOINT / GB


def model_disk_gb(weights: int) -> float:
    """Of a finished or fetched model in bfloat16."""
    return weights * 2 / GB
