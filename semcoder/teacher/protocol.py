"""The OpenAI protocol: a question as a request, and what a reply means."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from semcoder.teacher.interface import Refusal
from semcoder.teacher.store import Answer, Question

LONGEST_WAIT_S = 600.0
CANNOT_TAKE = re.compile(r"context|too long|too large|too many tokens|filter|policy|safety", re.IGNORECASE)
UNTAKEN_STATUS = frozenset({400, 413, 422})
"""With a message that CANNOT_TAKE finds: the request itself is at fault."""
TRANSIENT_STATUS = frozenset({408, 409, 429})
TOO_MUCH = frozenset({408, 429, 503, 529})


class Transient(Exception):
    """A failure that may pass.

    `wait_s` is how long the server asks to be left alone, `too_much` whether it was asked too much at a time.
    """

    def __init__(self, what: str, wait_s: float = 0.0, *, too_much: bool = False) -> None:
        super().__init__(what)
        self.wait_s = wait_s
        self.too_much = too_much


def request_of(question: Question) -> dict[str, Any]:
    """The body of a request."""
    request: dict[str, Any] = {
        "model": question.model,
        "messages": [{"role": role, "content": text} for role, text in question.messages],
        "temperature": question.temperature,
        "max_tokens": question.max_tokens,
        "seed": question.sample,
    }
    return request | ({"stop": list(question.stop)} if question.stop else {})


def most_tokens(question: Question) -> tuple[int, int]:
    """The most tokens that a request may ask and be answered."""
    return sum(16 + len(text.encode()) for _, text in question.messages), question.max_tokens


def answer_of(reply: Any, model: str, chars: int, seconds: float = 0.0, *, batch: bool = False) -> Answer:
    """The server's reply to a question of so many characters; raises one of several errors where it is not of the
    protocol's form."""
    choice = reply.choices[0]
    refusal = getattr(choice.message, "refusal", None)
    text = refusal or choice.message.content or ""
    if not isinstance(text, str):
        raise TypeError("the content is not text")
    usage = reply.usage
    return Answer(
        text,
        "refusal" if refusal else str(choice.finish_reason or "stop"),
        int(usage.prompt_tokens) if usage else chars // 3,
        int(usage.completion_tokens) if usage else len(text) // 3,
        model,
        round(seconds, 3),
        batch,
    )


def judged(answer: Answer) -> Answer | Refusal:
    """An answer that can be used, or why it cannot; it is paid for and stays in the store either way."""
    if answer.finish == "length":
        return Refusal("cut off", f"after {answer.completion_tokens} tokens")
    if answer.finish in ("refusal", "content_filter"):
        return Refusal("refused by the model", answer.text[:200])
    if not answer.text.strip():
        return Refusal("empty answer")
    return answer


def retry_after(headers: Any) -> float:
    """Seconds that a Retry-After header asks for (a number or a date), 0 without one."""
    text = headers.get("retry-after", "")
    if not text:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT_S)
