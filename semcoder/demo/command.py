"""`semcoder demo`: a web page that asks a model and checks what it writes by running it."""

import os
import socket
from pathlib import Path
from typing import Annotated, Literal

import typer

from semcoder.demo.answering import Model
from semcoder.errors import UserError
from semcoder.evaluation.engine import Engine, open_engine
from semcoder.evaluation.generate import style_of
from semcoder.evaluation.prompts import RELEASED_LABEL_OFFSET
from semcoder.evaluation.sampling import EngineSettings
from semcoder.evaluation.server import ServerEngine
from semcoder.progress import tell

HOST = "127.0.0.1"


def main(
    model: Annotated[
        str,
        typer.Option(
            help="Folder of a checkpoint; with --server the model's name there, else its first one."
        ),
    ] = "",
    server: Annotated[
        str, typer.Option(help="In place of a folder: an OpenAI-compatible server, http://localhost:8000/v1.")
    ] = "",
    key_variable: Annotated[
        str, typer.Option(help="Environment variable that holds the server's key.")
    ] = "OPENAI_API_KEY",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of this machine; 0 for any free one.")] = 7860,
    style: Annotated[
        str, typer.Option(help="corrected, or upstream: byte for byte what the released checkpoints saw.")
    ] = "corrected",
    label_offset: Annotated[
        int, typer.Option(help=f"Added to line labels; {RELEASED_LABEL_OFFSET} for released checkpoints.")
    ] = 0,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest answer, in tokens.")] = 512,
    dtype: Annotated[
        Literal["bfloat16", "float16", "float32"], typer.Option(help="Arithmetic of a checkpoint.")
    ] = "bfloat16",
    threads: Annotated[int, typer.Option(help="CPU threads of a checkpoint, 0 for one a core.")] = 0,
) -> None:
    """Serve the demo on this machine alone: write code, predict outputs and inputs, debug, each checked by a run.

    It asks with the prompts of the evaluation, greedily, and judges as the evaluation does. The page loads nothing
    from elsewhere, and nothing leaves the machine but what is asked of --server.

    Example: semcoder demo --model results/quickstart/checkpoints/quickstart
    """
    if not model and not server:
        raise UserError(
            "semcoder demo asks a model: give --model a checkpoint's folder, or --server an address."
        )
    try:
        from semcoder.demo import page
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("gradio"):
            raise
        raise UserError(
            "the demo's page needs gradio, which is not in this environment; run `make demo` in the checkout, "
            "then `.venv-demo/bin/semcoder demo` in place of this command."
        ) from error
    asked = style_of(style)
    port = free_port(port)
    tell(f"semcoder: loading {model}" if not server else f"semcoder: asking {server}")
    engine, name = _server(server, model, key_variable) if server else _folder(model, dtype, threads)
    page.serve(Model(engine, name, asked, label_offset, max_tokens), HOST, port)


def _folder(model: str, dtype: Literal["bfloat16", "float16", "float32"], threads: int) -> tuple[Engine, str]:
    settings = EngineSettings(kind="transformers", dtype=dtype, batch_size=1)
    if not (Path(model) / "config.json").is_file():
        raise UserError(f"--model {model}: no checkpoint (config.json) in it; `make quickstart` makes one.")
    return open_engine(settings, model, threads), model


def _server(url: str, model: str, key_variable: str) -> tuple[Engine, str]:
    settings = EngineSettings(kind="openai", url=url, batch_size=1)
    engine = ServerEngine(model, settings, os.environ.get(key_variable, ""))
    if not model:
        engine.model = engine.first_model()
    return engine, f"{engine.model} at {url}"


def free_port(port: int) -> int:
    """The port, or any free one for 0. Raises UserError where it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UserError(
                f"--port {port}: {error.strerror}; give another, or 0 for any free one."
            ) from error
        return int(probe.getsockname()[1])
