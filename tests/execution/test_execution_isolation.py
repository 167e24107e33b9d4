"""The mode without namespaces: asked for by name, told, and still without network, processes and writing."""

import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from semcoder.errors import UserError
from semcoder.execution import bwrap
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import DEFAULT_PRELOAD, Sandbox

LIMITS = Limits(cpu_s=0.5, wall_s=3.0, memory_mb=128)


class Bare(Sandbox):
    """Without the guard that names what a program tried: the filters alone."""

    _guarded: ClassVar[bool] = False


def test_the_filters_alone_hold_writing_network_and_processes(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("whole")
    attempts = {
        "write": f"open({str(victim)!r}, 'w')",
        "append": f"open({str(victim)!r}, 'a')",
        "update": f"open({str(victim)!r}, 'r+')",
        "make": f"open({str(tmp_path / 'new')!r}, 'x')",
        "remove": f"import os; os.remove({str(victim)!r})",
        "rename": f"import os; os.rename({str(victim)!r}, '/tmp/gone')",
        "truncate": f"import os; os.truncate({str(victim)!r}, 0)",
        "link": f"import os; os.symlink({str(victim)!r}, {str(tmp_path / 'link')!r})",
        "folder": f"import os; os.mkdir({str(tmp_path / 'folder')!r})",
        "mode": f"import os; os.chmod({str(victim)!r}, 0)",
        "anonymous file": f"import os; os.open({str(tmp_path)!r}, os.O_TMPFILE | os.O_RDWR)",
        "socket": "import socket; socket.socket()",
        "fork": "import os; os.fork()",
        "another program": "import os; os.execv('/bin/true', ['true'])",
        "signal": "import os; os.kill(os.getppid(), 9)",
    }
    with Bare(2, LIMITS, isolation="rlimits-only") as sandbox:
        outcomes = list(sandbox.run([Job(name, code) for name, code in attempts.items()]))
        after = next(iter(sandbox.run([Job("after", "print('well')")])))
    assert {o.id for o in outcomes if o.verdict != "raised" or "Error" not in o.detail} == set()
    assert after.stdout == "well\n"
    assert victim.read_text() == "whole" and [each.name for each in tmp_path.iterdir()] == ["victim"]


def test_limits_and_verdicts_are_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    jobs = [
        Job("spin", "while True: pass"),
        Job("sleep", "import time\nwhile True: time.sleep(0.1)"),
        Job("memory", "x = []\nwhile True: x.append(bytearray(10 ** 7))"),
        Job("file", "open('/etc/passwd')"),
        Job("call", "def f(x):\n    return x + 1", "f", (Call(("1",)),)),
    ]
    with Sandbox(2, LIMITS, isolation="rlimits-only") as sandbox:
        without = [(o.id, o.verdict, o.detail, o.results) for o in sandbox.run(jobs)]
    assert "warning: isolation is rlimits-only, as asked" in capfd.readouterr().err
    with Sandbox(2, LIMITS) as sandbox:
        assert without == [(o.id, o.verdict, o.detail, o.results) for o in sandbox.run(jobs)]


def test_the_command_takes_the_mode_from_the_workflow(tmp_path: Path) -> None:
    programs, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    programs.write_text('{"id": "a", "code": "x = 1"}\n')
    command = [sys.executable, "-m", "semcoder.cli", "--isolation", "rlimits-only", "execution", "run"]
    done = subprocess.run(
        [*command, "--programs", programs, "--verdicts", out], capture_output=True, text=True, check=True
    )
    assert "rlimits-only" in done.stderr and '"verdict":"passed"' in out.read_text()


def test_a_pipe_is_no_file_of_programs(tmp_path: Path) -> None:
    from semcoder.execution.run import main

    with pytest.raises(UserError, match="no pipe will do"):
        main(programs=Path("/dev/null"), verdicts=tmp_path / "out.jsonl")


def test_a_package_can_be_preloaded_and_no_other_imported() -> None:
    numpy = Job("numpy", "import numpy\nassert numpy.arange(5).sum() == 10")
    with Sandbox(1, LIMITS, preload=(*DEFAULT_PRELOAD, "numpy")) as sandbox:
        with_it, other = sandbox.run([numpy, Job("yaml", "import yaml")])
    assert with_it.verdict == "ok" and other.detail.startswith("ModuleNotFoundError")
    with Sandbox(1, LIMITS) as sandbox:
        assert next(iter(sandbox.run([numpy]))).detail.startswith("ModuleNotFoundError")
    with pytest.raises(UserError, match="is not installed"), Sandbox(1, LIMITS, preload=("not_a_package",)):
        pass


@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="needs a virtual environment")
def test_nothing_of_the_virtual_environment_is_bound() -> None:
    command = bwrap.command("bwrap", 0, {"limits": {}}, ())
    ours = str(Path(bwrap.__file__).parents[1])
    assert not [word for word in command if word.startswith(sys.prefix) and not word.startswith(ours)]


def test_a_clean_program_costs_no_worker() -> None:
    with Sandbox(1, LIMITS) as sandbox:
        before = sandbox._workers[:]
        assert {o.verdict for o in sandbox.run([Job(str(n), "x = 1") for n in range(20)])} == {"ok"}
        assert sandbox._workers == before


def test_no_program_can_rename_a_folder_above_the_interpreter() -> None:
    """Renaming makes no file, so the next program would meet a library that is gone."""
    words = list(bwrap._root("/tmp/place/bin/python"))
    made, bound = words.index("/tmp/place"), words.index("/tmp/place/bin/python")
    sealed = words.index("/tmp/place", bound)
    assert words[made - 1] == "--tmpfs" and made < bound < sealed and words[sealed - 1] == "--remount-ro"
