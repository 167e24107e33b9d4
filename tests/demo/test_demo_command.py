"""`semcoder demo` where it cannot start."""

import socket
import subprocess
import sys
from importlib.util import find_spec

import pytest


def started(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "semcoder.cli", "demo", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_it_says_what_is_to_be_given() -> None:
    done = started()
    assert done.returncode == 2 and "give --model a checkpoint's folder, or --server" in done.stderr


@pytest.mark.skipif(find_spec("gradio") is not None, reason="gradio is in this environment")
def test_without_gradio_it_says_what_to_run() -> None:
    done = started("--model", "nowhere")
    assert done.returncode == 2 and "run `make demo`" in done.stderr and "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named() -> None:
    from semcoder.demo.command import HOST, free_port
    from semcoder.errors import UserError

    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        with pytest.raises(UserError, match=r"--port \d+: Address already in use; give another"):
            free_port(other.getsockname()[1])
    assert free_port(0) > 0
