"""Scoring CRUXEval-like answers: ten to each of the 800 programs, half of them right.

Ours: the recorded program runs once on its input, in one child; what it returned is compared, outside, with each
answer. An answer is a literal and runs nowhere. What is shared, one run of the benchmark's own program, is safe:
no answer takes part in it. Theirs: EvalPlus' own check, which like CRUXEval's harness starts a fresh process for
each answer and compares inside it.
"""

import ast
import contextlib
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.children import job
from benchmarks.measure import in_turns, memory_mb, rate, ratio
from benchmarks.programs import Case, answers, cruxeval
from semcoder.evaluation.checking import equal
from semcoder.execution import literals
from semcoder.execution.api import Limits
from semcoder.execution.pool import Sandbox

EACH = 10


def main(mirror: Path, workers: int) -> dict[str, Any]:
    """8,000 answers both ways, and where the verdicts differ."""
    from evalplus.eval import untrusted_check

    cases = [case for case in cruxeval(mirror) if case.values() is not None]
    given = answers(cases, EACH)
    verdicts: dict[str, list[bool]] = {}
    memory = 0.0

    def ours() -> int:
        nonlocal memory
        with Sandbox(workers, Limits()) as sandbox:
            values = [
                literals.parse(outcome.results[0].value or "None")
                for outcome in sandbox.run(job(case, n) for n, case in enumerate(cases))
            ]
            memory = memory_mb()
        verdicts["ours"] = [
            equal(value, literals.parse(answer))
            for value, row in zip(values, given, strict=True)
            for answer in row
        ]
        return len(verdicts["ours"])

    def evalplus() -> int:
        def check(asked: tuple[Case, str]) -> bool:
            case, answer = asked
            inputs, outputs = [case.values()], [ast.literal_eval(answer)]
            status, _ = untrusted_check("humaneval", case.code, inputs, "f", outputs, 0, [0.01])
            return str(status) == "pass"

        asked = [(case, answer) for case, row in zip(cases, given, strict=True) for answer in row]
        with ThreadPoolExecutor(workers) as threads, contextlib.redirect_stdout(io.StringIO()):
            verdicts["evalplus"] = list(threads.map(check, asked))
        return len(asked)

    mine, theirs = in_turns([ours, evalplus], 1)
    asked = [(case, answer) for case, row in zip(cases, given, strict=True) for answer in row]
    apart = [
        {"recorded": case.output[:80], "answer": answer[:80], "ours": a, "evalplus": b}
        for (case, answer), a, b in zip(asked, verdicts["ours"], verdicts["evalplus"], strict=True)
        if a != b
    ]
    return {
        "answers": len(asked),
        "workers": workers,
        "ours per second": rate(mine).per_second,
        "evalplus per second": rate(theirs).per_second,
        "times evalplus": ratio(mine, theirs),
        "verdicts apart": len(apart),
        "of these": apart[:10],
        "memory MB": memory,
    }
