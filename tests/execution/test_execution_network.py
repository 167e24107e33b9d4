"""Stages that run programs and ask nobody reach no network themselves."""

import importlib
import inspect
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from semcoder.cli import OFFLINE, STAGES
from semcoder.codehash import modules_behind

ROOT = Path(__file__).parents[2]
WAYS = {
    "as who runs the tests": [],
    "in a user namespace": ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"],
    "where there can be none": [
        *("unshare", "--user", "--map-root-user", "sh", "-c"),
        'echo 0 > /proc/sys/user/max_net_namespaces && exec setpriv --bounding-set -sys_admin "$@"',
        "sh",
    ],
}
STAGE = """
import sys
from semcoder import cli
stage, verb = sys.argv[1:3]
cli.STAGES[stage][1][verb], cli.OUTPUTS[f"{stage} {verb}"] = "attempt", ""
sys.argv[1:] = ["--log", "log", stage, verb]
cli.main()
"""
"""The command, but for the module behind it."""
ATTEMPT = """
import os
import socket
from pathlib import Path

def main() -> None:
    Path("made").touch()
    try:
        socket.create_connection(("127.0.0.1", int(os.environ["PORT"])), timeout=5)
    except OSError as error:
        print("refused")
    else:
        print("connected")
"""


@pytest.fixture
def port() -> Iterator[int]:
    """Of a server on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def started(way: str, folder: Path, *words: str, **environment: str) -> str:
    """What Python prints in a folder."""
    if WAYS[way] and (os.geteuid() or not shutil.which(WAYS[way][0])):
        pytest.skip("only root can give up rights")
    path = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{folder}:{ROOT}"}
    done = subprocess.run(
        [*WAYS[way], sys.executable, *words],
        cwd=folder,
        env={**path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def reached(way: str, command: str, port: int, folder: Path) -> str:
    (folder / "attempt.py").write_text(ATTEMPT)
    return started(way, folder, "-c", STAGE, *command.split(), PORT=str(port)).strip()


@pytest.mark.parametrize("way", list(WAYS)[:2])
@pytest.mark.parametrize("command", sorted(OFFLINE))
def test_a_stage_that_runs_programs_reaches_no_server_of_its_machine(
    way: str, command: str, port: int, tmp_path: Path
) -> None:
    assert reached(way, command, port, tmp_path) == "refused"
    made = (tmp_path / "made").stat()
    assert (made.st_uid, made.st_gid) == (os.geteuid(), os.getegid())


def test_others_do_and_where_the_kernel_forbids_it_the_stage_goes_on(port: int, tmp_path: Path) -> None:
    assert reached("as who runs the tests", "pyx expand", port, tmp_path) == "connected"
    assert reached("where there can be none", "tracing trace", port, tmp_path) == "connected"


@pytest.mark.parametrize("way", WAYS)
def test_programs_run_within_or_it_is_said_why_not(way: str, tmp_path: Path) -> None:
    said = started(way, tmp_path, "-m", "semcoder.execution.probe", "namespaces")
    if way == "where there can be none":
        assert '"network": "[Errno 28] unshare' in said
    else:
        assert said == '{"network": "", "sandbox": ""}\n'


def test_they_are_all_that_run_programs_and_ask_neither_a_teacher_nor_a_model() -> None:
    found = set()
    for stage, (_, verbs) in STAGES.items():
        for verb, module in verbs.items():
            runs = "semcoder.execution.pool" in modules_behind(module)
            asks = {"teacher", "engine"} & inspect.signature(
                importlib.import_module(module).main
            ).parameters.keys()
            found |= {f"{stage} {verb}"} if runs and not asks else set()
    assert found == OFFLINE
