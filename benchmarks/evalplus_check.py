"""EvalPlus' own verdicts on programs: its functions of version 0.3.1, on its own reading of its files."""

import contextlib
import io
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Literal, NamedTuple

Dataset = Literal["humaneval", "mbpp"]
FILES: dict[Dataset, str] = {"humaneval": "HumanEvalPlus.jsonl.gz", "mbpp": "MbppPlus.jsonl.gz"}


class Verdict(NamedTuple):
    """Whether all inputs of a list were right; `plus` counts where `base` is true (evalplus.evaluate)."""

    base: bool
    plus: bool
    words: str


def problems(dataset: Dataset, mirror: Path) -> dict[str, dict[str, Any]]:
    """EvalPlus' problems, with what the references return and how long they take."""
    from evalplus.data import humaneval, mbpp
    from evalplus.eval._special_oracle import MBPP_OUTPUT_NOT_NONE_TASKS

    path = str(mirror / FILES[dataset])
    if dataset == "humaneval":
        humaneval.HUMANEVAL_OVERRIDE_PATH = path
        found = humaneval.get_human_eval_plus()
    else:
        mbpp.MBPP_OVERRIDE_PATH = path
        found = mbpp.get_mbpp_plus()
    not_none = MBPP_OUTPUT_NOT_NONE_TASKS if dataset == "mbpp" else []
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as process:
        expected = process.map(_expected, found.values(), [not_none] * len(found))
        for row, results in zip(found.values(), expected, strict=True):
            row["expected"] = results
    return dict(found)


def _expected(row: dict[str, Any], not_none: Sequence[str]) -> dict[str, Any]:
    """What evalplus.evaluate.get_groundtruth keeps of one problem."""
    from evalplus.gen.util import trusted_exec

    found: dict[str, Any] = {}
    for part in ("base", "plus"):
        with contextlib.redirect_stdout(io.StringIO()):
            found[part], found[f"{part}_time"] = trusted_exec(
                row["prompt"] + row["canonical_solution"],
                row[f"{part}_input"],
                row["entry_point"],
                record_time=True,
                output_not_none=row["entry_point"] in not_none,
            )
    return found


def verdicts(
    dataset: Dataset,
    known: dict[str, dict[str, Any]],
    asked: Sequence[tuple[str, str]],
    workers: int,
    least_s: float = 1.0,
) -> list[Verdict]:
    """EvalPlus' verdict on each (problem, program). `least_s`: wall seconds that an input has at least (1: default)."""
    with ProcessPoolExecutor(
        workers, multiprocessing.get_context("fork"), initializer=_know, initargs=(dataset, known)
    ) as processes:
        return list(
            processes.map(_verdict, *zip(*[(*each, least_s) for each in asked], strict=True), chunksize=8)
        )


_KNOWN: dict[str, Any] = {}
"""Of a worker: the problems, too large to be sent with each program."""


def _know(dataset: Dataset, known: dict[str, dict[str, Any]]) -> None:
    _KNOWN.update(dataset=dataset, problems=known)


def _verdict(problem: str, code: str, least_s: float) -> Verdict:
    from evalplus.evaluate import check_correctness

    row = _KNOWN["problems"][problem]
    with contextlib.redirect_stdout(io.StringIO()):
        found = check_correctness(
            _KNOWN["dataset"], 0, row, code, row["expected"], fast_check=True, min_time_limit=least_s
        )
    base, plus = str(found["base"][0]), str(found["plus"][0])
    return Verdict(base == "pass", base == plus == "pass", f"base {base}, plus {plus}")
