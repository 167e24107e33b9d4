"""HumanEval+ and MBPP+: the right solutions and 1,000 seeded mutants of them, judged here and by EvalPlus itself.

Both sides take two steps, timed apart: what the references return on all inputs (EvalPlus: `trusted_exec`, in its own
process; here in the sandbox), then the answers, base inputs first and plus inputs for what passes (`untrusted_check`),
as `evalplus.evaluate` does, which keeps the first step's results between runs. EvalPlus 0.3.1 fails every program for
HumanEval/32, its own reference too: the special check of `find_zero` goes on to the next input before it counts the
one that was right.
"""

import contextlib
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.measure import in_turns, memory_mb, rate, ratio
from benchmarks.mutants import mutant
from semcoder.evaluation.benchmarks.evalplus import Differential, EvalPlus
from semcoder.evaluation.checking import Runner
from semcoder.evaluation.judges.evalplus import judge_evalplus, run_references

MUTANTS, ROUNDS = 1000, 1
FILES = {"humaneval": "HumanEvalPlus.jsonl.gz", "mbpp": "MbppPlus.jsonl.gz"}
Answer = tuple[Differential, str]


def main(mirror: Path, workers: int) -> dict[str, Any]:
    """Verdicts and rates of both; what is judged differently, each with its program in the result's file."""
    found: dict[str, Any] = {}
    solved: list[Answer] = []
    for dataset, name in FILES.items():
        harness = EvalPlus(dataset, plus=True)  # type: ignore[arg-type]
        items = list(harness.load([mirror / name]))
        rights = [(item, item.reference) for item in items]
        found |= _compare(f"{dataset} references", harness, rights, workers)
        solved += rights
    wrongs = _mutants(solved)
    for dataset in FILES:
        some = [answer for answer in wrongs if answer[0].dataset == dataset]
        harness = EvalPlus(dataset, plus=True)  # type: ignore[arg-type]
        found |= _compare(f"{dataset} mutants", harness, some, workers)
    return found


def _mutants(solved: Sequence[Answer]) -> list[Answer]:
    """The same number of each problem, as far as there are places for faults."""
    made: dict[tuple[str, str], Answer] = {}
    seed = 0
    while len(made) < MUTANTS:
        for item, code in solved:
            changed = mutant(code, f"{item.id} {seed}")
            if changed and len(made) < MUTANTS:
                made[item.id, changed] = (item, changed)
        seed += 1
    return list(made.values())


def _compare(what: str, harness: EvalPlus, answers: Sequence[Answer], workers: int) -> dict[str, Any]:
    items = list({item.id: item for item, _ in answers}.values())
    known: dict[str, Any] = {}
    verdicts: dict[str, list[Any]] = {}

    with Runner(workers, 3.0, 60.0) as runner:

        def our_references() -> int:
            known["ours"] = [run_references(runner, items, plus) for plus in (False, True)]
            return len(items)

        def their_references() -> int:
            known["evalplus"] = {item.id: _truth(item) for item in items}
            return len(items)

        def ours() -> int:
            verdicts["ours"] = judge_evalplus(harness, runner, list(answers), known["ours"])
            known["memory"] = memory_mb()
            return len(answers)

        def evalplus() -> int:
            with ThreadPoolExecutor(workers) as threads, contextlib.redirect_stdout(io.StringIO()):
                verdicts["evalplus"] = list(
                    threads.map(lambda it: _check(it[0], it[1], known["evalplus"][it[0].id]), answers)
                )
            return len(answers)

        our_first, their_first = in_turns([our_references, their_references], 1)
        mine, theirs = in_turns([ours, evalplus], ROUNDS)
    apart = [
        {"problem": item.id, "ours": str(a), "evalplus": b, "code": code}
        for (item, code), a, b in zip(answers, verdicts["ours"], verdicts["evalplus"], strict=True)
        if a.passed != (b == "pass")
    ]
    return {
        f"{what}": len(answers),
        f"{what}: passed here": sum(a.passed for a in verdicts["ours"]),
        f"{what}: passed by evalplus": verdicts["evalplus"].count("pass"),
        f"{what}: apart": apart,
        f"{what}: references, times evalplus": ratio(our_first, their_first),
        f"{what}: ours per second": rate(mine).per_second,
        f"{what}: evalplus per second": rate(theirs).per_second,
        f"{what}: times evalplus": ratio(mine, theirs),
        f"{what}: memory MB": known["memory"],
    }


def _truth(item: Differential) -> dict[str, tuple[list[Any], list[float]]]:
    from evalplus.eval._special_oracle import MBPP_OUTPUT_NOT_NONE_TASKS
    from evalplus.gen.util import trusted_exec

    not_none = item.dataset == "mbpp" and item.entry_point in MBPP_OUTPUT_NOT_NONE_TASKS
    with contextlib.redirect_stdout(io.StringIO()):
        return {
            part: trusted_exec(
                item.reference, list(inputs), item.entry_point, record_time=True, output_not_none=not_none
            )
            for part, inputs in (("base", item.base), ("plus", item.plus))
        }


def _check(item: Differential, code: str, truth: dict[str, tuple[list[Any], list[float]]]) -> str:
    from evalplus.eval import untrusted_check

    for part, inputs in (("base", item.base), ("plus", item.plus)):
        expected, times = truth[part]
        status, _ = untrusted_check(
            item.dataset, code, list(inputs), item.entry_point, expected, item.atol, times, fast_check=True
        )
        if str(status) != "pass":
            return f"{part}: {status}"
    return "pass"
