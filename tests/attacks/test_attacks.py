"""Hostile programs, each against two pools: with the guard, which names what a program tried, and without it,
so that the attack meets the isolation itself (namespaces, read-only root, system call filter, limits).

Every program claims to compute 5!; none may be believed, the host must be unharmed, and the pool must go on.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from hostile import ATTACKS

from semcoder.execution import bwrap, seccomp
from semcoder.execution.api import Call, Job, Limits, Outcome
from semcoder.execution.compare import same
from semcoder.execution.pool import Sandbox

LIMITS = Limits(cpu_s=0.3, wall_s=1.5, memory_mb=256, output_kb=16, result_kb=64)
SECRET = "d41d8cd98f00-the-callers-secret"
EXPECTED = "120"
HONEST = "def f(n):\n    return 1 if n < 2 else n * f(n - 1)\n"


class Bare(Sandbox):
    """The isolation alone, without the guard that names what a program tried."""

    _guarded: ClassVar[bool] = False


@dataclass
class Host:
    """What must be unharmed: a file, a process, sockets that count who calls."""

    canary: Path
    process: subprocess.Popen[bytes]
    sockets: list[socket.socket]

    def __post_init__(self) -> None:
        self.words = {
            "@CANARY@": str(self.canary),
            "@PORT@": str(self.sockets[0].getsockname()[1]),
            "@SOCKET@": self.sockets[1].getsockname(),
            "@ABSTRACT@": self.sockets[2].getsockname()[1:].decode(),
        }

    def fill(self, text: str) -> str:
        for word, value in self.words.items():
            text = text.replace(word, value)
        return text

    def unharmed(self) -> bool:
        quiet = True
        for listener in self.sockets:
            try:
                listener.accept()
                quiet = False
            except BlockingIOError:
                continue
        return quiet and self.canary.read_text() == SECRET and self.process.poll() is None


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("host")
    (folder / "canary").write_text(SECRET)
    sockets = []
    for family, address in (
        (socket.AF_INET, ("127.0.0.1", 0)),
        (socket.AF_UNIX, str(folder / "socket")),
        (socket.AF_UNIX, f"\0semcoder-{os.getpid()}"),
    ):
        listener = socket.socket(family)
        listener.bind(address)
        listener.listen()
        listener.setblocking(False)
        sockets.append(listener)
    process = subprocess.Popen(["sleep", "600"])
    yield Host(folder / "canary", process, sockets)
    process.kill()
    process.wait()
    for listener in sockets:
        listener.close()


@pytest.fixture(scope="module", params=["guarded", "bare"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    os.environ["SEMCODER_TEST_SECRET"] = SECRET
    with (Bare if request.param == "bare" else Sandbox)(1, LIMITS) as pool:
        yield pool
    del os.environ["SEMCODER_TEST_SECRET"]


def _matches(outcome: Outcome, expected: str) -> bool:
    said = f"{outcome.verdict}: {outcome.detail}"
    return any(said.startswith(choice) for choice in expected.split("|"))


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(sandbox: Sandbox, host: Host, name: str) -> None:
    attack = ATTACKS[name]
    jobs = [
        Job("attack", host.fill(attack.code), "f", (Call(("5",)),)),
        Job("next", HONEST, "f", (Call(("5",)),)),
    ]
    started = time.monotonic()
    hostile, honest = sandbox.run(jobs)
    assert time.monotonic() - started < 20
    bare = isinstance(sandbox, Bare)
    assert _matches(hostile, host.fill(attack.bare if bare else attack.guarded)), hostile
    if bare and attack.value:
        (result,) = hostile.results
        assert result.raised is not None or result.value is not None
        said = result.value if result.raised is None else f"!{result.raised[0]}"
        assert said in attack.value.split("|"), hostile
    assert not any(same(result.value or "", EXPECTED) for result in hostile.results)
    assert SECRET not in repr(hostile)
    assert len(hostile.stdout) <= LIMITS.output_kb * 1024 and len(hostile.stderr) <= LIMITS.output_kb * 1024
    assert (honest.verdict, honest.results[0].value) == ("ok", EXPECTED)
    assert host.unharmed()


def test_the_next_program_writes_to_files_that_are_empty() -> None:
    """One program after the other writes to the same files in memory; they share offset and flags."""
    tamper = """
import fcntl, os
for fd in (1, 2, 3):
    os.write(fd, b"left over" * 100)
    fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)
    os.lseek(fd, 5000, 0)
"""
    look = "import fcntl, sys\nprint('out')\nprint('err', file=sys.stderr)\n"
    look += "import os\ndef f(): return {fcntl.fcntl(fd, fcntl.F_GETFL) & 0o6000 for fd in (1, 2, 3)} == {os.O_APPEND}"
    with Bare(1, LIMITS) as pool:
        for _ in range(3):
            tampered, seen = pool.run([Job("tamper", tamper), Job("look", look, "f", (Call(),))])
            assert tampered.verdict == "killed"
            assert (seen.verdict, seen.stdout, seen.stderr) == ("ok", "out\n", "err\n")
            assert seen.results[0].value == "True"


def test_without_a_filter_no_program_reaches_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On machines whose system call numbers are not known: namespaces and limits alone."""
    unknown = tmp_path / "seccomp.py"
    source = Path(seccomp.__file__).read_text()
    unknown.write_text(source.replace("return platform.machine() in _COLUMN", "return False"))
    root = bwrap._root
    monkeypatch.setattr(
        bwrap, "_root", lambda python: [w if w != seccomp.__file__ else str(unknown) for w in root(python)]
    )
    attack = """
import ctypes, os, resource
resource.prlimit(1, resource.RLIMIT_NOFILE, (20, 20))
os.setpriority(os.PRIO_PROCESS, 1, 19)
print(ctypes.CDLL(None).ptrace(16, 1, 0, 0))
"""
    look = "import os, resource\ndef f(): return [os.getpriority(0, 0), resource.getrlimit(7)]"
    with Bare(1, LIMITS) as pool:
        hostile, honest = pool.run([Job("attack", attack), Job("look", look, "f", (Call(),))])
        assert (hostile.verdict, hostile.stdout) == ("ok", "-1\n")
        assert honest.results[0].value == f"[{os.getpriority(os.PRIO_PROCESS, 0)}, (64, 64)]"


def test_nothing_is_left_for_the_next_program() -> None:
    leave = "import os, time\nopen('/tmp/left', 'w').write('x')\nos.mkdir('/tmp/dir')\n"
    look = "import os\ndef f(): return [os.listdir('/tmp'), os.getcwd(), os.getpid()]"
    with Bare(1, LIMITS) as pool:
        for _ in range(3):
            left, seen = pool.run([Job("leave", leave), Job("look", look, "f", (Call(),))])
            assert left.verdict == "ok"
            assert seen.results[0].value is not None and seen.results[0].value.startswith("[[], '/tmp', ")
