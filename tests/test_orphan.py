"""A job whose workflow was killed ends by itself."""

import os
import signal
import subprocess
import sys
import time

import pytest

JOB = "from semcoder.orphan import end_with_workflow; end_with_workflow(); print(__import__('os').getpid(), flush=True)"
JOB += "; __import__('time').sleep(60)"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("killed", ["workflow", "shell"])
def test_the_job_ends_with_its_workflow_and_with_its_shell(killed: str) -> None:
    # The trailing commands keep each shell from replacing itself by its last command.
    shell = f'{sys.executable} -c "{JOB}"; true'
    workflow = subprocess.Popen(
        [
            "bash",
            "-c",
            f"bash -c '{shell.replace(chr(39), chr(39) + chr(92) + chr(39) * 2)}' & echo $!; wait; true",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert workflow.stdout
    pids = {int(workflow.stdout.readline()): "shell"}
    job = int(workflow.stdout.readline())
    (shell_pid,) = pids
    os.kill(workflow.pid if killed == "workflow" else shell_pid, signal.SIGKILL)
    until = time.monotonic() + 15
    while alive(job) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive(job)
    workflow.kill()
    workflow.wait()


def test_behind_a_launcher_the_job_ends_with_its_workflow() -> None:
    launcher = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {JOB!r}])"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {launcher!r}])"
    workflow = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "TORCHELASTIC_RUN_ID": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert workflow.stdout
    job = int(workflow.stdout.readline())
    workflow.kill()
    workflow.wait()
    until = time.monotonic() + 15
    while alive(job) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive(job)


def test_a_job_whose_workflow_lives_goes_on() -> None:
    program = "import time; from semcoder import orphan; orphan.EVERY_S = 0.01\n"
    program += "orphan.end_with_workflow(); time.sleep(0.5)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
