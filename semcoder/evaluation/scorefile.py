"""The score of one model on one benchmark, as `semcoder evaluation judge` writes it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from semcoder.evaluation.sampling import Sampling

FewShot = Literal["", "benchmark", "ours"]
Feedback = Literal["", "base", "plus"]


class Setup(BaseModel):
    """How generations were made, as `semcoder evaluation generate` and `semcoder refine round` write it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: str
    """What ran the model, and its arithmetic: `vllm bfloat16`."""
    versions: dict[str, str] = {}
    """Of Python and the engine's libraries; a server does not tell its own."""
    batch: dict[str, int | float] = {}
    """The engine's settings that decide what is computed together (sampling.BATCH_FIELDS)."""
    sampling: Sampling
    """Decoding."""
    style: str
    """How it was asked (evaluation.prompts)."""
    few_shot: FewShot = ""
    """Whose examples stand before the question: the benchmark's own prompt, or ours; empty where there are none."""
    feedback: Feedback = ""
    """Whose failures a round of refinement showed; `plus`: the hidden tests that are scored, too."""
    revision: str
    """Which model: the commit or the file's hash that it was fetched by, else the sha256 of its weights."""

    @property
    def words(self) -> str:
        """The same for a reader."""
        decoding = self.sampling
        how = f"T={decoding.temperature:g}, top-p {decoding.top_p:g}" if decoding.temperature else "greedy"
        samples = f", {decoding.n} samples" if decoding.n > 1 else ""
        seed = f", seed {decoding.seed}" if decoding.temperature else ""
        shots = {"": "", "benchmark": ", few-shot: the benchmark's own", "ours": ", few-shot: ours"}
        leaks = ", shown the hidden tests that are scored (a leak)" if self.feedback == "plus" else ""
        return (
            f"{self.engine}, {how}{samples}{seed}, at most {decoding.max_tokens} tokens, {self.style} prompts"
            f"{shots[self.few_shot]}{leaks}"
        )


class ScoreFile(BaseModel):
    """Shares lie between 0 and 1; intervals are 95 %; `reasons` counts the verdicts."""

    model_config = ConfigDict(extra="forbid")

    model: str
    """The name that it was generated under."""
    benchmark: str
    """One of semcoder.evaluation.registry."""
    format: str
    """A reasoning format, or `code`."""
    items: int
    """Questions answered."""
    samples: int
    """Generations of each item."""
    groups: int
    """What the items belong to, such as the programs that they ask about: the interval counts these."""
    pass_at: dict[str, float]
    """By k."""
    interval: tuple[float, float]
    """Of pass@1 (statistics.interval)."""
    bootstrap: tuple[float, float] | None = None
    """The same by resampling the groups (statistics.bootstrap)."""
    copied: float | None = None
    """pass@1 of repeating what the question shows (the arguments for an output, the output for an input)."""
    copied_interval: tuple[float, float] | None = None
    """Of that."""
    reasons: dict[str, int]
    """How many answers got which verdict."""
    data_sha256: dict[str, str]
    """Of each benchmark file, by its name."""
    setup: Setup | None = None
    """How the generations were made, where they say so."""
