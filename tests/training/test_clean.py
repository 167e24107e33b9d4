"""Other data sets without benchmark items: what goes, with its match; what stays, with its licence."""

import json
from pathlib import Path
from typing import Any

import pytest

from semcoder.errors import UserError
from semcoder.training.clean import main
from semcoder.training.extra import examples

HUMANEVAL = {
    "task_id": "HumanEval/0",
    "prompt": 'def close(xs, limit):\n    """Tell whether any two of the numbers given are nearer to each other than '
    'the limit that is given beside them."""\n',
    "canonical_solution": "    for i, x in enumerate(xs):\n        for j, y in enumerate(xs):\n"
    "            if i != j and abs(x - y) < limit:\n                return True\n    return False\n",
    "entry_point": "close",
}
COPIED = (
    f"Sure:\n```python\n{HUMANEVAL['prompt']}{HUMANEVAL['canonical_solution']}```\nIt compares all pairs."
)
CLEAN = "Here:\n```python\ndef area(w, h):\n    return w * h\n```"


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def cleaned(folder: Path, *files: Path, **options: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    bench = jsonl(folder / "bench.jsonl", [HUMANEVAL])
    out, dropped, summary = (folder / f"{each}.out" for each in ("rows", "dropped", "summary"))
    main(
        name="evol",
        source=list(files),
        licence="Apache-2.0",
        benchmark=[f"humaneval={bench}"],
        unchecked=["mbpp=not fetched"],
        out=out,
        dropped=dropped,
        summary=summary,
    )
    counts = json.loads(summary.read_text())
    found = [[json.loads(line) for line in path.read_text().splitlines()] for path in (out, dropped)]
    assert counts["in"] == counts["kept"] + sum(counts["dropped"].values())
    assert (counts["kept"], counts["benchmarks"]) == (len(found[0]), {"humaneval": 1})
    assert counts["unchecked"] == {"mbpp": "not fetched"}
    return found[0], found[1]


def test_a_benchmark_item_goes_and_its_match_is_named(tmp_path: Path) -> None:
    renamed = COPIED.replace("xs", "numbers").replace("close", "any_near")
    rows = [
        {"instruction": "Compute an area.", "response": CLEAN, "lang": "python"},
        {"instruction": "Find near numbers.", "response": COPIED},
        {"instruction": "Find near numbers.", "response": renamed},
        {"instruction": HUMANEVAL["prompt"], "response": "I would rather not."},
        {"instruction": "Say hello in C.", "response": "```c\nint main() { return 0; }\n```"},
    ]
    kept, dropped = cleaned(tmp_path, jsonl(tmp_path / "evol.jsonl", rows))
    assert [row["instruction"] for row in kept] == ["Compute an area.", "Say hello in C."]
    assert [row["parents"] for row in dropped] == [[f"evol:evol.jsonl:{n}"] for n in (2, 3, 4)]
    assert all(row["detail"].startswith("humaneval HumanEval/0: ") for row in dropped)


def test_rows_keep_their_licence_columns_and_place(tmp_path: Path) -> None:
    rows = [
        {"instruction": "Compute an area.", "response": CLEAN, "lang": "python"},
        {"instruction": "Compute an area, please.", "response": CLEAN, "licence": "CC-BY-4.0"},
    ]
    source = jsonl(tmp_path / "evol.jsonl", rows)
    kept, _ = cleaned(tmp_path, source)
    assert kept[0] == {"semcoder_origin": "evol.jsonl:1", "licence": "Apache-2.0", **rows[0]}
    assert kept[1]["licence"] == "CC-BY-4.0"
    before = list(examples("evol", source, "corrected"))
    assert list(examples("evol", tmp_path / "rows.out", "corrected")) == before


def test_a_column_of_others_that_is_called_origin_stays_theirs(tmp_path: Path) -> None:
    row = {"instruction": "Compute an area.", "response": CLEAN, "origin": ["a", "forum"], "licence": None}
    source = jsonl(tmp_path / "evol.jsonl", [row, row])
    kept, _ = cleaned(tmp_path, source)
    assert [each["semcoder_origin"] for each in kept] == ["evol.jsonl:1", "evol.jsonl:2"]
    assert {(str(each["origin"]), each["licence"]) for each in kept} == {("['a', 'forum']", "Apache-2.0")}
    assert [each.parents for each, _ in examples("evol", source, "corrected")] == [
        ("evol:evol.jsonl:1",),
        ("evol:evol.jsonl:2",),
    ]


def test_a_licence_that_is_no_text_is_named(tmp_path: Path) -> None:
    row = {"instruction": "Compute an area.", "response": CLEAN, "licence": ["MIT", "GPL-3.0"]}
    with pytest.raises(UserError, match=r'evol\.jsonl:1: its licence is \["MIT", "GPL-3.0"\]'):
        cleaned(tmp_path, jsonl(tmp_path / "evol.jsonl", [row]))
    assert not (tmp_path / "rows.out").exists()


def test_how_many_files_rows_came_in_does_not_show(tmp_path: Path) -> None:
    rows = [
        {
            "instruction": f"Add {n}.",
            "response": f"```python\nx = y + {n}\n```",
            "semcoder_origin": f"set/{n}",
        }
        for n in range(9)
    ]
    whole, _ = cleaned(tmp_path, jsonl(tmp_path / "all.jsonl", rows))
    parts = [jsonl(tmp_path / f"{n}.jsonl", rows[n::3]) for n in range(3)]
    assert cleaned(tmp_path, *parts)[0] == whole


def test_a_row_without_an_answer_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"evol\.jsonl:1"):
        cleaned(tmp_path, jsonl(tmp_path / "evol.jsonl", [{"instruction": "Add."}]))
    assert not (tmp_path / "rows.out").exists()
