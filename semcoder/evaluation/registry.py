"""Every benchmark by name: what the configuration, the rules and the commands know of it before they load it."""

from typing import Literal, NamedTuple


class Benchmark(NamedTuple):
    """`entry`: its file in data/versions.csv, empty for PyX's own; `asked_as`: the benchmark whose generations it
    scores, where the questions are the same; `prompts`: the file there that has its own few-shot prompts;
    `of` and `change`: the benchmark whose programs it shows renamed or restructured (evaluation.variants).
    Harnesses stand in semcoder.evaluation.benchmarks."""

    title: str
    task: Literal["code", "output", "input", "state"]
    entry: str = ""
    asked_as: str = ""
    prompts: str = ""
    of: str = ""
    change: str = ""


BENCHMARKS: dict[str, Benchmark] = {
    "pyx_code": Benchmark("PyX code", "code"),
    "pyx_output": Benchmark("PyX-O", "output"),
    "pyx_input": Benchmark("PyX-I", "input"),
    "humaneval": Benchmark("HumanEval", "code", "humaneval"),
    "humaneval_plus": Benchmark("HumanEval+", "code", "humaneval_plus"),
    "mbpp": Benchmark("MBPP", "code", "mbpp_plus"),
    "mbpp_plus": Benchmark("MBPP+", "code", "mbpp_plus", asked_as="mbpp"),
    "cruxeval_output": Benchmark("CRUXEval-O", "output", "cruxeval", prompts="cruxeval_prompts"),
    "cruxeval_input": Benchmark("CRUXEval-I", "input", "cruxeval", prompts="cruxeval_prompts"),
    "lcb_generation": Benchmark("LCB-Lite", "code", "livecodebench_generation"),
    "lcb_execution": Benchmark("LCB-Exec", "output", "livecodebench_execution"),
}

CHANGES = ("renamed", "restructured")
for _of in ("cruxeval_output", "cruxeval_input", "lcb_execution"):
    for _change in CHANGES:
        _facts = BENCHMARKS[_of]
        BENCHMARKS[f"{_of}_{_change}"] = _facts._replace(
            title=f"{_facts.title} {_change}", of=_of, change=_change
        )
BENCHMARKS |= {
    "states_value": Benchmark("values", "state"),
    "states_next": Benchmark("next lines", "state"),
    "states_loop": Benchmark("rounds of loops", "state"),
}
