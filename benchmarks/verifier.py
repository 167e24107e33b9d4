"""The verifier: true monologues that it flags, planted errors that it finds, and its rate, with the writer's.

True ones are grounded monologues, in both directions, of CRUXEval's programs, of programs that raise and catch, and
of the standard library's programs where results/quickstart holds them. Errors are planted in them, equally many of
each kind (benchmarks.planting), and counted as found when the text is rejected.
"""

import gc
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import programs
from benchmarks.planting import KINDS, planted
from semcoder import garbage, records
from semcoder.execution.api import Call, Job, Limits
from semcoder.execution.pool import Sandbox
from semcoder.monologue.listing import listing
from semcoder.monologue.verify import verify
from semcoder.monologue.write import monologue
from semcoder.records import Direction, Monologue, Program, TestCase, Trace

ERRORS = 5500
"""Of all kinds; there is not room for as many false invariants."""
SEED = 4
ROUNDS = 3
MAX_CHARS = 2400
QUICKSTART = Path("results/quickstart")
LIMITS = Limits(result_kb=16 * 1024, max_events=300, max_value_chars=400)
DIRECTIONS: tuple[Direction, ...] = ("forward", "backward")
RAISING = """\
def f(items, at, table):
    found = []
    for key in items:
        try:
            found.append({expression})
        except {caught}:
            found.append(None)
    return found
"""
EXPRESSIONS = {
    "key % at // (at - at)": "ZeroDivisionError",
    "items[key + at]": "IndexError",
    "table[key]": "KeyError",
    "int(str(key) + 'x')": "ValueError",
    "key + str(at)": "TypeError",
    "key.missing": "AttributeError",
}


class Told(NamedTuple):
    """A true monologue beside its trace."""

    text: str
    direction: Direction
    trace: Trace
    code: str
    source: str
    made_from: tuple[Program, TestCase]


def main(mirror: Path, workers: int) -> dict[str, Any]:
    """Rates of false alarms and of errors found, in all and by kind, and milliseconds of CPU a monologue."""
    told = list(_told(mirror, workers))
    started = time.process_time()
    flagged = [each for each in told if not _verify(each, each.text).accepted]
    spent = time.process_time() - started
    found = {
        "true monologues": len(told),
        **{
            f"true monologues, {name}": n for name, n in sorted(Counter(each.source for each in told).items())
        },
        "flagged": len(flagged),
        "flagged, %": 100 * len(flagged) / len(told),
        "CPU ms a monologue": 1000 * spent / len(told),
        **_together([each for each in told if each.source == "CRUXEval"], workers),
        **_scaling(),
    }
    return found | _errors([each for each in told if each not in flagged])


def _verify(each: Told, text: str) -> Any:
    return verify(text, each.direction, each.trace.events, each.code)


def _errors(told: Sequence[Told]) -> dict[str, Any]:
    rng = random.Random(SEED)
    made: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    placed = 0
    missed: list[dict[str, str]] = []
    for kind in KINDS:
        wanted = ERRORS // len(KINDS) + (KINDS.index(kind) < ERRORS % len(KINDS))
        seen: set[str] = set()
        for each in _again(told, rng, 60 * wanted):
            error = planted(each.text, each.trace, kind, rng)
            if error is None or error.text in seen:
                continue
            seen.add(error.text)
            made[kind] += 1
            claims = [claim for claim in _verify(each, error.text).claims if claim.status == "contradicted"]
            caught[kind] += bool(claims)
            placed += any(claim.start < error.end and error.start < claim.end for claim in claims)
            if not claims and len(missed) < 50:
                line = (
                    error.text[: error.end + 200].rpartition("\n")[2]
                    if "\n" not in error.text
                    else error.text
                )
                missed.append(
                    {"kind": kind, "at": error.text[error.start : error.end], "text": line, "code": each.code}
                )
            if made[kind] == wanted:
                break
    rates = {f"found, {kind}, % of {made[kind]}": 100 * caught[kind] / max(made[kind], 1) for kind in KINDS}
    return {
        "errors planted": made.total(),
        "found, %": 100 * caught.total() / max(made.total(), 1),
        "found at their place, %": 100 * placed / max(made.total(), 1),
        **rates,
        "missed": missed,
    }


def _again(told: Sequence[Told], rng: random.Random, most: int) -> Iterator[Told]:
    """The monologues in random order, over and over, `most` in all."""
    order: list[Told] = []
    for _ in range(most):
        if not order:
            order = list(told)
            rng.shuffle(order)
        yield order.pop()


def _told(mirror: Path, workers: int) -> Iterator[Told]:
    """Every true monologue."""
    calls = [(each.code, each.args, each.kwargs) for each in programs.cruxeval(mirror)]
    for program, test, trace in _traced(calls, workers):
        yield from _both(program, test, trace, "CRUXEval")
    for program, test, trace in _traced(list(_raising()), workers):
        yield from _both(program, test, trace, "raising")
    yield from _quickstart()


def _both(program: Program, test: TestCase, trace: Trace, source: str) -> Iterator[Told]:
    for direction in DIRECTIONS:
        row = monologue(program, test, trace, direction, max_chars=MAX_CHARS, seed=SEED)
        if isinstance(row, Monologue):
            yield Told(row.text, direction, trace, program.code, source, (program, test))


def _raising() -> Iterator[tuple[str, tuple[str, ...], dict[str, str]]]:
    """Programs that raise and catch, each with several inputs."""
    rng = random.Random(SEED)
    for expression, error in EXPRESSIONS.items():
        for caught in (error, "Exception", f"({error}, OverflowError)"):
            code = RAISING.format(expression=expression, caught=caught)
            for _ in range(6):
                items = [rng.randrange(9) for _ in range(rng.randrange(1, 5))]
                table = {key: key * 2 for key in range(rng.randrange(1, 6))}
                yield code, (repr(items), str(rng.randrange(1, 5)), repr(table)), {}


def _traced(
    calls: Sequence[tuple[str, tuple[str, ...], dict[str, str]]], workers: int
) -> Iterator[tuple[Program, TestCase, Trace]]:
    jobs = [
        Job(str(at), code, "f", (Call(args, kwargs),), trace=True)
        for at, (code, args, kwargs) in enumerate(calls)
    ]
    with Sandbox(workers, LIMITS) as sandbox:
        for (code, args, kwargs), outcome in zip(calls, sandbox.run(jobs), strict=True):
            result = outcome.results[0] if outcome.results else None
            if result is None or result.value is None or result.truncated:
                continue
            program = Program(code=code, entry_point="f")
            test = TestCase(
                parents=(program.id,), args=args, kwargs=kwargs, output=result.value, origin="type"
            )
            yield program, test, Trace(parents=(test.id, program.id), events=result.events)


def _quickstart() -> Iterator[Told]:
    """The standard library's programs, where a quickstart has made them."""
    folder = QUICKSTART / "pyx"
    if not (folder / "programs.jsonl").is_file():
        return
    known = {each.id: each for each in records.read(folder / "programs.jsonl", Program)}
    tests = {each.id: each for each in records.read(folder / "tests.jsonl", TestCase)}
    for path in sorted((QUICKSTART / "traces").glob("*-of-*.jsonl")):
        if "dropped" in path.name:
            continue
        for trace in records.read(path, Trace):
            test, program = trace.parents
            yield from _both(known[program], tests[test], trace, "standard library")


class Spent(NamedTuple):
    """CPU seconds of one process: for writing, its reading of each program included, and for verifying."""

    write: float
    verify: float


def _together(told: Sequence[Told], workers: int) -> dict[str, float]:
    """Each monologue written and verified anew: in one process by CPU time, and side by side by the clock."""
    best = min((_written_and_verified(told) for _ in range(ROUNDS)), key=sum)
    per = -(-len(told) // workers)
    shares = [told[at : at + per] for at in range(0, len(told), per)]  # whole programs, as shards have
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(workers + 1, timeout=600)
    processes = [context.Process(target=_beside_others, args=(share, start)) for share in shares]
    for process in processes:
        process.start()
    rates = []
    for _ in range(ROUNDS):
        start.wait()
        started = time.perf_counter()
        start.wait()
        rates.append(len(told) / (time.perf_counter() - started))
    for process in processes:
        process.join()
    return {
        "written, CPU ms each": 1000 * best.write / len(told),
        "written and verified, CPU ms each": 1000 * sum(best) / len(told),
        f"written and verified a second, {workers} processes": max(rates),
    }


def _beside_others(told: Sequence[Told], start: Barrier) -> None:
    """In a process of its own, which has its share already: all begin together, and the slowest counts."""
    garbage.collect_rarely()  # as the commands do
    _written_and_verified(told[:50])  # imports and caches
    for _ in range(ROUNDS):
        start.wait()
        _written_and_verified(told)
        start.wait()


def _written_and_verified(told: Sequence[Told]) -> Spent:
    listing.cache_clear()
    write = check = 0.0
    for each in told:
        started = time.process_time()
        program, test = each.made_from
        row = monologue(program, test, each.trace, each.direction, max_chars=MAX_CHARS, seed=SEED)
        written = time.process_time()
        assert isinstance(row, Monologue)
        assert verify(row.text, each.direction, each.trace.events, program.code).accepted
        write, check = write + written - started, check + time.process_time() - written
    return Spent(write, check)


def _scaling() -> dict[str, float]:
    """How much longer eight times the text takes, beside a trace eight times as long: 8 where it is linear.

    Without the garbage collector, as in timeit: its passes over ever more objects make it 9 to 12.
    """
    code = "def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t\n"
    spent = []
    for n in (200, 1600):
        events, lines, total = _loop_of(n), [], 0
        for i in range(n):
            total += i
            lines.append(f"   - **Iteration {i + 1}**: `i = {i}`. [L4]: Add `{i}`: `t = {total}`.")
        text = "1. [L2]: Set `t = 0`.\n2. [L3]: Loop over `range(n)`.\n" + "\n".join(lines)
        best = float("inf")
        gc.disable()
        for _ in range(3):
            started = time.process_time()
            assert verify(text, "forward", events, code).accepted
            best = min(best, time.process_time() - started)
        gc.enable()
        spent.append(best)
    return {"8 times the iterations take, times": spent[1] / spent[0]}


def _loop_of(n: int) -> tuple[records.Event, ...]:
    event = records.Event
    found = [
        event(kind="call", line=1, scope="f", changes={"n": str(n)}),
        event(kind="line", line=2, scope="f", changes={"t": "0"}),
    ]
    total = 0
    for i in range(n):
        total += i
        found.append(event(kind="line", line=3, scope="f", changes={"i": str(i)}))
        found.append(event(kind="line", line=4, scope="f", changes={"t": str(total)} if i else {}))
    found += [event(kind="line", line=3, scope="f"), event(kind="line", line=5, scope="f")]
    return (*found, event(kind="return", line=5, scope="f", value=str(total)))
