"""What goes into the sandbox and what comes out."""

from dataclasses import dataclass, field
from typing import Any

from semcoder.records import Event, Verdict


@dataclass(frozen=True)
class Limits:
    """Limits of one job. CPU seconds decide; wall seconds are the backstop for programs that sleep."""

    cpu_s: float = 5.0
    wall_s: float = 30.0
    memory_mb: int = 1024
    output_kb: int = 64
    """Of stdout and stderr each; the rest is thrown away."""
    result_kb: int = 1024
    """Of results and trace events together."""
    max_events: int = 2000
    """Steps of one traced call; a longer one is marked with `truncated`."""
    max_value_chars: int = 2000


@dataclass(frozen=True)
class Call:
    """Arguments as Python source, evaluated inside the sandbox in the program's own namespace."""

    args: tuple[str, ...] = ()
    kwargs: dict[str, str] = field(default_factory=dict)
    values: tuple[Any, ...] | None = None
    """In place of `args`: plain data of exact builtin types, which need not be written and read as source. No sets:
    the order of their items would come from the caller's hash seed."""


@dataclass(frozen=True)
class Job:
    """One program. Each call starts from a fresh namespace: the code is executed again for it.

    With no entry point the module alone is run. Expected values are no part of a job: they never enter
    the sandbox.
    """

    id: str
    code: str
    entry_point: str = ""
    """A function's name, or an expression such as `Solution().solve`, evaluated in its namespace."""
    calls: tuple[Call, ...] = ()
    stdin: str = ""
    trace: bool = False
    """Record events. An exception of the module itself then counts as raised by the call."""
    call_s: float = 0.0
    """Processor seconds that one call, or a module run alone, may use; a call's own run of the module counts.
    0: as many as the job.

    Kept inside the program's own process, so a program that resets its timers only falls back to `Limits.cpu_s`.
    """


@dataclass(frozen=True)
class CallResult:
    """What one call did: `value` is a literal, or `raised` is (type, message, line in the program or 0)."""

    value: str | None = None
    raised: tuple[str, str, int] | None = None
    events: tuple[Event, ...] = ()
    truncated: str = ""
    """Why the trace is not whole (events, value size); empty when it is."""


@dataclass(frozen=True)
class Outcome:
    """What became of a job. `results` holds the calls that finished before the verdict fell, in order.

    Verdicts: `ok`: the module loaded and every call was carried out, whether it returned or raised (its own
    CallResult tells). `raised`: the module itself raised, SystemExit included. `timeout`: over the processor
    time, or over the wall time for a program that sleeps. `memory`: a MemoryError came through. `killed`: it
    crashed, left on its own, flooded its results, or wrote what no honest child writes. `forbidden`: it
    touched files, network, processes or an input it was not given. `invalid`: it does not compile.

    All of `results`, `stdout` and `stderr` is what the program claims: judge it outside, by
    `compare.same` against values that the program never saw.
    """

    id: str
    verdict: Verdict
    detail: str = ""
    """raised: `Type: message (line N)`; forbidden: which call or path; invalid: the syntax error."""
    results: tuple[CallResult, ...] = ()
    stdout: str = ""
    stderr: str = ""
    cpu_s: float = 0.0
