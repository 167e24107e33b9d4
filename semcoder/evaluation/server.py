"""The engine for any OpenAI-compatible completions server."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from semcoder.errors import UserError
from semcoder.evaluation.engine import Completion, cut
from semcoder.evaluation.sampling import EngineSettings, Sampling

RETRIES = 5
"""Of one request; the client waits longer each time."""
TIMEOUT_S = 600.0
LIST_S = 20.0


class ServerEngine:
    """Asks for one sample at a time: some servers return a single one whatever `n` says."""

    def __init__(self, model: str, settings: EngineSettings, key: str = "") -> None:
        from openai import OpenAI

        if not settings.url:
            raise UserError(
                "engine.url is empty; give the server's address, such as http://localhost:8000/v1."
            )
        if settings.key_file:
            key = Path(settings.key_file).read_text().strip()
        self.client = OpenAI(
            base_url=settings.url, api_key=key or "none", max_retries=RETRIES, timeout=TIMEOUT_S
        )
        self.model = model
        self.url = settings.url
        self.at_once = settings.batch_size
        self.group = settings.batch_size * 4

    def first_model(self) -> str:
        """The name of the first model that the server lists. Raises UserError."""
        from openai import OpenAIError

        try:
            models = self.client.with_options(max_retries=0, timeout=LIST_S).models.list()
        except OpenAIError as error:
            raise UserError(f"{self.url}: {' '.join(str(error).split())}") from error
        name = next((each.id for each in models), "")
        if not name:
            raise UserError(f"{self.url}: lists no model; name one with --model.")
        return name

    def generate(self, prompts: Sequence[str], sampling: Sampling) -> Iterator[list[Completion]]:
        """See engine.Engine. Sample k of a prompt is asked for with seed + k."""
        with ThreadPoolExecutor(self.at_once) as pool:
            asked = [(prompt, sampling, number) for prompt in prompts for number in range(sampling.n)]
            answers = pool.map(lambda question: self._ask(*question), asked)
            try:
                for _ in prompts:
                    yield [next(answers) for _ in range(sampling.n)]
            finally:
                pool.shutdown(cancel_futures=True)

    def _ask(self, prompt: str, sampling: Sampling, number: int) -> Completion:
        from openai import OpenAIError

        try:
            reply = self.client.completions.create(
                model=self.model,
                prompt=prompt,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                max_tokens=sampling.max_tokens,
                stop=list(sampling.stop) or None,
                seed=sampling.seed + number,
            )
        except OpenAIError as error:
            raise UserError(f"{self.url}: {' '.join(str(error).split())}") from error
        choice = reply.choices[0]
        text, stopped = cut(choice.text, sampling.stop)
        return Completion(text, "length" if choice.finish_reason == "length" and not stopped else "stop")
