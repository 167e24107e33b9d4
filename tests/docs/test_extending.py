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


def apply(diff: str, root: Path) -> None:
    """Unified diffs whose hunks have no line numbers: each is found by its text, which must stand there once."""
    for part in re.split(r"^--- .*\n", diff, flags=re.MULTILINE)[1:]:
        head, *hunks = re.split(r"^@@\n", part, flags=re.MULTILINE)
        path = root / head.strip().removeprefix("+++ b/")
        text = path.read_text() if path.exists() else ""
        for hunk in hunks:
            lines = hunk.splitlines(keepends=True)
            before = "".join(line[1:] or "\n" for line in lines if line[0] != "+")
            after = "".join(line[1:] or "\n" for line in lines if line[0] != "-")
            assert text.count(before) == 1 or not (text or before), f"{path}: not there once:\n{before}"
            text = text.replace(before, after) if text else after
        path.write_text(text)


def test_there_are_four_extensions() -> None:
    assert list(CHAPTERS) == ["A benchmark", "A trace format", "A teacher", "A seed source"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_extension_works_as_the_page_says(chapter: str, tmp_path: Path) -> None:
    copy, work = tmp_path / "copy", tmp_path / "work"
    work.mkdir()
    (copy / "bin").mkdir(parents=True)
    shutil.copytree(ROOT / "semcoder", copy / "semcoder", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data", copy / "data", ignore=shutil.ignore_patterns("external"))
    for diff in fences(CHAPTERS[chapter], "diff"):
        apply(diff, copy)
    ruff = [str(Path(sys.executable).with_name("ruff")), "check", "--select", "F", "--isolated", str(copy)]
    checked = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout  # names that the commands below do not come to
    semcoder = copy / "bin/semcoder"
    semcoder.write_text(f'#!/bin/sh\nexec {sys.executable} -m semcoder.cli "$@"\n')
    semcoder.chmod(0o755)
    path = os.pathsep.join([str(semcoder.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    (commands,) = fences(CHAPTERS[chapter], "bash")
    done = subprocess.run(
        ["bash", "-euc", commands], cwd=work, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
