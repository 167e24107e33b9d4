"""Of which commit a checkout is."""

import subprocess
from pathlib import Path

import pytest

from semcoder import software


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def test_the_commit_is_that_of_the_checkout_and_not_of_what_it_was_unpacked_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "theirs/unpacked"
    inner.mkdir(parents=True)
    git(tmp_path / "theirs", "init")
    git(tmp_path / "theirs", "commit", "--allow-empty", "-m", "theirs")
    monkeypatch.setattr(software, "ROOT", inner)
    assert software.git_revision() == "" and "git" not in software.versions()
    (inner / "a").write_text("a")
    git(inner, "init")
    git(inner, "add", "a")
    git(inner, "commit", "-m", "ours")
    assert len(software.git_revision()) == 40
    (inner / "a").write_text("b")
    assert software.git_revision().endswith("+changes")
