"""At the paper's scale the graph holds every family of artifacts, and planning it makes nothing."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from shipped import linked

ROOT = Path(__file__).parents[2]
SNAKEMAKE = [str(Path(sys.executable).with_name("snakemake"))]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository without results."""
    return linked(tmp_path_factory.mktemp("clone"))


def snakemake(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """snakemake in a copy."""
    options = ["--cores", "32", "--directory", str(folder), "--snakefile", str(folder / "Snakefile")]
    return subprocess.run(
        [*SNAKEMAKE, *options, *words], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def jobs(clone: Path) -> str:
    """What a dry run of all that the README names prints."""
    names = [*(f"table{n}" for n in range(1, 9)), *(f"figure{n}" for n in (3, 5, 6)), "claims"]
    done = snakemake(clone, "-n", "--printshellcmds", *names)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def planned(clone: Path, jobs: str) -> set[str]:
    """Every file of the plan."""
    done = snakemake(clone, "--summary")
    assert done.returncode == 0, done.stdout + done.stderr
    made = [path for path in (clone / "results").rglob("*") if "paper" not in path.parts]
    assert made == [] and not (clone / "data/external").exists()
    return {line.split("\t")[0] for line in done.stdout.splitlines()[1:]}


RESULTS = "results/semcoder"
FAMILIES = [
    "seeds/1-of-64.jsonl",
    "pyx/synthesized/64-of-64.problems.jsonl",
    "pyx/synthesized/64-of-64.soft.jsonl",
    "pyx/expanded/1-of-64.tests.jsonl",
    "pyx/train.jsonl",
    "pyx/soft.jsonl",
    "traces/1-of-64.jsonl",
    "monologues/teacher/forward/1-of-64.jsonl",
    "monologues/teacher/backward/64-of-64.jsonl",
    "monologues/trace/forward/1-of-64.jsonl",
    "tables/monologues.md",
    "pages/monologues.html",
    *[f"formats/{each}/forward/1-of-64.jsonl" for each in ("scratchpad", "next", "concise", "direct")],
    *[
        f"{kind}/{recipe}{'.jsonl' if kind == 'mixtures' else ''}"
        for kind in ("mixtures", "checkpoints")
        for recipe in (
            *("semcoder", "semcoder_s", "semcoder_pyx_r", "semcoder_s_pyx_r"),
            *(
                "ablation_monologue",
                "ablation_scratchpad",
                "ablation_next",
                "ablation_concise",
                "ablation_direct",
            ),
            *("data_pyx", "data_pyx_soft", "data_oss_instruct", "data_oss_instruct_python"),
        )
    ],
    "pyx_r/pyx_r.jsonl",
    *[f"scores/semcoder_s/{each}.code.json" for each in ("humaneval", "humaneval_plus", "mbpp", "mbpp_plus")],
    "scores/semcoder/lcb_generation.code.json",
    "scores/semcoder/lcb_execution.monologue.json",
    "scores/semcoder/cruxeval_input.monologue.json",
    "scores/semcoder_s_1030/cruxeval_output.monologue.json",
    "scores/ablation_next/cruxeval_output.next.json",
    "refinement/table3/semcoder_s/humaneval_plus.monologue/round5.json",
    "refinement/table4/semcoder_pyx_r/mbpp_plus.trace/round1.json",
    *[f"tables/table{number}.{kind}" for number in range(1, 9) for kind in ("csv", "md")],
    *[f"tables/figure{number}.{kind}" for number in (3, 5, 6) for kind in ("csv", "md", "svg")],
    *[f"refinement/table3/semcoder/mbpp_plus.monologue/round{number}.json" for number in range(1, 6)],
    *[f"refinement/figure3/semcoder_s/humaneval_plus.monologue/round{number}.json" for number in range(1, 6)],
    "plots/loss.semcoder.svg",
]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_plan_holds_the_family(planned: set[str], family: str) -> None:
    assert f"{RESULTS}/{family}" in planned


def test_on_a_cluster_short_work_is_batched() -> None:
    """1,833 jobs of the graph are 895 of SLURM's."""
    words = [sys.executable, str(Path(__file__).with_name("grouped.py"))]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    counts: dict[str, int] = json.loads(done.stdout)
    assert sum(counts.values()) == 895
    assert counts["extract_seeds synthesize"] == counts["render trace write_monologues"] == 64
    assert counts["refine_round score_round"] == 26
    assert {each: counts[each] for each in ("generate", "train", "sample_monologues", "score")} == {
        "generate": 77 * 4,  # one GPU a shard
        "train": 13,  # the whole node
        "sample_monologues": 2 * 64,
        "score": 88,
    }


def test_each_recipe_is_launched_on_the_whole_node(jobs: str) -> None:
    """Golden: `SEMCODER_GOLDEN=1 pytest` writes it anew; read the difference before you commit it."""
    found = []
    for job in jobs.split("\n\n"):
        lines = [line for line in job.splitlines() if line.startswith(("Job ", "Shell command: "))]
        if "training: " in job:
            found.append("\n".join(line.partition(": ")[2] for line in lines))
    text = "\n\n".join(sorted(found)) + "\n"
    golden = Path(__file__).parent / "golden/training.txt"
    if os.environ.get("SEMCODER_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert len(found) == 13 and text == golden.read_text(encoding="utf-8")


def test_several_nodes_are_asked_of_slurm_and_start_one_torchrun_each() -> None:
    """Golden, as above; its first line, sbatch's options, needs the SLURM plugin (`make cluster`)."""
    program = Path(__file__).with_name("submitted.py")
    done = subprocess.run([sys.executable, program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    golden = Path(__file__).parent / "golden/nodes.txt"
    if os.environ.get("SEMCODER_GOLDEN") and done.stdout.startswith("sbatch "):
        golden.write_text(done.stdout, encoding="utf-8")
    assert done.stdout and golden.read_text(encoding="utf-8").endswith(done.stdout)
    assert done.stdout.startswith("sbatch ") or not find_spec("snakemake_executor_plugin_slurm")


def test_external_files_come_through_the_one_door(planned: set[str]) -> None:
    assert "data/external/cruxeval/cruxeval.jsonl" in planned
    assert "data/external/cruxeval_prompts/prompts.py" in planned
    assert "data/external/starcoderdata" in planned


def test_benchmarks_with_the_same_questions_share_generations(planned: set[str]) -> None:
    assert f"{RESULTS}/generations/semcoder/mbpp.code/1-of-4.jsonl" in planned
    assert f"{RESULTS}/generations/semcoder/mbpp_plus.code/1-of-4.jsonl" not in planned


def test_what_the_readme_names_is_a_target(clone: Path, jobs: str) -> None:
    [claims] = [line for line in jobs.splitlines() if " report claims --claims" in line]
    scores = f"{RESULTS}/scores/semcoder_s/humaneval.code"
    assert f"'semcoder_s|humaneval|{scores}.json|{scores}.items.jsonl'" in claims
    alone = snakemake(clone, "table7", "-n")
    assert "tables/table7.md" in alone.stdout and "rule generate" not in alone.stdout
    pyx_alone = snakemake(clone, "figure5", "figure6", "-n")
    assert "tables/figure5.svg" in pyx_alone.stdout and "rule train" not in pyx_alone.stdout


def test_translations_are_planned_from_what_the_trace_wrote(clone: Path) -> None:
    target = f"{RESULTS}/monologues/translation/forward/1-of-64.jsonl"
    done = snakemake(clone, "-n", target)
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = done.stdout.partition("Job stats")[2].split("total")[0].split()
    assert {"write_monologues", "translate_monologues"} <= set(jobs) and "sample_monologues" not in jobs
