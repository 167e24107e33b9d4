"""One child a program: this sandbox, a bare fork + pipe + wait of a process of the same size, EvalPlus' own check.

The bare process is the same interpreter, started with the same flags, with the same modules imported, filled up with
objects to the resident memory of our zygote, and frozen; its child writes a byte and ends. No program runs in it, and
nothing is isolated: it is what a fork costs.
"""

import ast
import contextlib
import io
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.measure import below, in_turns, memory_mb, rate, ratio, resident_mb
from benchmarks.programs import Case, cruxeval
from semcoder.execution import bwrap
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.compare import same
from semcoder.execution.pool import DEFAULT_PRELOAD, Sandbox

ROUNDS = 7
BARE = """
import gc, importlib, json, os, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
filling = []
while int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") < float(sys.argv[2]) * 1e6:
    filling.append(bytes(400))
gc.collect()
gc.freeze()
for line in sys.stdin:
    for _ in range(int(line)):
        receiving, sending = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(sending, b"x")
            os._exit(0)
        os.close(sending)
        os.read(receiving, 1)
        os.close(receiving)
        os.waitpid(pid, 0)
    print(flush=True)
"""


class Bare:
    """Processes that fork as often as they are told, side by side."""

    def __init__(self, workers: int, megabytes: float) -> None:
        command = [bwrap.interpreter(), *bwrap.FLAGS, "-c", BARE, json.dumps(DEFAULT_PRELOAD), str(megabytes)]
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(workers)
        ]

    def resident_mb(self) -> float:
        """Of one."""
        return resident_mb(self._processes[0].pid)

    def fork(self, count: int) -> None:
        """`count` forks, shared out."""
        for process in self._processes:
            assert process.stdin
            process.stdin.write(f"{count // len(self._processes)}\n")
            process.stdin.flush()
        for process in self._processes:
            assert process.stdout
            process.stdout.readline()

    def close(self) -> None:
        """End them."""
        for process in self._processes:
            process.kill()
            process.communicate()


def main(mirror: Path, workers: int) -> dict[str, Any]:
    """CRUXEval's programs, each with its input, one child each."""
    from evalplus.eval import untrusted_check

    cases = [case for case in cruxeval(mirror) if case.values() is not None]
    jobs = [job(case, number) for number, case in enumerate(cases)]
    verdicts: dict[str, list[bool]] = {}
    with Sandbox(workers, Limits()) as sandbox, ThreadPoolExecutor(workers) as threads:

        def ours() -> int:
            verdicts["ours"] = [
                bool(outcome.results) and same(outcome.results[0].value or "", case.output)
                for case, outcome in zip(cases, sandbox.run(jobs), strict=True)
            ]
            return len(cases)

        def forks() -> int:
            bare.fork(len(cases))
            return len(cases)

        def evalplus() -> int:
            def check(case: Case) -> bool:
                inputs, outputs = [case.values()], [ast.literal_eval(case.output)]
                status, _ = untrusted_check("humaneval", case.code, inputs, "f", outputs, 0, [0.01])
                return str(status) == "pass"

            with contextlib.redirect_stdout(io.StringIO()):
                verdicts["evalplus"] = list(threads.map(check, cases))
            return len(cases)

        ours()
        zygote = max(map(resident_mb, below(os.getpid())))
        bare = Bare(workers, zygote)
        forks()
        mine, forked = in_turns([ours, forks], ROUNDS)
        memory = memory_mb()
        sizes = zygote, bare.resident_mb()
        again, theirs = in_turns([ours, evalplus], 2)
    bare.close()
    return {
        "programs": len(cases),
        "workers": workers,
        "ours per second": rate(mine).per_second,
        "ours cpu ms": rate(mine).cpu_ms,
        "bare fork per second": rate(forked).per_second,
        "bare fork cpu ms": rate(forked).cpu_ms,
        "share of the bare fork's rate": ratio(mine, forked),
        "evalplus per second": rate(theirs).per_second,
        "times evalplus": ratio(again, theirs),
        "agree with evalplus": sum(
            a == b for a, b in zip(verdicts["ours"], verdicts["evalplus"], strict=True)
        ),
        "zygote MB": sizes[0],
        "bare process MB": sizes[1],
        "memory MB": memory,
    }


def job(case: Case, number: int) -> Job:
    """One program with its one input."""
    return Job(str(number), case.code, "f", (Call(case.args, case.kwargs),))
