"""A base model from a GGUF file: safetensors and a tokenizer that transformers, DeepSpeed and vLLM load."""

import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from semcoder import libraries
from semcoder.artifacts import sha256_of, writing, writing_directory
from semcoder.errors import UserError

Dtype = Literal["bfloat16", "float16", "float32"]


def convert(gguf: Path, out: Path, dtype: Dtype) -> None:
    """Dequantise `gguf` into the directory `out`: model.safetensors, configuration, tokenizer, README.md.

    The same file and library versions give the same bytes. Raises UserError when the file is no GGUF model
    that transformers knows.
    """
    with _read_once():
        architecture, licence, quantisation = describe(gguf)
        libraries.prepare()
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

        source: dict[str, Any] = {"gguf_file": gguf.name, "local_files_only": True}
        print(f"dequantising {gguf.name} ({architecture}, {quantisation})", file=sys.stderr)
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, **source)
        # Without dequantize=True the weights stay packed and cannot be saved.
        model = AutoModelForCausalLM.from_pretrained(
            gguf.parent,
            quantization_config=GgufConfig(dequantize=True),
            dtype=getattr(torch, dtype),
            **source,
        )
    with writing_directory(out) as directory:
        model.save_pretrained(directory)
        tokenizer.save_pretrained(directory)
        with writing(directory / "README.md") as stream:
            stream.write(
                f"---\nlicense: {licence}\nlibrary_name: transformers\n---\n\n# {gguf.stem}, dequantised\n\n"
                f"The weights of `{gguf.name}` (sha256 `{sha256_of(gguf)}`), turned from GGUF {quantisation} "
                f"into {dtype} safetensors.\n\n"
                "**They carry the error of the quantisation: this is not the original checkpoint, and its "
                "scores are not that checkpoint's scores.**\n"
            )


@contextmanager
def _read_once() -> Iterator[None]:
    """While it lasts, a file's header is read once and the table of tensor names is made once.

    transformers asks for the header, in which each of 49,000 tokens is read by itself, for the tokenizer, the
    configuration and the weights, and for the table in each module of the model: half the time of a conversion.
    """
    import gguf

    plain: dict[str, Any] = {"GGUFReader": gguf.GGUFReader, "get_tensor_name_map": gguf.get_tensor_name_map}
    for name, made in plain.items():
        setattr(gguf, name, functools.cache(made))
    try:
        yield
    finally:
        for name, made in plain.items():
            setattr(gguf, name, made)


def describe(gguf: Path) -> tuple[str, str, str]:
    """(architecture, licence, the quantisation of most tensors) as the file's header gives them."""
    from gguf import GGUFReader

    try:
        reader = GGUFReader(str(gguf))  # spelled as transformers spells it
    except FileNotFoundError as error:
        raise UserError(f"--gguf {gguf}: no such file.") from error
    except (ValueError, IndexError) as error:
        raise UserError(f"--gguf {gguf}: not a readable GGUF file ({error}); fetch it again.") from error

    def text(key: str, default: str) -> str:
        field = reader.get_field(key)
        return str(field.contents()) if field is not None else default

    types = [tensor.tensor_type.name for tensor in reader.tensors]
    most = max(sorted(set(types)), key=types.count) if types else "nothing"
    return text("general.architecture", "unknown"), text("general.license", "unknown"), most


def main(
    gguf: Annotated[Path, typer.Option(help="The GGUF file.")],
    out: Annotated[Path, typer.Option(help="Directory to make.")],
    dtype: Annotated[
        Dtype, typer.Option(help="Of the weights; training reads them as bfloat16.")
    ] = "bfloat16",
) -> None:
    """Turn a GGUF file into safetensors and a tokenizer.

    Example: semcoder training base --gguf SmolLM2-135M-Instruct.Q4_1.gguf --out models/smollm2
    """
    convert(gguf, out, dtype)
