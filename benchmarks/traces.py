"""Traces: ten inputs a program in the sandbox, and PySnooper in a fresh process for each, as upstream's scripts do.

Upstream (paper-facts: `pysnooper` 1.2 in construct_trace.py) runs a file a program and input, reads PySnooper's
text and takes the states out of it. Here the fresh process runs PySnooper on the same program and input; reading its
text back is left out, so the other side is given less to do.
"""

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.measure import in_turns, memory_mb, rate, ratio
from benchmarks.programs import Case, cruxeval
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox

INPUTS = 10
PROGRAMS = 400
SNOOPED = 40
"""Fresh processes a round: enough for a rate."""
ROUNDS = 3
FILE = """
import sys, pysnooper
{code}
f = pysnooper.snoop(sys.stderr, color=False)(f)
try:
    f({arguments})
except Exception:
    pass
"""


def main(mirror: Path, workers: int) -> dict[str, Any]:
    """Traces a second both ways."""
    cases = cruxeval(mirror)[:PROGRAMS]
    jobs = [
        Job(str(n), case.code, "f", (Call(case.args, case.kwargs),) * INPUTS, trace=True)
        for n, case in enumerate(cases)
    ]
    events = 0
    with (
        Sandbox(workers, Limits(result_kb=16 << 10)) as sandbox,
        ThreadPoolExecutor(workers) as threads,
        tempfile.TemporaryDirectory() as folder,
    ):

        def ours() -> int:
            nonlocal events
            results = [result for outcome in sandbox.run(jobs) for result in outcome.results]
            events = sum(len(result.events) for result in results)
            return sum(1 for result in results if result.events)

        def snooped() -> int:
            def run(place: int) -> int:
                file = Path(folder) / f"{place}.py"
                file.write_text(FILE.format(code=cases[place].code, arguments=_arguments(cases[place])))
                done = subprocess.run([sys.executable, str(file)], capture_output=True, check=False)
                return int(b"Starting var" in done.stderr or b"call" in done.stderr)

            return sum(threads.map(run, range(SNOOPED)))

        ours()
        mine, theirs = in_turns([ours, snooped], ROUNDS)
        memory = memory_mb()
    return {
        "programs": len(cases),
        "inputs a program": INPUTS,
        "workers": workers,
        "ours per second": rate(mine).per_second,
        "events a trace": events / (len(cases) * INPUTS),
        "pysnooper per second": rate(theirs).per_second,
        "times pysnooper": ratio(mine, theirs),
        "memory MB": memory,
    }


def _arguments(case: Case) -> str:
    return ", ".join([*case.args, *(f"{name}={value}" for name, value in case.kwargs.items())])
