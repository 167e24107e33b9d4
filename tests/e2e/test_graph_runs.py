"""The whole graph at its smallest: every family of artifacts, and nothing to do twice."""

import json
import re
import subprocess
import sys

import pytest
from conftest import DATA, Checkout

pytestmark = pytest.mark.timeout(1800)  # the first test waits for the whole graph


def test_every_family_of_artifacts_is_there(finished: Checkout) -> None:
    for pattern in (
        *("seeds/1-of-2.jsonl", "seeds/2-of-2.dropped.jsonl", "pyx/synthesized/1-of-2.problems.jsonl"),
        *("pyx/expanded/2-of-2.tests.jsonl", "pyx/train.jsonl", "pyx/heldout.jsonl", "pyx/dropped.jsonl"),
        *(
            "traces/1-of-2.jsonl",
            "monologues/trace/forward/1-of-2.jsonl",
            "monologues/trace/backward/2-of-2.jsonl",
        ),
        *(f"formats/{each}/forward/1-of-2.jsonl" for each in ("scratchpad", "next", "concise", "direct")),
        *("mixtures/quickstart.jsonl", "models/smollm2-135m/model.safetensors"),
        *("checkpoints/quickstart/model.safetensors", "checkpoints/quickstart/training_log.jsonl"),
        *(
            "generations/quickstart/pyx_output.monologue/1-of-1.jsonl",
            "scores/quickstart/humaneval.code.json",
        ),
        *(
            "tables/scores.csv",
            "tables/scores.md",
            "tables/yields.md",
            "tables/monologues.md",
            *(f"tables/figure{number}.{kind}" for number in (5, 6) for kind in ("csv", "md", "svg")),
            "pages/monologues.html",
            "pages/overview.html",
            "plots/loss.quickstart.svg",
        ),
    ):
        assert (finished.results / pattern).stat().st_size > 0, pattern


def test_the_table_has_a_score_in_every_cell_and_says_what_it_is(finished: Checkout) -> None:
    lines = (finished.results / "tables/scores.csv").read_text().splitlines()
    assert len(lines) == 1 + 2 * 3
    text = (finished.results / "tables/scores.md").read_text()
    assert "not the paper's 6.7B model" in text and "dequantised from a 4-bit file" in text


def test_again_there_is_nothing_to_do(finished: Checkout) -> None:
    assert "Nothing to be done" in finished.run()


def test_claims_see_the_scores_of_the_same_call(finished: Checkout) -> None:
    score = finished.results / "scores/quickstart/humaneval.code.json"
    before = score.read_bytes()
    score.unlink()
    planned = finished.run("-n", "--printshellcmds", "scores", "claims")
    (command,) = [line for line in planned.splitlines() if "report claims" in line]
    assert "scores/quickstart/humaneval.code.json" in command
    assert "scores/quickstart/humaneval.code.json" not in finished.run("-n", "--printshellcmds", "claims")
    finished.run("scores", "claims")
    assert score.read_bytes() == before


def test_kept_and_dropped_add_up_at_every_stage(finished: Checkout) -> None:
    summaries = [json.loads(text) for text in finished.files("**/*summary.json").values()]
    assert len(summaries) >= 12
    for each in summaries:
        assert each["in"] >= each["kept"] > 0, each


def test_a_training_example_is_followed_to_its_source_lines(finished: Checkout) -> None:
    lines = (finished.results / "mixtures/quickstart.jsonl").read_text().splitlines()
    for line in lines:
        row = json.loads(line)
        command = [
            sys.executable,
            "-m",
            "semcoder.cli",
            "lineage",
            row["id"],
            "--json",
            "--results",
            finished.results,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        kinds = re.findall(r'"id": "([a-z]+)-', done.stdout)
        wanted = {"example", "program", "problem", "seed"}
        if row["task"] != "nl2code":
            wanted |= {"mono", "trace", "test"}
        assert wanted <= set(kinds), done.stdout
        assert re.search(r'"source": "corpus/[^"]+\.py"', done.stdout)


def test_no_path_of_this_machine_is_in_the_data(finished: Checkout) -> None:
    for name, content in finished.files(*DATA).items():
        assert str(finished.folder).encode() not in content and b"/root/" not in content, name


def test_the_report_is_built(finished: Checkout) -> None:
    finished.run("--report", "report.html")
    text = (finished.folder / "report.html").read_text()
    assert "scores.md" in text and len(text) > 100_000
