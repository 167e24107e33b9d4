from pathlib import Path

import pytest

from semcoder.artifacts import sha256_of
from semcoder.errors import UserError
from semcoder.training.base import main


@pytest.fixture(scope="module")
def gguf(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model as GGUF, its linear layers in 4 bits."""
    import json

    import numpy as np
    from gguf import GGMLQuantizationType, GGUFWriter, quants
    from safetensors.numpy import load_file

    path = tmp_path_factory.mktemp("gguf") / "tiny.Q4_1.gguf"
    config = json.loads((tiny_model / "config.json").read_text())
    vocabulary = json.loads((tiny_model / "tokenizer.json").read_text())["model"]
    tokens = sorted(vocabulary["vocab"], key=vocabulary["vocab"].get)
    writer = GGUFWriter(path, "llama")
    writer.add_license("apache-2.0")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(config["vocab_size"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens + [f"<unused{n}>" for n in range(config["vocab_size"] - len(tokens))])
    writer.add_token_types([3] + [1] * (config["vocab_size"] - 1))
    writer.add_token_merges([" ".join(pair) for pair in vocabulary["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    names = {
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
        "post_attention_layernorm": "ffn_norm",
        "input_layernorm": "attn_norm",
        "model.layers.": "blk.",
        "model.embed_tokens": "token_embd",
        "model.norm": "output_norm",
    }
    for name, tensor in load_file(tiny_model / "model.safetensors").items():
        for old, new in names.items():
            name = name.replace(old, new)
        if tensor.ndim == 2 and name.startswith("blk."):
            kind = GGMLQuantizationType.Q4_1
            writer.add_tensor(name, quants.quantize(tensor, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, tensor.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_weights_are_the_dequantised_ones(gguf: Path, tiny_model: Path, tmp_path: Path) -> None:
    import torch
    from gguf import GGUFReader, quants
    from transformers import AutoModelForCausalLM, AutoTokenizer

    main(gguf=gguf, out=tmp_path / "base", dtype="float32")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    assert model.dtype == torch.float32
    (packed,) = [each for each in GGUFReader(gguf).tensors if each.name == "blk.1.ffn_down.weight"]
    expected = quants.dequantize(packed.data, packed.tensor_type)
    found = model.model.layers[1].mlp.down_proj.weight.detach().numpy()
    assert (found == expected).all()
    assert not (
        found
        == AutoModelForCausalLM.from_pretrained(tiny_model)
        .model.layers[1]
        .mlp.down_proj.weight.detach()
        .numpy()
    ).all()
    text = "def f(x):\n    return x"
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "base")
    assert tokenizer(text).input_ids == AutoTokenizer.from_pretrained(tiny_model)(text).input_ids
    card = (tmp_path / "base" / "README.md").read_text()
    assert "license: apache-2.0" in card
    assert f"`tiny.Q4_1.gguf` (sha256 `{sha256_of(gguf)}`), turned from GGUF Q4_1 into float32" in card
    assert "not the original checkpoint" in card


def test_same_file_gives_the_same_bytes_over_an_older_result(gguf: Path, tmp_path: Path) -> None:
    main(gguf=gguf, out=tmp_path / "one")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "old").touch()
    main(gguf=gguf, out=tmp_path / "two")
    assert sha256_of(tmp_path / "one") == sha256_of(tmp_path / "two")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


@pytest.mark.parametrize("content", [None, b"", b"GGUF but not really", b"<!doctype html>" * 100])
def test_what_is_no_gguf_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"model\.gguf: (no such file|not a readable GGUF file)"):
        main(gguf=path, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
