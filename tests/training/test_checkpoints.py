from pathlib import Path

from semcoder.artifacts import write_json


def test_newest_whole_checkpoint_wins(tmp_path: Path) -> None:
    from semcoder.training.checkpoints import MARK, newest

    assert newest(tmp_path) is None
    for step in (9, 10, 100):
        (tmp_path / f"checkpoint-{step}").mkdir()
    assert newest(tmp_path) is None
    for step in (9, 10):
        write_json(tmp_path / f"checkpoint-{step}" / MARK, {"step": step})
    assert newest(tmp_path) == tmp_path / "checkpoint-10"
