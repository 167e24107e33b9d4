"""How text is generated: decoding, and the engine that does it. No model library is imported here."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Sampling(BaseModel):
    """Decoding of one benchmark."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: float = Field(default=0.0, ge=0, description="0 for greedy decoding")
    top_p: float = Field(
        default=1.0, gt=0, le=1, description="nucleus that tokens are drawn from; greedy ignores it"
    )
    max_tokens: int = Field(default=1024, ge=1, description="most new tokens")
    n: int = Field(default=1, ge=1, description="samples of each item")
    stop: tuple[str, ...] = Field(default=(), description="texts that end a sample and are cut off it")
    seed: int = Field(default=0, description="seed of the draws")


ENGINE_FIELDS = {
    "vllm": ("dtype", "max_model_tokens", "gpu_memory", "gpus"),
    "transformers": ("dtype", "batch_size", "threads"),
    "openai": ("batch_size", "url", "key_file"),
}
"""The fields of EngineSettings that each kind has a use for."""
BATCH_FIELDS = {
    "vllm": ("max_model_tokens", "gpu_memory", "gpus"),
    "transformers": ("batch_size",),
    "openai": ("batch_size",),
}
"""Those of them that decide what is computed together, which rounding hangs on."""


class EngineSettings(BaseModel):
    """What runs a model. Fields that the chosen kind has no use for are ignored by it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["vllm", "transformers", "openai"] = Field(
        default="vllm",
        description="vllm (GPUs), transformers (any machine), or openai: any OpenAI-compatible server",
    )
    dtype: Literal["bfloat16", "float16", "float32"] = Field(
        default="bfloat16", description="arithmetic of the model"
    )
    batch_size: int = Field(
        default=32, ge=1, description="transformers: samples at a time; openai: requests at a time"
    )
    threads: int = Field(default=0, ge=0, description="transformers: CPU threads, 0 for one a core")
    max_model_tokens: int = Field(default=4096, ge=1, description="vllm: longest prompt and answer together")
    gpu_memory: float = Field(default=0.9, gt=0, le=1, description="vllm: share of each GPU's memory")
    gpus: int = Field(default=1, ge=1, description="vllm: GPUs that one model is split over")
    url: str = Field(default="", description="openai: address of the server, ending in /v1")
    key_file: str = Field(
        default="", description="openai: file that holds the key; empty where none is needed"
    )
