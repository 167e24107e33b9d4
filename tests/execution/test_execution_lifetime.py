"""How a pool of workers lives: lost workers, seeds, settings, and that nothing is left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from semcoder.errors import UserError
from semcoder.execution import bwrap
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox

LIMITS = Limits(cpu_s=0.4, wall_s=3.0, memory_mb=256, output_kb=4, result_kb=64)


def verdict(pool: Sandbox, code: str) -> str:
    (outcome,) = pool.run([Job("job", code)])
    return outcome.verdict


def test_a_lost_worker_is_replaced_and_its_job_run_again() -> None:
    with Sandbox(2, LIMITS) as pool:
        jobs = [Job(str(n), "import time; time.sleep(0.05)") for n in range(30)]
        for number, outcome in enumerate(pool.run(jobs)):
            assert (outcome.id, outcome.verdict) == (str(number), "ok")
            if number == 5:
                pool._workers[0]._process.kill()


def test_the_hash_seed_is_in_force() -> None:
    code = "def f(): return hash('semcoder')\ndef g(): return list({'a', 'b', 'c', 'd', 'e', 'f'})"
    calls = (Call(),)
    seen = {}
    for seed in (0, 1, 0):
        with Sandbox(1, LIMITS, hash_seed=seed) as pool:
            hashes, order = pool.run([Job("h", code, "f", calls), Job("g", code, "g", calls)])
        command = [sys.executable, "-c", "print(hash('semcoder'))"]
        expected = subprocess.run(command, env={"PYTHONHASHSEED": str(seed)}, capture_output=True, check=True)
        assert hashes.results[0].value == expected.stdout.decode().strip()
        assert seen.setdefault(seed, order.results[0].value) == order.results[0].value
    assert seen[0] != seen[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workers": 0}, "at least 1"),
        ({"limits": Limits(memory_mb=16)}, "at least 64"),
        ({"limits": Limits(cpu_s=0)}, "not positive"),
        ({"hash_seed": -1}, "4294967295"),
        ({"preload": ("no_such_module",)}, "no_such_module"),
    ],
)
def test_bad_settings_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message), Sandbox(**{"workers": 1, "limits": LIMITS, **arguments}):  # type: ignore[arg-type]
        pass


def test_the_least_memory_suffices_for_a_small_program() -> None:
    with Sandbox(1, Limits(memory_mb=64)) as pool:
        assert verdict(pool, "x = [0] * 1000") == "ok"


def test_verdicts_do_not_depend_on_the_number_of_workers() -> None:
    programs = ["print(1)", "1 / 0", "x =", "open('x')", "import os; os._exit(3)", "def f(): f()\nf()"]
    jobs = [Job(str(number), programs[number % len(programs)]) for number in range(48)]

    def verdicts(workers: int) -> list[tuple[str, str, str]]:
        with Sandbox(workers, LIMITS) as pool:
            return [(outcome.verdict, outcome.detail, outcome.stdout) for outcome in pool.run(jobs)]

    assert verdicts(1) == verdicts(8)


def test_no_isolation_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bwrap, "candidates", lambda: ["/bin/false", "/nowhere/bwrap"])
    with pytest.raises(UserError, match=r"cannot start.*user namespaces"), Sandbox(1, LIMITS):
        pass


def test_a_broken_bubblewrap_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    working = bwrap.candidates()
    monkeypatch.setattr(bwrap, "candidates", lambda: ["/bin/false", *working])
    with Sandbox(1, LIMITS) as pool:
        assert verdict(pool, "x = 1") == "ok"


def _descendants(root: int) -> set[int]:
    """Live processes below `root`, by /proc."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(folder.name)] = int(fields[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found and pid not in found}:
        found |= more
    return found - {root}


def _gone(pids: set[int], within_s: float = 5.0) -> bool:
    deadline = time.monotonic() + within_s
    while any(_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _open_files() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir() if entry.exists() or entry.is_symlink()}


def test_endurance_leaks_nothing() -> None:
    before_processes, before_files = _descendants(os.getpid()), _open_files()
    programs = ["x = 1", "1 / 0", "print('x' * 10 ** 6)", "open('x', 'w')", "import os; os._exit(1)", "x ="]
    with Sandbox(2, LIMITS) as pool:
        jobs = [Job(str(n), programs[n % len(programs)]) for n in range(300)]
        verdicts = [outcome.verdict for outcome in pool.run(jobs)]
        assert verdicts == ["ok", "raised", "ok", "forbidden", "killed", "invalid"] * 50
        assert len(_descendants(os.getpid()) - before_processes) == 4  # two workers: bwrap and zygote each
        assert (
            len(_open_files() - before_files) <= 16
        )  # of each: socket, complaints and two sets of three files
    assert _descendants(os.getpid()) == before_processes
    assert _open_files() == before_files


CALLER = """
import sys
from semcoder.execution.api import Job, Limits
from semcoder.execution.pool import Sandbox
with Sandbox(2, Limits()) as pool:
    jobs = (Job(str(n), "import time\\nwhile True: time.sleep(0.01)" if n else "") for n in range(5))
    for outcome in pool.run(jobs):
        print(outcome.id, flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_outlives_the_caller(number: int) -> None:
    heard = [sys.executable, "-c", "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "]
    heard[-1] += (
        "os.execv(sys.executable, [sys.executable, '-c', sys.argv[1]])"  # a job in the background ignores it
    )
    caller = subprocess.Popen([*heard, CALLER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert caller.stdout is not None
    assert caller.stdout.readline() == b"0\n"
    below = _descendants(caller.pid)
    assert len(below) >= 4
    caller.send_signal(number)
    caller.wait(20)
    caller.stdout.close()
    assert _gone(below)


def test_the_pool_works_outside_the_main_thread() -> None:
    verdicts = []

    def work() -> None:
        with Sandbox(1, LIMITS) as pool:
            verdicts.append(verdict(pool, "x = 1"))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert verdicts == ["ok"]
