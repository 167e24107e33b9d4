"""What answers cost: calls, tokens and dollars, by purpose and model."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

MILLION = 1_000_000


class Price(BaseModel):
    """What a model's server asks for it, in dollars a million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: float = Field(ge=0, description="dollars a million tokens asked")
    completion: float = Field(ge=0, description="dollars a million tokens answered")
    batch: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="share of these that is asked for answers in a batch; OpenAI's is a half",
    )

    def dollars(self, prompt_tokens: float, completion_tokens: float, *, batch: bool = False) -> float:
        """The price of so many tokens."""
        whole = (self.prompt * prompt_tokens + self.completion * completion_tokens) / MILLION
        return whole * self.batch if batch else whole


class Post(BaseModel):
    """One line of a bill: answers of one model for one purpose, in batches or not; each answer counts once."""

    model_config = ConfigDict(extra="forbid")

    purpose: str
    """What the answers are for."""
    model: str
    """Who wrote them."""
    answers: int = 0
    """How many, refused ones too."""
    prompt_tokens: int = 0
    """Tokens asked."""
    completion_tokens: int = 0
    """Tokens answered."""
    seconds: float = 0.0
    """What the server took for them, one after the other; 0 where nobody looked."""
    batch: bool = False
    """Whether they came in batches, which have prices of their own."""

    @property
    def tokens(self) -> int:
        """Asked and answered."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def served(self) -> str:
        """The model, and whether in batches, for a reader."""
        return f"{self.model} (batch)" if self.batch else self.model


class Cost(NamedTuple):
    """What one answer cost."""

    purpose: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    batch: bool = False


def bill(costs: Iterable[Cost]) -> list[Post]:
    """The costs by purpose and model, in the order of their names."""
    return added(Post(answers=1, **each._asdict()) for each in costs)


def added(posts: Iterable[Post]) -> list[Post]:
    """Bills of several jobs as one."""
    totals: dict[tuple[str, str, bool], list[Post]] = defaultdict(list)
    for each in posts:
        totals[each.purpose, each.model, each.batch].append(each)
    return [
        Post(
            purpose=purpose,
            model=model,
            answers=sum(each.answers for each in some),
            prompt_tokens=sum(each.prompt_tokens for each in some),
            completion_tokens=sum(each.completion_tokens for each in some),
            seconds=round(sum(each.seconds for each in some), 3),
            batch=batch,
        )
        for (purpose, model, batch), some in sorted(totals.items())
    ]


def dollars(posts: Iterable[Post], prices: Mapping[str, Price]) -> float | None:
    """What they cost together; None where a model's price is not known."""
    total = 0.0
    for each in posts:
        price = prices.get(each.model)
        if price is None:
            return None
        total += price.dollars(each.prompt_tokens, each.completion_tokens, batch=each.batch)
    return total
