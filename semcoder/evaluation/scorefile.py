"""The score of one model on one benchmark, as `semcoder evaluation score` writes it."""

from pydantic import BaseModel, ConfigDict


class ScoreFile(BaseModel):
    """Shares lie between 0 and 1. `interval` is the 95 % interval of pass@1; `reasons` counts the verdicts."""

    model_config = ConfigDict(extra="forbid")

    model: str
    benchmark: str
    format: str
    items: int
    samples: int
    """Generations of each item."""
    pass_at: dict[str, float]
    interval: tuple[float, float]
    reasons: dict[str, int]
    data_sha256: dict[str, str]
    """Of each benchmark file, by its name."""
