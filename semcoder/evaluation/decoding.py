"""The transformers engine: batched decoding on any machine, CPU included."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from semcoder import libraries
from semcoder.errors import UserError
from semcoder.evaluation.engine import Completion, cut
from semcoder.evaluation.sampling import Sampling

WINDOW = 4
"""Batches whose prompts are sorted by length together: less padding, and answers still come in order soon."""
WORTH_SHARING = 32
"""Tokens that a batch begins with; fewer are sooner read with the rest."""
KEEP = 0.75
"""Finished samples leave the batch when fewer than this share of it is still running: copying costs too."""


def _shared(prompts: Sequence[list[int]]) -> int:
    """How many tokens all prompts begin with, such as few-shot examples; each keeps one of its own.

    They are read once for the batch.
    """
    first, last = min(prompts), max(prompts)
    same = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    same = min(same, *(len(prompt) - 1 for prompt in prompts)) if len(prompts) > 1 else 0
    return same if same >= WORTH_SHARING else 0


class Sample:
    """One continuation on its way."""

    def __init__(self, place: int, prompt: list[int], generator: Any) -> None:
        self.place = place
        self.prompt = prompt
        self.generator = generator
        self.written: list[int] = []
        self.completion: Completion | None = None


class TransformersEngine:
    """Left-padded batches; a batch shrinks as its samples finish."""

    def __init__(self, model: str, dtype: str, batch_size: int, threads: int = 0) -> None:
        libraries.prepare(threads)
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        if not Path(model).is_dir():
            raise UserError(f"--model {model}: no such directory.")
        self.batch_size = batch_size
        self.group = batch_size * WINDOW
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.tokenizer: Any = AutoTokenizer.from_pretrained(model, local_files_only=True)
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            model, dtype=getattr(torch, dtype), local_files_only=True
        )
        self.model = loaded.to(self.device)
        self.model.eval()
        ends = self.model.generation_config.eos_token_id
        self.ends = {self.tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])} - {None}
        self.room: int = self.model.config.max_position_embeddings

    def generate(self, prompts: Sequence[str], sampling: Sampling) -> Iterator[list[Completion]]:
        """See engine.Engine."""
        for start in range(0, len(prompts), self.group):
            samples = self._samples(prompts[start : start + self.group], sampling)
            order = sorted(samples, key=lambda sample: len(sample.prompt))
            for first in range(0, len(order), self.batch_size):
                self._run(order[first : first + self.batch_size], sampling)
            done = [sample.completion for sample in samples if sample.completion is not None]
            for first in range(0, len(done), sampling.n):
                yield done[first : first + sampling.n]

    def _samples(self, prompts: Sequence[str], sampling: Sampling) -> list[Sample]:
        import torch

        samples: list[Sample] = []
        for prompt, ids in zip(prompts, self.tokenizer(list(prompts)).input_ids, strict=True):
            for number in range(sampling.n):
                text = f"{sampling.seed}:{number}:{prompt}"
                seed = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8])
                generator = torch.Generator().manual_seed(seed % 2**63)
                samples.append(Sample(len(samples), ids, generator))
        return samples

    def _run(self, samples: Sequence[Sample], sampling: Sampling) -> None:
        """Write the completions of one batch."""
        import torch

        from semcoder.evaluation.kvcache import growing_cache

        for sample in samples:
            if len(sample.prompt) >= self.room:
                sample.completion = Completion("", "length")
        running = [sample for sample in samples if sample.completion is None]
        if not running:
            return
        shared = _shared([sample.prompt for sample in running])
        width = max(len(sample.prompt) for sample in running)
        pad = self.tokenizer.eos_token_id
        ids = torch.tensor([[pad] * (width - len(s.prompt)) + s.prompt[shared:] for s in running])
        mask = torch.tensor(
            [[1] * shared + [0] * (width - len(s.prompt)) + [1] * (len(s.prompt) - shared) for s in running]
        )
        cache = growing_cache(self.model.config)
        with torch.inference_mode():
            if shared:
                start = torch.tensor([running[0].prompt[:shared]], device=self.device)
                self.model(input_ids=start, past_key_values=cache, use_cache=True, logits_to_keep=1)
                cache.batch_repeat_interleave(len(running))
            positions = (mask.cumsum(1) - 1).clamp(min=0)[:, shared:]
            while True:
                logits = self.model(
                    input_ids=ids.to(self.device),
                    attention_mask=mask.to(self.device),
                    position_ids=positions.to(self.device),
                    past_key_values=cache,
                    use_cache=True,
                    logits_to_keep=1,
                ).logits[:, -1]
                tokens = self._choose(logits, running, sampling)
                for sample, token in zip(running, tokens, strict=True):
                    if sample.completion is None:
                        self._take(sample, token, sampling)
                rows = [row for row, sample in enumerate(running) if sample.completion is None]
                if not rows:
                    return
                ids = torch.tensor(tokens)[:, None]
                mask = torch.cat([mask, torch.ones(len(running), 1, dtype=mask.dtype)], 1)
                positions = mask.sum(1, keepdim=True) - 1
                if len(rows) < KEEP * len(running):
                    running = [running[row] for row in rows]
                    ids, mask, positions = ids[rows], mask[rows], positions[rows]
                    cache.batch_select_indices(torch.tensor(rows, device=self.device))

    def _choose(self, logits: Any, running: Sequence[Sample], sampling: Sampling) -> list[int]:
        """The next token of each row: the likeliest, or one drawn from the nucleus."""
        import torch

        if sampling.temperature == 0:
            greedy: list[int] = logits.argmax(-1).tolist()
            return greedy
        chances = (logits.float().cpu() / sampling.temperature).softmax(-1)
        if sampling.top_p < 1:
            ordered, places = chances.sort(-1, descending=True)
            # A token stays when those before it do not yet fill the nucleus: the first always stays.
            ordered[ordered.cumsum(-1) - ordered >= sampling.top_p] = 0
            chances = torch.zeros_like(chances).scatter(-1, places, ordered)
        return [
            int(torch.multinomial(row, 1, generator=sample.generator))
            for row, sample in zip(chances, running, strict=True)
        ]

    def _take(self, sample: Sample, token: int, sampling: Sampling) -> None:
        """Add a token and see whether the sample is finished."""
        if token in self.ends:
            sample.completion = Completion(self._text(sample.written), "stop")
            return
        sample.written.append(token)
        if sampling.stop:
            # A token holds at least one byte, so the stop text lies within this many of the last ones.
            reach = max(len(stop.encode()) for stop in sampling.stop) + 1
            if cut(self._text(sample.written[-reach:]), sampling.stop)[1]:
                text, _ = cut(self._text(sample.written), sampling.stop)
                sample.completion = Completion(text, "stop")
                return
        if len(sample.written) >= min(sampling.max_tokens, self.room - len(sample.prompt)):
            sample.completion = Completion(self._text(sample.written), "length")

    def _text(self, ids: list[int]) -> str:
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text
