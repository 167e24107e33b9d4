"""Fault drills on the data part of the graph: each fault ends in a sentence or is passed over, and in the end, after
one more run where it ended the workflow, every artifact is that of an undisturbed run, to the byte.

A drill has a copy of the undisturbed run to itself. Two drills work side by side: most of their time is
Snakemake's start.
"""

import fcntl
import os
import re
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import pytest
from conftest import DATA, Checkout, Clone
from processes import WAIT_S, alive, below, send, until, words

pytestmark = pytest.mark.timeout(600)

MODULES = ("base64", "bisect", "calendar", "colorsys", "fnmatch", "heapq", "textwrap")
"""A few of the corpus' modules: a dozen programs."""
TRACES, DROPPED = "traces/1-of-1.jsonl", "traces/1-of-1.dropped.jsonl"
MONOLOGUES = ("monologues/trace/forward/1-of-1.jsonl", "monologues/trace/backward/1-of-1.jsonl")
TARGETS = tuple(f"results/quickstart/{name}" for name in ("pyx/train.jsonl", *MONOLOGUES))

Drill = Callable[[Checkout], None]
DRILLS: dict[str, tuple[Drill, bool]] = {}
"""By name; whether the graph is run once more before its artifacts are looked at."""


def ends_it(work: Drill) -> Drill:
    """A drill whose fault ends the workflow, which is then run once more."""
    DRILLS[work.__name__] = (work, True)
    return work


def passed_over(work: Drill) -> Drill:
    """A drill in which the workflow comes to its end in spite of the fault."""
    DRILLS[work.__name__] = (work, False)
    return work


@dataclass
class Run:
    """A workflow that has begun."""

    process: subprocess.Popen[str]
    job: int = 0
    """Its job that traces, once there is one."""
    below: list[int] = field(default_factory=list)
    """Every process under it: shells, the job, the sandbox."""
    said: str = ""
    lock: TextIO | None = None
    """What its job waits for."""

    def end(self) -> str:
        """Wait for its end; returns what it printed."""
        self.said, _ = self.process.communicate(timeout=WAIT_S)
        return self.said

    def jobs(self) -> list[int]:
        """Its jobs that trace."""
        return [pid for pid in below(self.process.pid) if b"tracing\0trace\0" in words(pid)]

    def release(self) -> None:
        """Let the job go on."""
        assert self.lock
        fcntl.flock(self.lock, fcntl.LOCK_UN)


def begin(checkout: Checkout, *before: str, targets: tuple[str, ...] = TARGETS) -> Run:
    """Start the workflow in a session of its own, by the words `before` it."""
    return Run(
        subprocess.Popen(
            [*before, *checkout.command(*targets)],
            cwd=checkout.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    )


def complete(checkout: Checkout, *more: str) -> str:
    """Run the workflow, which must succeed."""
    run = begin(checkout, targets=(*TARGETS, *more))
    said = run.end()
    assert run.process.returncode == 0, said
    return said


def refusal(checkout: Checkout) -> set[str]:
    """Run the workflow, which must fail; the sentences that say why."""
    return sentences(begin(checkout))


def sentences(run: Run) -> set[str]:
    """Why a run failed, in the words of the package."""
    said = run.end()
    assert run.process.returncode == 1, said
    assert "Traceback" not in said, said
    found = {line.strip() for line in said.splitlines() if line.strip().startswith("semcoder: ")}
    assert found, said
    return found


def forget(checkout: Checkout) -> None:
    """Leave the traces, and what follows from them, to be made."""
    for name in ("traces", "monologues"):
        shutil.rmtree(checkout.results / name)


@contextmanager
def tracing(checkout: Checkout) -> Iterator[Run]:
    """A workflow whose tracing job has its sandbox and its first output open, and waits for the second one."""
    forget(checkout)
    part = checkout.results / f"traces/.{Path(DROPPED).name}.part"
    part.parent.mkdir()
    with part.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = begin(checkout)
        try:
            until(lambda: (part.parent / f".{Path(TRACES).name}.part").exists())
            run.lock, run.below = lock, below(run.process.pid)
            (run.job,) = run.jobs()
            yield run
        finally:
            for pid in [*run.below, run.process.pid] if run.process.poll() is None else []:
                send(pid, signal.SIGKILL)
            run.process.communicate()


def unsealed(path: Path) -> None:
    """Copied without its seal, say: then its lines alone tell whether it is whole."""
    path.with_name(f".{path.name}.sum").unlink()


def jobs(said: str) -> list[str]:
    """What was made, by the words that the rules announce it with."""
    return sorted(re.findall(r"^Job \d+: (\w+): ", said, re.MULTILINE))


def unmade(checkout: Checkout) -> bool:
    """Whether nothing that looks like a finished trace file is there."""
    return not any((checkout.results / name).exists() for name in (TRACES, DROPPED))


@ends_it
def job_killed(checkout: Checkout) -> None:
    with tracing(checkout) as run:
        send(run.job, signal.SIGKILL)
        said = run.end()
        assert run.process.returncode == 1 and "Error in rule trace" in said, said
        until(lambda: not alive(run.below))
    assert unmade(checkout)


@ends_it
def node_lost(checkout: Checkout) -> None:
    with tracing(checkout) as run:
        for pid in [run.process.pid, *run.below]:
            send(pid, signal.SIGKILL)
        run.end()
        until(lambda: not alive(run.below))
    assert unmade(checkout)


@ends_it
def time_limit(checkout: Checkout) -> None:
    with tracing(checkout) as run:
        for pid in [run.process.pid, *run.below]:
            send(pid, signal.SIGTERM)
        run.end()
        assert run.process.returncode != 0
        until(lambda: not alive(run.below))
    assert unmade(checkout)


@ends_it
def out_of_memory(checkout: Checkout) -> None:
    path = checkout.results / "pyx/programs.jsonl"
    forget(checkout)
    unsealed(path)
    os.truncate(path, 8 << 30)  # a hole: it takes no room on the disk, and as one line all memory
    run = begin(checkout)
    until(lambda: bool(run.jobs()))
    for job in run.jobs():
        resource.prlimit(job, resource.RLIMIT_AS, (1 << 30, 1 << 30))
    (found,) = sentences(run)
    assert "out of memory; give the command more of it" in found
    assert unmade(checkout)
    path.unlink()


@passed_over
def out_of_memory_in_the_sandbox(checkout: Checkout) -> None:
    with tracing(checkout) as run:
        workers = below(run.job)
        assert workers
        for pid in workers:
            send(pid, signal.SIGKILL)
        run.release()
        said = run.end()
        assert run.process.returncode == 0, said


@ends_it
def disk_full(checkout: Checkout) -> None:
    apart = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")
    mount = "mount -t tmpfs -o size=12k none $0"
    forget(checkout)
    folder = checkout.results / "traces"
    folder.mkdir()
    if not shutil.which("unshare") or subprocess.run([*apart, mount, folder], check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    script = f'{mount} && touch $0/kept && "$@"; code=$?; echo left: $(ls -A $0); exit $code'
    run = begin(checkout, *apart, script, "results/quickstart/traces")
    (found,) = sentences(run)
    assert f"{TRACES}: cannot be written (No space left on device); make room" in found
    assert "left: kept" in run.said.splitlines()


@ends_it
def bytes_flipped(checkout: Checkout) -> None:
    path = checkout.results / TRACES
    unsealed(path)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle] ^= 1
    path.write_bytes(data)
    line = data[:middle].count(b"\n") + 1
    for each in refusal(checkout):
        assert f"{TRACES}, line {line}: not a Trace record" in each
    path.unlink()


@ends_it
def cut_within_a_line(checkout: Checkout) -> None:
    path = checkout.results / TRACES
    unsealed(path)
    os.truncate(path, path.stat().st_size - 100)
    last = len(path.read_bytes().splitlines())
    for each in refusal(checkout):
        assert f"{TRACES}, line {last}: not a Trace record" in each
    path.unlink()


@ends_it
def cut_after_a_line(checkout: Checkout) -> None:
    path = checkout.results / TRACES
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-3]))
    for each in refusal(checkout):
        assert f"{TRACES}: damaged or changed since its rule wrote it; delete it and run again" in each
    path.unlink()


@ends_it
def emptied(checkout: Checkout) -> None:
    path = checkout.results / TRACES
    os.truncate(path, 0)
    for each in refusal(checkout):
        assert f"{TRACES}: damaged or changed since its rule wrote it; delete it and run again" in each
    path.unlink()


@passed_over
def locks_left_behind(checkout: Checkout) -> None:
    forget(checkout)
    (checkout.results / ".lock").write_text("")
    locks = checkout.folder / ".snakemake/locks"
    locks.mkdir(exist_ok=True)
    (locks / "0.input.lock").write_text("results/quickstart/pyx/programs.jsonl\n")
    (locks / "0.output.lock").write_text("".join(f"{name}\n" for name in TARGETS))
    complete(checkout)


@passed_over
def clock_ahead(checkout: Checkout) -> None:
    later = time.time() + 3600
    os.utime(checkout.results / TRACES, (later, later))
    assert "Nothing to be done" in complete(checkout)


@passed_over
def clock_behind(checkout: Checkout) -> None:
    earlier = time.time() - 3600
    for name in MONOLOGUES:
        os.utime(checkout.results / name, (earlier, earlier))
    complete(checkout)
    assert "Nothing to be done" in complete(checkout)


@passed_over
def second_workflow(checkout: Checkout) -> None:
    with tracing(checkout) as run:
        send(run.job, signal.SIGSTOP)
        (found,) = refusal(checkout)
        assert "another workflow works there; wait for its end, or stop it" in found
        run.release()
        send(run.job, signal.SIGCONT)
        said = run.end()
        assert run.process.returncode == 0, said


@passed_over
def part_left_behind(checkout: Checkout) -> None:
    forget(checkout)
    for name in (TRACES, DROPPED, *MONOLOGUES):
        path = checkout.results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f".{path.name}.part").write_text('{"id":"trace-')
    complete(checkout)
    assert not list(checkout.results.rglob("*.part"))


@ends_it
def results_below_a_file(checkout: Checkout) -> None:
    checkout.settings["results"] = "config.yaml/results"
    (found,) = sentences(begin(checkout, targets=("config.yaml/results/pyx/train.jsonl",)))
    assert "config.yaml is a file, not a folder; give another path" in found
    del checkout.settings["results"]


@passed_over
def output_deleted(checkout: Checkout) -> None:
    (checkout.results / MONOLOGUES[0]).unlink()
    assert jobs(complete(checkout)) == ["monologues"]


@passed_over
def intermediate_output_deleted(checkout: Checkout) -> None:
    (checkout.results / TRACES).unlink()
    assert jobs(complete(checkout, f"results/quickstart/{TRACES}")) == ["monologues", "monologues", "traces"]


@pytest.fixture(scope="module")
def undisturbed(clone: Clone) -> Checkout:
    """The data part of the graph on a few modules, run once."""
    checkout = clone("undisturbed")
    for path in (checkout.folder / "corpus").rglob("*.py"):
        if path.stem not in MODULES:
            path.unlink()
    checkout.settings["pyx"] = {"shards": 1, "decontaminate": []}
    complete(checkout)
    return checkout


@pytest.fixture(scope="module")
def drills(
    undisturbed: Checkout, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[str, Future[Checkout]]]:
    """Every drill that is asked for, at work."""

    def work(name: str) -> Checkout:
        folder = tmp_path_factory.mktemp(name) / "checkout"
        shutil.copytree(undisturbed.folder, folder, symlinks=True)
        checkout = Checkout(folder)
        checkout.settings = dict(undisturbed.settings)
        bring_about, once_more = DRILLS[name]
        bring_about(checkout)
        if once_more:
            complete(checkout)
        return checkout

    asked = " ".join(item.name for item in request.session.items)
    with ThreadPoolExecutor(2) as pool:
        yield {name: pool.submit(work, name) for name in DRILLS if f"[{name}]" in asked}


@pytest.mark.parametrize("name", DRILLS)
def test_in_spite_of_a_fault_every_artifact_is_right_in_the_end(
    name: str, drills: dict[str, Future[Checkout]], undisturbed: Checkout
) -> None:
    assert drills[name].result().files(*DATA) == undisturbed.files(*DATA)
