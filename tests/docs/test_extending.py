"""The extensions of docs/extending.md are applied to a copy of the package and do what the page says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT, fences

CHAPTERS = dict(
    re.findall(r"^## (An? .*?)\n(.*?)(?=^## )", (ROOT / "docs/extending.md").read_text(), re.S | re.M)
)


APPLY = "git apply extension.diff"


def test_the_page_says_how_a_diff_is_applied() -> None:
    assert f"\n    {APPLY}\n" in (ROOT / "docs/extending.md").read_text()


def test_there_are_four_extensions() -> None:
    assert list(CHAPTERS) == ["A benchmark", "A trace format", "A teacher", "A seed source"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_extension_works_as_the_page_says(chapter: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "semcoder", tmp_path / "semcoder", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("external"))
    shutil.copytree(ROOT / "tests/tracing", tmp_path / "tests/tracing")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    for name, module in (("semcoder", "-m semcoder.cli"), ("pytest", "-m pytest"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {module} "$@"\n')
        (programs / name).chmod(0o755)
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
        # The diff is not taken for one of a repository around the copy.
        "GIT_CEILING_DIRECTORIES": str(tmp_path.parent),
    }

    def run(shell: str) -> None:
        done = subprocess.run(
            ["bash", "-euc", shell],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{shell}\n{done.stdout}{done.stderr}"

    for diff in fences(CHAPTERS[chapter], "diff"):
        (tmp_path / "extension.diff").write_text(diff)
        run(APPLY)
    ruff = Path(sys.executable).with_name("ruff")
    run(f"{ruff} check --select F --isolated semcoder tests")  # names that the commands below do not come to
    (commands,) = fences(CHAPTERS[chapter], "bash")
    run(commands)
