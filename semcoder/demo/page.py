"""The page, made with gradio; bound to this machine, nothing shared, nothing loaded from elsewhere."""

import os
import sys
from collections.abc import Callable

# Read when gradio is imported: no telemetry, no look for a newer version, no hub.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import gradio as gr

from semcoder.demo import examples
from semcoder.demo.answering import Model, Reply, debug, predict_input, predict_output, write_code
from semcoder.demo.marking import refused, shown
from semcoder.demo.style import CSS
from semcoder.errors import UserError

TITLE = "SemCoder demo"


def build(model: Model) -> gr.Blocks:
    """The page: a tab for each kind of question."""
    with gr.Blocks(title=TITLE, analytics_enabled=False) as blocks:
        gr.Markdown(
            f"# {TITLE}\n{_plain(model.name)}. Programs run in the sandbox of this machine; each claim of a monologue "
            "is held against what the program really did there."
        )
        with gr.Tabs():
            with gr.Tab("Write"):
                _question(
                    model,
                    write_code,
                    "Write it",
                    gr.Textbox(examples.DESCRIPTION, label="Description", lines=4, render=False),
                    _code("Tests", examples.DESCRIPTION_TESTS, 4),
                )
            with gr.Tab("Output"):
                _question(
                    model,
                    predict_output,
                    "Predict the output",
                    _code("Program", examples.FORWARD, 9),
                    _code("Call", examples.FORWARD_CALL, 1),
                )
            with gr.Tab("Input"):
                _question(
                    model,
                    predict_input,
                    "Predict an input",
                    _code("Program", examples.BACKWARD, 9),
                    _code("Output", examples.BACKWARD_CALL, 1),
                )
            with gr.Tab("Debug"):
                _question(
                    model,
                    debug,
                    "Debug it",
                    gr.Textbox(examples.PROBLEM, label="Problem", lines=3, render=False),
                    _code("Program that fails", examples.BUGGY, 6),
                    _code("Tests", examples.BUGGY_TESTS, 3),
                )
    return blocks


def serve(model: Model, host: str, port: int) -> None:
    """Show the page until the process is interrupted."""
    theme = gr.themes.Base(
        font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "Consolas", "monospace"]
    )
    blocks = build(model)
    blocks.queue(default_concurrency_limit=1)
    blocks.launch(
        server_name=host,
        server_port=port,
        share=False,
        inbrowser=False,
        quiet=True,
        footer_links=[],
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        strict_cors=True,
        theme=theme,
        css=CSS,
        prevent_thread_lock=True,
    )
    print(f"semcoder: the demo is at http://{host}:{port} (Ctrl-C ends it)", file=sys.stderr, flush=True)
    blocks.block_thread()


def _code(label: str, value: str, lines: int) -> gr.Textbox:
    return gr.Textbox(value, label=label, lines=lines, max_lines=30, elem_classes="code", render=False)


def _question(model: Model, ask: Callable[..., Reply], button: str, *fields: gr.Textbox) -> None:
    """Fields beside the reply; a wrong question is told in the reply's place."""

    def answer(*values: str) -> str:
        try:
            return shown(ask(model, *values))
        except UserError as error:
            return refused(str(error))

    with gr.Row():
        with gr.Column(min_width=320):
            for field in fields:
                field.render()
            press = gr.Button(button, variant="primary")
        with gr.Column(min_width=320):
            reply = gr.HTML(min_height=120)
    press.click(
        answer, list(fields), reply, concurrency_limit=1, concurrency_id="model", api_visibility="private"
    )


def _plain(text: str) -> str:
    """A name that Markdown shows as it is."""
    return f"`{text.replace('`', '')}`"
