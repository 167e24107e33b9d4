"""Examples as token ids: what the model sees, and on which tokens it learns."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from semcoder.errors import UserError
from semcoder.records import Example

BATCH = 1000


class Encoded(NamedTuple):
    """`ids` is prompt, response and end-of-text; the loss is on `ids[prompt:]`."""

    ids: list[int]
    prompt: int


def load_tokenizer(model: Path) -> Any:
    """The tokenizer of a model directory; raises UserError when there is none."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(model, local_files_only=True)
    except (OSError, ValueError) as error:
        raise UserError(f"{model}: no tokenizer that can be loaded from this directory.") from error


def encode(tokenizer: Any, examples: Iterable[Example]) -> Iterator[Encoded]:
    """Token ids of each example.

    Prompt and response are tokenised apart (upstream dataset.py), so that a prompt has the same ids in
    training and in generation. It starts with the beginning-of-text token where the tokenizer itself puts
    one (deepseek-coder does, SmolLM2 does not), as every engine does with a prompt.
    """
    waiting = iter(examples)
    end = tokenizer.eos_token_id
    while batch := list(islice(waiting, BATCH)):
        prompts: Sequence[list[int]] = tokenizer([row.prompt for row in batch]).input_ids
        responses = tokenizer([row.response for row in batch], add_special_tokens=False).input_ids
        for prompt, response in zip(prompts, responses, strict=True):
            head = prompt[:-1] if prompt and prompt[-1] == end else prompt
            yield Encoded([*head, *response, end], len(head))
