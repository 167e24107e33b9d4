"""Which teacher is asked, and within what bounds. No client library is imported here."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from semcoder.teacher.bill import Price

DECISIVE = ("temperature", "max_tokens")
"""Settings that every answer of a model depends on. Besides them one depends on the model that writes it, a stage on
`samples`; the others say how and where a model is asked, which changes no answer (the model's name says which it is).
"""


class TeacherSettings(BaseModel):
    """The teacher of problems, solutions, inputs, monologues and repairs.

    `grounded` needs no model and none of the other keys; `openai` is any server that speaks that protocol.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["openai", "grounded"] = Field(
        description="openai (any server that speaks that protocol) or grounded (no model: code and execution)"
    )
    base_url: str | None = Field(
        default=None, description="address of the server, ending in /v1; null for the client's own default"
    )
    key_variable: str = Field(
        default="OPENAI_API_KEY",
        description="environment variable that holds the key; empty where the server needs none",
    )
    problem_model: str = Field(default="", description="model that writes problems (paper section 5)")
    solution_model: str = Field(
        default="", description="model that writes solutions, repairs and inputs (paper section 5)"
    )
    monologue_model: str = Field(
        default="", description="model that writes monologues and debugging rationales (paper section 5)"
    )
    temperature: float = Field(default=0.8, ge=0, le=2, description="sampling temperature of every answer")
    max_tokens: int = Field(
        default=2048, ge=1, description="longest answer; a longer one is refused as cut off"
    )
    samples: int = Field(
        default=4, ge=1, description="most monologues or rationales sampled a case until one is accepted"
    )
    concurrency: int = Field(
        default=16,
        ge=1,
        description="most requests at a time, of one command; fewer where the server says so",
    )
    batch: bool = Field(
        default=False,
        description="ask by OpenAI's Batch API: a stage's requests as files, answered within a day for less "
        "(`batch` of prices)",
    )
    batch_tokens: int | None = Field(
        default=None,
        ge=1,
        description="most tokens asked in batches under way, of each model: the limit of the account's batch queue, "
        "counted at a token a byte; null tries, and halves a batch that the queue does not take",
    )
    timeout_s: float = Field(default=120.0, gt=0, description="seconds until a request counts as failed")
    attempts: int = Field(
        default=8, ge=1, description="times a failing request is made before the command stops"
    )
    store: Path = Field(
        default=Path("results/teacher-store"),
        description="folder of all answers ever paid for, shared by runs and configurations",
    )
    budget_tokens: int = Field(
        default=0,
        ge=0,
        description="tokens, asked and answered, that the store may hold; 0 asks nothing that is not stored",
    )
    budget_dollars: float | None = Field(
        default=None, ge=0, description="what all answers in the store may cost; null for no bound in dollars"
    )
    prices: dict[str, Price] = Field(
        default={}, description="dollars a million tokens by model, for budgets, estimates and tables"
    )

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are asked, each once; none of the grounded teacher."""
        names = (
            () if self.kind == "grounded" else (self.problem_model, self.solution_model, self.monologue_model)
        )
        return tuple(dict.fromkeys(filter(None, names)))

    @model_validator(mode="after")
    def _priced(self) -> Self:
        for model in self.models if self.budget_dollars is not None else ():
            if model not in self.prices:
                raise ValueError(f"budget_dollars needs the price of {model}; give it in prices")
        return self
