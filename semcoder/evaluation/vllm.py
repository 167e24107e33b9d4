"""The vLLM engine, in this process: GPUs, continuous batching."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from semcoder.errors import UserError
from semcoder.evaluation.engine import VLLM_GROUP, Completion
from semcoder.evaluation.sampling import EngineSettings, Sampling


class VllmEngine:
    """vLLM batches by itself, so it gets many prompts at once."""

    group = VLLM_GROUP

    def __init__(self, model: str, settings: EngineSettings) -> None:
        if not Path(model).is_dir():
            raise UserError(f"--model {model}: no such directory.")
        try:
            from vllm import LLM
            from vllm.platforms import current_platform
        except ImportError as error:
            raise UserError(
                f"vLLM cannot be imported ({error}); install envs/serve.lock, or choose another engine.kind."
            ) from error
        # vLLM's CPU build dies of a seed where it reads a prompt in pieces.
        pieces = {"enable_chunked_prefill": False, "max_num_batched_tokens": settings.max_model_tokens}
        self.model = LLM(
            model=model,
            dtype=settings.dtype,
            max_model_len=settings.max_model_tokens,
            gpu_memory_utilization=settings.gpu_memory,
            tensor_parallel_size=settings.gpus,
            seed=0,
            **(pieces if current_platform.is_cpu() else {}),
        )
        self.room = settings.max_model_tokens

    def generate(self, prompts: Sequence[str], sampling: Sampling) -> Iterator[list[Completion]]:
        """See engine.Engine. A prompt that leaves no room for an answer gets empty completions."""
        from vllm import SamplingParams

        tokenizer = self.model.get_tokenizer()
        parameters = SamplingParams(
            n=sampling.n,
            temperature=sampling.temperature,
            top_p=sampling.top_p if sampling.temperature else 1.0,
            max_tokens=sampling.max_tokens,
            stop=list(sampling.stop),
            seed=sampling.seed,
        )
        for start in range(0, len(prompts), self.group):
            group = prompts[start : start + self.group]
            fits = [len(ids) < self.room for ids in tokenizer(list(group)).input_ids]
            asked = [prompt for prompt, fit in zip(group, fits, strict=True) if fit]
            answers = iter(self.model.generate(asked, parameters, use_tqdm=False) if asked else [])
            for fit in fits:
                if fit:
                    outputs = next(answers).outputs
                    yield [
                        Completion(each.text, "length" if each.finish_reason == "length" else "stop")
                        for each in outputs
                    ]
                else:
                    yield [Completion("", "length")] * sampling.n
