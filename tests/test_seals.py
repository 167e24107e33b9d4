"""What a rule's job wrote is sealed, and refused by the next job when it was damaged since."""

import subprocess
import sys
from pathlib import Path

import pytest

from semcoder.errors import UserError
from semcoder.seals import check, seal


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "semcoder.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def render(folder: Path, *before: str | Path, out: str = "o") -> subprocess.CompletedProcess[str]:
    """A command that is quick, on files that are empty unless they were made."""
    for name in ("p", "t", "r"):
        (folder / name).touch()
    inputs = ["--programs", folder / "p", "--tests", folder / "t", "--traces", folder / "r"]
    outputs = ["--out", folder / out, "--dropped", folder / "d", "--summary", folder / "s"]
    asked = ["tracing", "render", "--format", "direct", "--direction", "forward"]
    return run(*before, *asked, *inputs, *outputs)


def test_a_job_seals_its_outputs_and_a_command_by_itself_does_not(tmp_path: Path) -> None:
    assert render(tmp_path).returncode == 0
    assert not list(tmp_path.glob(".*.sum"))
    assert render(tmp_path, "--log", tmp_path / "log").returncode == 0
    assert sorted(each.name for each in tmp_path.glob(".*")) == [".d.sum", ".o.sum", ".s.sum"]


def test_a_sealed_file_that_was_changed_is_refused_by_name(tmp_path: Path) -> None:
    assert render(tmp_path, "--log", tmp_path / "log", out="r2").returncode == 0
    (tmp_path / "r2").rename(tmp_path / "r")
    (tmp_path / ".r2.sum").rename(tmp_path / ".r.sum")
    assert render(tmp_path).returncode == 0
    (tmp_path / "r").write_text("\n")
    done = render(tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert f"{tmp_path}/r: damaged or changed since its rule wrote it; delete it and run again" in done.stderr


def test_a_file_made_anew_is_not_held_against_its_old_seal(tmp_path: Path) -> None:
    for before in (["--log", tmp_path / "log"], []):
        assert render(tmp_path, *before).returncode == 0
    assert not list(tmp_path.glob(".*.sum"))


def test_a_seal_is_kept_with_the_file_that_a_link_leads_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("semcoder.seals._kept", True)
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("whole")
    link.symlink_to(real)
    seal(link)
    check(real)
    real.write_text("")
    with pytest.raises(UserError, match="link: damaged"):
        check(link)


def test_without_memory_it_ends_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "r").touch()
    (tmp_path / "r").open("r+").truncate(8 << 30)  # a hole, and one line
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
    limited += "from semcoder.cli import main; main()"
    words = ["--programs", "r", "--verdicts", "v"]
    done = subprocess.run(
        [sys.executable, "-c", limited, "execution", "run", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and done.stderr.startswith("semcoder: out of memory"), done.stderr
