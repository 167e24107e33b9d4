"""A long run of honest and hostile programs: what leaks, and whether each got its verdict.

`python -m benchmarks.endurance --programs 100000`: a tenth hostile, of many kinds. Prints processes, descriptors,
memory and files under /tmp before and after, and verdicts by kind of program; ends with 1 if anything was left.
"""

import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.measure import below
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox
from semcoder.progress import track

LIMITS = Limits(cpu_s=0.3, wall_s=2.0, memory_mb=256, output_kb=16, result_kb=64)
HOSTILE: dict[str, tuple[str, ...]] = {
    "leaves at once": ("import os\ndef f(x):\n    os._exit(0)", "killed"),
    "forges a result": (
        "import re\ndef f(x):\n    o = re.enum.sys.modules['os']\n"
        '    o.write(3, b\'["call",{"value":"49","raised":null}]\\n["done",null]\\n["done",null]\\n\')\n'
        "    o._exit(0)",
        "killed",
    ),
    "reads a file": ("def f(x):\n    return open('/etc/passwd').read()", "forbidden"),
    "writes a file": ("def f(x):\n    open('/tmp/x', 'w').write('x' * 1000)", "forbidden"),
    "opens a socket": ("import socket\ndef f(x):\n    socket.socket()", "forbidden"),
    "forks": ("import os\ndef f(x):\n    while True: os.fork()", "forbidden"),
    "recurses": ("def f(x):\n    return f(x)", "ok"),
    "prints for ever": ("def f(x):\n    while True: print('x' * 1000)", "timeout"),
    "takes all memory": (
        "def f(x):\n    y = []\n    while True: y.append(bytearray(10 ** 7))",
        "memory",
        "timeout",
    ),
    "catches everything": (
        "def f(x):\n    while True:\n        try: f(x)\n        except BaseException: pass",
        "timeout",
    ),
    "starts threads": (
        "import threading\ndef f(x):\n    for _ in range(9): threading.Thread(target=int).start()\n    return 49",
        "ok",
    ),
    "leaves by exception": ("def f(x):\n    raise SystemExit(0)", "ok"),
}
"""Code, then the verdicts that it may have."""
SLOW = {"prints for ever", "takes all memory", "catches everything"}
"""A twentieth of the hostile ones, or most of the time would be theirs."""


def main(
    programs: Annotated[int, typer.Option(help="How many.")] = 100_000,
    workers: Annotated[int, typer.Option(help="Side by side.")] = 2,
    seed: Annotated[int, typer.Option(help="Of the order.")] = 0,
) -> None:
    """Run them, and say what was left behind."""
    kinds = list(kinds_of(programs, seed))
    found: Counter[tuple[str, str]] = Counter()
    wrong = 0
    before = _state()
    started = time.monotonic()
    with Sandbox(workers, LIMITS) as sandbox:
        outcomes = track(sandbox.run(_job(n, kind) for n, kind in enumerate(kinds)), "programs", programs)
        for number, (kind, outcome) in enumerate(zip(kinds, outcomes, strict=True)):
            found[kind, outcome.verdict] += 1
            wrong += outcome.id != str(number)
            wrong += outcome.verdict not in HOSTILE.get(kind, ("", "ok"))[1:]
            passed = outcome.verdict == "ok" and outcome.results[0].value == "49"
            wrong += passed != (kind in ("honest", "starts threads"))
            if number == programs // 10:
                warm = _state()
    after = _state()
    for (kind, verdict), count in sorted(found.items()):
        print(f"{kind:22} {verdict:10} {count}")
    rate = programs / (time.monotonic() - started)
    print(f"{programs} programs, {rate:.0f}/s, {wrong} with another verdict than theirs")
    for name in before:
        print(f"{name}: {before[name]} before, {warm[name]} after a tenth, {after[name]} at the end")
    leaked = any(after[name] > before[name] for name in ("processes", "descriptors", "files in /tmp"))
    grown = after["memory MB"] > warm["memory MB"] + 20
    raise SystemExit(int(bool(wrong) or leaked or grown))


def kinds_of(count: int, seed: int) -> Iterator[str]:
    """The kind of each program: `honest`, or a key of HOSTILE."""
    draw = random.Random(seed)
    quick = sorted(HOSTILE.keys() - SLOW)
    for _ in range(count):
        if draw.random() >= 0.1:
            yield "honest"
        else:
            yield draw.choice(sorted(SLOW) if draw.random() < 0.05 else quick)


def code_of(number: int, kind: str) -> str:
    """The program: no two honest ones are equal."""
    return HOSTILE[kind][0] if kind in HOSTILE else f"def f(x):\n    y = {number}\n    return x * x"


def _job(number: int, kind: str) -> Job:
    return Job(str(number), code_of(number, kind), "f", (Call(("7",)),))


def _state() -> dict[str, int]:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "processes": len(below(os.getpid())),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "files in /tmp": len(list(Path(tempfile.gettempdir()).iterdir())),
        "memory MB": pages * os.sysconf("SC_PAGE_SIZE") // 10**6,
    }


if __name__ == "__main__":
    typer.run(main)
