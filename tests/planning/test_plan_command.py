"""What `semcoder plan` prints."""

from semcoder.planning.command import _gpus
from semcoder.planning.forecast import GpuCost


def test_hours_as_run_stand_under_no_card_and_a_sum_lacks_what_a_row_lacks() -> None:
    ran = GpuCost(model="a", work="training", jobs=1, hours={"as run": 3.0}, mark="measured")
    guess = GpuCost(
        model="b", work="training", jobs=2, hours={"H100": 5.0, "RTX A6000": 32.0}, mark="estimated"
    )
    _, first, second, total = _gpus([ran, guess], "H100")
    assert first.split() == ["training", "a", "1", "3.0", "measured"]
    assert second.split() == ["training", "b", "2", "5.0", "32.0", "estimated"]
    assert total.split() == ["all", "3", "estimated"]
    head, *_, total = _gpus([guess], "H100")
    assert "as run" not in head and total.split() == ["all", "2", "5.0", "32.0", "estimated"]
