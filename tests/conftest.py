"""A tiny model with real code paths: random weights, a byte-level tokenizer trained on this package."""

from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With two workers (make test) one runs the whole graph, and then what else is left; the other one begins with the
    rest. A file's tests share what they set up, and the graph's are all about one run."""
    items.sort(key=lambda item: ("e2e" not in item.path.parts, item.path.name == "test_cluster.py"))
    for item in items:
        item.add_marker(pytest.mark.xdist_group("graph" if "e2e" in item.path.parts else str(item.path)))


PACKAGE = Path(__file__).parents[1] / "semcoder"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from semcoder import libraries

    libraries.prepare(1)
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("model") / "tiny"
    bpe = ByteLevelBPETokenizer()
    sources = sorted(str(file) for file in PACKAGE.glob("*.py"))
    bpe.train(sources, vocab_size=500, special_tokens=["<end>"], show_progress=False)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe._tokenizer, eos_token="<end>", pad_token="<end>")
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=512,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder
