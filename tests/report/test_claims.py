"""Claims of the paper as tests on score files: each of the three outcomes where it is due."""

import json
from pathlib import Path

import pytest
import yaml
from test_table import score, verdicts

from semcoder.cli import application
from semcoder.errors import UserError
from semcoder.report.claims import read_claims

ROOT = Path(__file__).parents[2]


def outcomes(folder: Path, *words: str, of: Path = ROOT / "claims.yaml") -> dict[str, str]:
    """The outcome and the figures of each claim, as the file has them."""
    out = folder / "claims.md"
    command = ["report", "claims", "--claims", str(of), "--markdown", str(out), *words]
    application(command[:2])(command, standalone_mode=False)
    lines = [line.split(" | ") for line in out.read_text().splitlines() if line.startswith("| ")][1:]
    return {line[0].removeprefix("| ").rpartition(" (")[0]: f"{line[3]}: {line[2]}" for line in lines}


def judged(folder: Path, system: str, benchmark: str, passed: list[bool], together: int = 1) -> list[str]:
    """`--score` of a system with these verdicts, so many of which hang together."""
    share = sum(passed) / len(passed)
    stem = system.replace("/", "-")
    file = score(folder, stem, benchmark, share, items=len(passed))
    items = verdicts(folder / f"{stem}.items.jsonl", passed, together)
    return ["--score", f"{system}|{benchmark}|{file}|{items}"]


def test_without_scores_every_claim_is_there_and_not_run(tmp_path: Path) -> None:
    found = outcomes(tmp_path)
    assert len(found) == len(read_claims(ROOT / "claims.yaml")) >= 15
    assert set(found.values()) == {"not run: "}


def test_a_number_is_reproduced_within_the_interval_of_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    near, far = score(tmp_path, "a", "cruxeval_output", 0.6), score(tmp_path, "b", "cruxeval_input", 0.4)
    words = ["--score", f"semcoder_s|cruxeval_output|{near}", "--score", f"semcoder_s|cruxeval_input|{far}"]
    found = outcomes(tmp_path, *words)
    assert found["SemCoder-S solves CRUXEval-O"] == "reproduced: 60.0 [50.0, 70.0], n=20"
    assert found["SemCoder-S solves CRUXEval-I"] == "not reproduced: 40.0 [30.0, 50.0], n=20"
    assert found["SemCoder-S solves HumanEval"] == "not run: "
    printed = capsys.readouterr().out
    assert (
        "reproduced      SemCoder-S solves CRUXEval-O, paper 63.9, here 60.0 [50.0, 70.0], n=20\n" in printed
    )
    assert "not run         SemCoder-S solves HumanEval, paper 79.3\n" in printed


def test_one_beats_another_on_the_same_items_or_does_not(tmp_path: Path) -> None:
    first = judged(tmp_path, "monologue", "cruxeval_output", [True] * 60 + [False] * 40)
    second = judged(tmp_path, "scratchpad", "cruxeval_output", [True] * 48 + [False] * 52)
    third = judged(tmp_path, "next", "cruxeval_output", [False] * 41 + [True] * 59)
    fourth = judged(tmp_path, "concise", "cruxeval_output", [True] * 60 + [False] * 40)
    found = outcomes(tmp_path, *first, *second, *third, *fourth)
    # Twelve items that the one solves and the other does not: unpaired, the interval would reach below 0.
    assert found["Monologue beats scratchpad on CRUXEval-O"].startswith("reproduced: 12.0 [4.9, 1")
    assert found["Monologue beats scratchpad on CRUXEval-O"].endswith("paired n=100, p=0.00049")
    assert found["Monologue beats the NExT scratchpad on CRUXEval-O"].startswith("not run: 1.0 [-")
    assert found["Monologue beats the concise trace on CRUXEval-O"] == (
        "not reproduced: 0.0 [-2.9, 2.9], paired n=100, p=1"
    )
    assert found["Monologue beats direct prediction on CRUXEval-O"] == "not run: "


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        ([True] * 80 + [False] * 20, "reproduced: 20.0 ["),
        ([True] * 61 + [False] * 39, "not reproduced: 1.0 [-"),
    ],
)
def test_rounds_of_refinement_are_compared_with_the_first_answers(
    last: list[bool], outcome: str, tmp_path: Path
) -> None:
    name, row = "Five rounds of refinement improve SemCoder-S on HumanEval+", "table3/semcoder_s (monologue)"
    after = judged(tmp_path, f"{row}/5", "humaneval_plus", last)
    assert outcomes(tmp_path, *after)[name] == "not run: "
    before = judged(tmp_path, f"{row}/0", "humaneval_plus", [True] * 60 + [False] * 40)
    assert outcomes(tmp_path, *before, *after)[name].startswith(outcome)


def test_a_few_items_that_only_one_solves_are_not_enough(tmp_path: Path) -> None:
    row, before = "figure3/semcoder_s (monologue)", [True] * 60 + [False] * 40
    words = judged(tmp_path, f"{row}/3", "humaneval_plus", before)
    words += judged(tmp_path, f"{row}/5", "humaneval_plus", [True] * 64 + [False] * 36)
    found = outcomes(tmp_path, *words)["With a high temperature the last rounds still help"]
    assert found.startswith("not reproduced: 4.0 [0.0, ") and found.endswith("p=0.12")


def test_a_wide_interval_reproduces_no_number_but_can_miss_it(tmp_path: Path) -> None:
    """One of three items solved, or of a hundred: nearly any number would lie in the interval of the first."""
    wide = score(tmp_path, "a", "cruxeval_output", 0.333, items=3, interval=[0.06, 0.79])
    missed = score(tmp_path, "b", "cruxeval_input", 0.0, items=3, interval=[0.0, 0.56])
    words = [
        "--score",
        f"semcoder_s|cruxeval_output|{wide}",
        "--score",
        f"semcoder_s|cruxeval_input|{missed}",
    ]
    found = outcomes(tmp_path, *words)
    assert found["SemCoder-S solves CRUXEval-O"] == "not run: 33.3 [6.0, 79.0], n=3: too few items to say"
    assert found["SemCoder-S solves CRUXEval-I"] == "not reproduced: 0.0 [0.0, 56.0], n=3"


ALIKE = "Debugging with monologues does as well as with real traces on HumanEval+"


def debugging(folder: Path, monologue: list[bool], trace: list[bool], first: list[bool]) -> list[str]:
    row = "table4/semcoder_s_pyx_r"
    words = judged(folder, f"{row} (monologue)/5", "humaneval_plus", monologue)
    words += judged(folder, f"{row} (trace)/5", "humaneval_plus", trace) if trace else []
    return words + judged(folder, f"{row} (monologue)/0", "humaneval_plus", first)


@pytest.mark.parametrize(("items", "outcome"), [(3, "not run: 0.0 ["), (400, "reproduced: 0.0 [")])
def test_two_that_do_alike_are_equal_only_on_many_items(items: int, outcome: str, tmp_path: Path) -> None:
    words = debugging(tmp_path, [True] * items, [True] * items, [False] * items)
    assert outcomes(tmp_path, *words)[ALIKE].startswith(outcome)


def test_two_that_repair_nothing_are_not_taken_for_equally_good(tmp_path: Path) -> None:
    first = [True] * 300 + [False] * 180
    found = outcomes(tmp_path, *debugging(tmp_path, first, first, first))[ALIKE]
    assert found.startswith("not reproduced: 0.0 [")
    assert "; over table4/semcoder_s_pyx_r (monologue)/0: 0.0 [" in found


@pytest.mark.parametrize(
    ("better", "worse", "outcome"),
    [(3, 0, "not run: 15.0 ["), (1, 0, "not run: 5.0 ["), (0, 9, "not reproduced: -45.0 [")],
)
def test_of_few_items_nothing_is_said_unless_they_speak_clearly(
    better: int, worse: int, outcome: str, tmp_path: Path
) -> None:
    """Of twenty items: a difference that might be any is none, neither found nor missed."""
    first = judged(tmp_path, "monologue", "cruxeval_output", [True] * better + [False] * (20 - better))
    second = judged(tmp_path, "scratchpad", "cruxeval_output", [True] * worse + [False] * (20 - worse))
    found = outcomes(tmp_path, *first, *second)["Monologue beats scratchpad on CRUXEval-O"]
    assert found.startswith(outcome) and found.endswith("too few items to say") == (worse == 0)


@pytest.mark.parametrize(
    ("solved", "outcome"),
    [(460, "reproduced: 57.5 [47.5,"), (440, "not reproduced: 55.0 [45.0,"), (4, "not reproduced: 0.5 [")],
)
def test_what_another_reaches_has_to_be_reached_but_for_the_margin(
    solved: int, outcome: str, tmp_path: Path
) -> None:
    words = judged(tmp_path, "semcoder_s", "cruxeval_input", [True] * solved + [False] * (800 - solved))
    found = outcomes(tmp_path, *words)["SemCoder-S is as good as GPT-3.5-turbo on CRUXEval-I"]
    assert found.startswith(outcome)


@pytest.mark.parametrize(("together", "outcome"), [(1, "reproduced: 12.0 ["), (12, "not run: 12.0 [")])
def test_items_of_one_program_count_as_one(together: int, outcome: str, tmp_path: Path) -> None:
    better = judged(tmp_path, "monologue", "cruxeval_output", [True] * 60 + [False] * 40, together)
    worse = judged(tmp_path, "scratchpad", "cruxeval_output", [True] * 48 + [False] * 52, together)
    found = outcomes(tmp_path, *better, *worse)["Monologue beats scratchpad on CRUXEval-O"]
    assert found.startswith(outcome)


@pytest.mark.parametrize(
    ("solved", "outcome"),
    [
        (301, "reproduced: -0.2 ["),
        (312, "reproduced: -2.5 ["),
        (320, "not reproduced: -4.2 ["),
        (0, "not run: "),
    ],
)
def test_equal_means_that_the_whole_interval_lies_within_the_margin(
    solved: int, outcome: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, traces = [True] * 300 + [False] * 180, [True] * solved + [False] * (480 - solved)
    words = debugging(tmp_path, ours, traces if solved else [], [True] * 280 + [False] * 200)
    assert outcomes(tmp_path, *words)[ALIKE].startswith(outcome)
    assert f"{ALIKE}, paper equal ±5" in capsys.readouterr().out


GAIN = "SemCoder gains over its base on CRUXEval-I"


def test_scores_on_other_items_or_other_data_are_not_compared(tmp_path: Path) -> None:
    """All of the one's items solved, none of the other's: clear, if they were the same."""
    ours = judged(tmp_path, "semcoder", "cruxeval_input", [True] * 800)
    fewer = judged(tmp_path, "base", "cruxeval_input", [False] * 700)
    said = "not run: scored on other items than each other (800 and 700); make both anew"
    assert outcomes(tmp_path, *ours, *fewer)[GAIN] == said
    name = "Monologue beats scratchpad on CRUXEval-O"
    first = judged(tmp_path, "monologue", "cruxeval_output", [True] * 800)
    second = judged(tmp_path, "scratchpad", "cruxeval_output", [False] * 800)
    assert outcomes(tmp_path, *first, *second)[name].startswith("reproduced: 100.0 [")
    path = Path(second[1].split("|")[2])
    score(tmp_path, "scratchpad", "cruxeval_output", 0, items=800, data_sha256={"cruxeval.jsonl": "other"})
    assert path.exists()
    assert outcomes(tmp_path, *first, *second)[name].startswith("not run: scored on other data")


def setup(**more: str) -> dict[str, object]:
    return {"engine": "vllm bfloat16", "sampling": {}, "style": "corrected", "revision": "a", **more}


def test_rounds_of_two_revisions_of_a_model_are_not_compared(tmp_path: Path) -> None:
    name = "Five rounds of refinement improve SemCoder-S on HumanEval+"
    words: list[str] = []
    for number, share, revision in ((0, 0.4, "a"), (5, 0.9, "b")):
        facts = {"model": "semcoder_s", "items": 164, "setup": setup(revision=revision)}
        file = score(tmp_path, f"round{number}", "humaneval_plus", share, **facts)
        words += ["--score", f"table3/semcoder_s (monologue)/{number}|humaneval_plus|{file}"]
    assert outcomes(tmp_path, *words)[name] == "not run: of two revisions of semcoder_s; make both anew"


def test_what_was_shown_hidden_tests_says_so(tmp_path: Path) -> None:
    name, words = "Five rounds of refinement improve SemCoder-S on HumanEval+", list[str]()
    for number, share, feedback in ((0, 0.4, ""), (5, 0.9, "plus")):
        facts = {"items": 164, "setup": setup(feedback=feedback)}
        file = score(tmp_path, f"round{number}", "humaneval_plus", share, **facts)
        words += ["--score", f"table3/semcoder_s (monologue)/{number}|humaneval_plus|{file}"]
    assert outcomes(tmp_path, *words)[name].endswith("not paired n=164, hidden tests were shown")


def test_a_score_at_the_wrong_place_or_with_verdicts_of_another_is_refused(tmp_path: Path) -> None:
    [_, text] = judged(tmp_path, "semcoder_s", "mbpp", [True] * 60 + [False] * 40)
    _, _, file, items = text.split("|")
    with pytest.raises(UserError, match="a score on mbpp, not on humaneval"):
        outcomes(tmp_path, "--score", f"semcoder_s|humaneval|{file}|{items}")
    for passed in ([True] * 60 + [False] * 39, [True] * 61 + [False] * 39):
        other = verdicts(tmp_path / "other.items.jsonl", passed)
        with pytest.raises(UserError, match=r"not the verdicts that .* sums up"):
            outcomes(tmp_path, "--score", f"semcoder_s|mbpp|{file}|{other}")


def test_what_is_not_written_so_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"write system\|benchmark"):
        outcomes(tmp_path, "--score", "semcoder_s|humanevil|x.json")
    bad = tmp_path / "c.yaml"
    row = {"claim": "c", "source": "s", "system": "m", "benchmark": "humaneval", "target": "t", "value": 1}
    for text, words in (
        ("{}", "not a list of claims"),
        ("- [", "not YAML"),
        (yaml.safe_dump([row | {"benchmark": "humanevil"}]), "claim 1: humanevil is no benchmark"),
        (json.dumps([row, row | {"valeu": 3}]), "claim 2: valeu"),
        (json.dumps([row | {"margin": 3}]), "claim 1: .*margin: it goes with `over`"),
        (json.dumps([row | {"at_least": 3}]), "claim 1: .*at_least: it stands in the place of `value`"),
        (
            json.dumps([row | {"better_than": "b"}]),
            "claim 1: .*better_than: it goes with `over` and `margin`",
        ),
    ):
        bad.write_text(text)
        with pytest.raises(UserError, match=words):
            outcomes(tmp_path, of=bad)
