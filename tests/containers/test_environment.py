"""What a job sees inside of its image."""

from pathlib import Path

import pytest

from semcoder.containers.environment import enter


def test_a_job_sees_what_is_declared_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    host = {"PYTHONPATH": "/host", "HF_TOKEN": "secret", "TEACHER_KEY": "key", "CUDA_VISIBLE_DEVICES": "3"}
    environment = dict(host)
    enter(
        tmp_path / "checkout",
        [tmp_path / "corpus"],
        [work / "results", tmp_path / "store"],
        ["TEACHER_KEY", "OTHER_KEY"],
        False,
        environment,
    )
    assert environment["APPTAINER_CONTAINALL"] == environment["APPTAINER_CLEANENV"] == "1"
    inside = {key[len("APPTAINERENV_") :]: value for key, value in environment.items() if "ENV_" in key}
    assert inside["PYTHONPATH"] == str(tmp_path / "checkout")
    assert inside["TEACHER_KEY"] == "key" and inside["CUDA_VISIBLE_DEVICES"] == "3"
    assert "HF_TOKEN" not in inside and "OTHER_KEY" not in inside
    bound = dict(each.rsplit(":", 1) for each in environment["APPTAINER_BIND"].split(","))
    assert bound == {
        f"{work}:{work}": "rw",
        f"{tmp_path / 'checkout'}:{tmp_path / 'checkout'}": "ro",
        f"{tmp_path / 'corpus'}:{tmp_path / 'corpus'}": "ro",
        f"{tmp_path / 'store'}:{tmp_path / 'store'}": "rw",
    }
    assert "APPTAINER_NV" not in environment
