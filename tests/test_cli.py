"""The command line as a user meets it."""

import subprocess
import sys
from pathlib import Path

import pytest

from semcoder.cli import STAGES, TOP

SEMCODER = [sys.executable, "-m", "semcoder.cli"]
COMMANDS = [[stage, verb] for stage, (_, verbs) in STAGES.items() for verb in verbs] + [
    [name] for name in TOP
]


def semcoder(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SEMCODER, *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(words: list[str]) -> None:
    done = semcoder(*words, "--help")
    assert done.returncode == 0, done.stderr
    assert f"Example: semcoder {' '.join(words)}" in " ".join(done.stdout.split())


def test_stages_stand_in_the_order_of_the_graph() -> None:
    text = semcoder("--help").stdout
    places = [text.index(f"\n  {stage} ") for stage in STAGES]
    assert places == sorted(places)


def test_a_users_mistake_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    done = semcoder("lineage", "example-0000000000000000", "--results", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("semcoder: ") and done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_an_unknown_verb_is_refused() -> None:
    done = semcoder("pyx", "selekt")
    assert done.returncode == 2 and "selekt" in done.stderr


def test_with_a_log_the_sentence_stands_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    done = semcoder("--log", str(log), "lineage", "nothing-0", "--results", str(tmp_path))
    assert done.returncode == 2 and log.read_text().startswith("semcoder: ")


def test_one_command_does_not_import_anothers_libraries() -> None:
    program = """
import sys
sys.argv = ["semcoder", "seeds", "--help"]
from semcoder.cli import main
try:
    main()
except SystemExit:
    print([name for name in ("torch", "transformers", "datasets", "openai") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
