from collections import namedtuple
from pathlib import Path

import pytest

from semcoder.artifacts import write_json
from semcoder.errors import UserError


def test_newest_whole_checkpoint_wins(tmp_path: Path) -> None:
    from semcoder.training.checkpoints import MARK, newest

    assert newest(tmp_path) is None
    for step in (9, 10, 100):
        (tmp_path / f"checkpoint-{step}").mkdir()
    assert newest(tmp_path) is None
    for step in (9, 10):
        write_json(tmp_path / f"checkpoint-{step}" / MARK, {"step": step})
    assert newest(tmp_path) == tmp_path / "checkpoint-10"


def test_small_disk_is_reported_before_the_run(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from semcoder.training.checkpoints import require_space

    require_space(tiny_model, tmp_path)
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1000))
    with pytest.raises(UserError, match=r"0\.0 GB free, but checkpoints of 0M weights need 0\.0 GB"):
        require_space(tiny_model, tmp_path)
