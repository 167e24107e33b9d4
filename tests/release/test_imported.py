"""The released PyX and PyX-R: rows become the sequences that upstream trains on, and what cannot be read is counted."""

import json
from pathlib import Path

import pytest

from semcoder.errors import UserError
from semcoder.evaluation.prompts import BACKWARD_PREFIX, FORWARD_PREFIX, NL2CODE_PREFIX, REFINE_PREFIX
from semcoder.records import Dropped, Example, read
from semcoder.release import imported

EMPTY = {"nl": "", "fwd_mnl": "", "bwd_mnl": ""}
FORWARD = "[PYTHON]\ndef f(x): # [L5]\n    return x + 1 # [L6]\nassert f(1) == ??\n[/PYTHON]"
BACKWARD = "PYTHON]\ndef f(x):\n    return x + 1\nassert f(??) == 2\n[/PYTHON]\n\n[MONOLOGUE]"
ANSWER = "### Conclusion\nTwo.\n[/MONOLOGUE]\n[ANSWER]\nassert f(1) == 2\n[/ANSWER]"
FAULT = (
    "### Problem\nAdd.\n\n### Buggy Solution\n```python\nx\n```\n\n"
    "### Failed Test\n```python\nassert f(1) == 2\n```"
)
REPAIR = (
    "[MONOLOGUE]\nWrong.\n[/MONOLOGUE]\n[Refined]\n```python\ndef f(x):\n    return x + 1\n```\n[/Refined]"
)
PROGRAM = "Here it is.\n```python\ndef f(x):\n    return x + 1\n```\nThat is all."
ROWS = [
    EMPTY | {"id": "nl_1", "nl": "Add one.", "response": PROGRAM},
    EMPTY | {"id": "fwd_mnl_1_ipt0", "fwd_mnl": FORWARD, "response": f"[MONOLOGUE]\n{ANSWER}"},
    EMPTY | {"id": "bwd_mnl_1_ipt0", "bwd_mnl": BACKWARD, "response": ANSWER},
    {"id": 7, "fault": FAULT, "response": REPAIR},
]
FAULTS = {
    imported.NOT_ONE: EMPTY | {"response": "x = 1"},
    "not exactly one question ": EMPTY | {"nl": "Add.", "fwd_mnl": FORWARD, "response": PROGRAM},
    imported.NO_RESPONSE: EMPTY | {"nl": "Add.", "response": None},
    imported.NO_PROGRAM: EMPTY | {"nl": "Add.", "response": "```python\nif so then\n```"},
    "no program in the prompt": EMPTY | {"fwd_mnl": "Run it.", "response": ANSWER},
    "no answer in the response": EMPTY | {"bwd_mnl": BACKWARD, "response": "x [/MONOLOGUE] no more"},
    imported.NO_FAULT: {"fault": "Mend it.", "response": REPAIR},
    imported.NO_REPAIR: {"fault": FAULT, "response": "```python\nx = f(1)\n```"},
}


def bring(
    folder: Path, rows: list[dict[str, object]]
) -> tuple[list[Example], list[Dropped], dict[str, object]]:
    data = folder / "PyX"
    data.mkdir()
    (data / "pyx.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    out, dropped, summary = (folder / name for name in ("out.jsonl", "dropped.jsonl", "summary.json"))
    imported.main(name="PyX", data=data, out=out, dropped=dropped, summary=summary)
    return list(read(out, Example)), list(read(dropped, Dropped)), json.loads(summary.read_text())


def test_rows_become_the_sequences_that_upstream_trains_on(tmp_path: Path) -> None:
    kept, lost, counts = bring(tmp_path, ROWS)
    assert [(each.task, each.prompt) for each in kept] == [
        ("nl2code", f"{NL2CODE_PREFIX}Add one.\n\n<Code>\n"),
        ("forward", f"{FORWARD_PREFIX}{FORWARD}\n"),
        ("backward", f"{BACKWARD_PREFIX}{BACKWARD}\n"),
        ("refine", f"{REFINE_PREFIX['upstream']}{FAULT}\n"),
    ]
    assert [each.response for each in kept] == [row["response"] for row in ROWS]
    assert kept[2].parents == ("PyX:pyx.jsonl:3",) and not lost
    assert counts["tasks"] == {"nl2code": 1, "forward": 1, "backward": 1, "refine": 1}


def test_what_cannot_be_read_is_dropped_with_a_reason_and_counted(tmp_path: Path) -> None:
    kept, lost, counts = bring(tmp_path, [*ROWS[:1], *FAULTS.values()])
    reasons = [reason.strip() for reason in FAULTS]
    assert len(kept) == 1 and [each.reason for each in lost] == reasons
    assert lost[0].parents == ("PyX:pyx.jsonl:2",)
    assert (counts["in"], counts["kept"]) == (9, 1)
    assert counts["dropped"] == {reason: reasons.count(reason) for reason in reasons}


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"no row that can be used \(not exactly one question\); give the released PyX"
    ):
        bring(tmp_path, [{"question": "?", "response": "x"}])
    assert not (tmp_path / "out.jsonl").exists()
    (tmp_path / "broken.jsonl").write_text('{"nl": \n')
    with pytest.raises(UserError, match=r"broken\.jsonl, line 1: not JSON"):
        list(imported.examples("PyX", tmp_path / "broken.jsonl"))
