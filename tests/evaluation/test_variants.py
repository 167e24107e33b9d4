"""Programs in another dress: other names, other statements, the same output."""

import ast
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from semcoder.errors import UserError
from semcoder.evaluation import fewshot, prompts
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.prediction import Question
from semcoder.evaluation.checking import Runner
from semcoder.evaluation.variants.command import Change, checked, main, variant
from semcoder.evaluation.variants.renaming import bound, renamed
from semcoder.evaluation.variants.restructuring import restructured
from semcoder.records import Dropped, Generation, read

CODE = """\
import math
LIMIT = 3
class Box:
    size = 2
    def grow(self, by=1):
        return self.size + by
def helper(value, *, step=1):
    return value + step
def f(items, names, limit=2):
    total, text = 0, ''
    for index in range(1, len(items)):
        if index == limit:
            continue
        total += items[index]
    for key, value in names.items():
        text += key if value > 1 else key.upper()
        if value == 9:
            break
    while total > 10:
        total -= 4
    try:
        total += names['none']
    except KeyError as missing:
        text += str(len(missing.args))
    squares = [item * item for item in items if item != LIMIT]
    def inner(number):
        nonlocal total
        total += number
        return helper(number, step=total)
    mode = 'long' if squares else 'short'
    if not squares:
        return mode
    elif total in items:
        total = inner(1)
    return math.floor(total), Box().grow(2), text.strip().title() + f'{total!r:>3}', squares, index
"""
ITEM = Question(
    "q", CODE, "f", "[1, 2, 3, 4], {'a': 1, 'bc': 9, 'd': 2}, limit=2", "(6, 4, 'Abc1  6', [1, 4, 16], 3)"
)
CHANGES: tuple[Change, ...] = ("renamed", "restructured")


def names_of(code: str) -> set[str]:
    return set(bound(ast.parse(code)))


def test_the_item_is_what_it_says(runner: Runner) -> None:
    [same] = checked([ITEM], "renamed", 0, runner)
    assert (same.why, same.detail) == ("", "")


@pytest.mark.parametrize("change", CHANGES)
def test_every_draw_gives_the_same_output(runner: Runner, change: Change) -> None:
    for seed in range(6):
        [made] = checked([ITEM], change, seed, runner)
        assert made.why == "", (made.detail, made.question.code)
    drawn = {variant(ITEM, change, seed).question.code for seed in range(6)}
    assert len(drawn) == 6 and CODE not in drawn


def test_all_that_a_program_binds_has_another_name() -> None:
    code, name, arguments = renamed(CODE, "f", ITEM.arguments, random.Random(0))
    kept = {"Box", "grow", "size"}  # attributes
    assert not (names_of(CODE) - kept) & names_of(code) and name in names_of(code)
    assert len(names_of(code)) == len(names_of(CODE))
    old = {each.id for each in ast.walk(ast.parse(code)) if isinstance(each, ast.Name)}
    assert not old & {"items", "names", "total", "text", "index", "squares", "helper", "LIMIT", "missing"}
    [keyword] = [each.arg for each in ast.walk(ast.parse(f"_({arguments})")) if isinstance(each, ast.keyword)]
    assert keyword in names_of(code) and keyword != "limit"


def test_arguments_follow_a_renamed_variable_and_keep_their_spelling_otherwise() -> None:
    code, name, arguments = renamed("rows = [1]\ndef f(x):\n    return x", "f", "rows[:]", random.Random(0))
    assert arguments.endswith("[:]") and arguments[:-3] in names_of(code) and name != "f"
    assert renamed("def f(x):\n    return x", "f", '( "a" ,)', random.Random(0))[2] == '( "a" ,)'


def test_another_structure_has_the_same_names_and_every_kind_of_change() -> None:
    kinds: set[str] = set()
    for seed in range(8):
        code, made = restructured(CODE, random.Random(seed))
        kinds |= set(made)
        new = names_of(code) - names_of(CODE)
        assert names_of(CODE) <= names_of(code)
        assert all(name.split("_")[0] in ("position", "end", "source", "part", "spare") for name in new), new
    assert kinds == {
        *("loop", "branch", "augmented assignment", "conditional expression", "expression", "dead statement")
    }


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def f(x):\n    return sorted(locals())", "wrong"),
        ("def f(x):\n    return eval('x')", "raised"),
        ("def f(x) return x", "not Python"),
    ],
)
def test_what_does_something_else_is_dropped_with_its_reason(runner: Runner, code: str, why: str) -> None:
    [made] = checked([Question("q", code, "f", "1", "['x']")], "renamed", 0, runner)
    assert made.why == why


def test_the_command_counts_what_it_drops(tmp_path: Path) -> None:
    rows = [
        {"id": "sample_0", "code": "def f(x):\n    return x + 1", "input": "1", "output": "2"},
        {"id": "sample_1", "code": "def f(x):\n    return list(locals())", "input": "1", "output": "['x']"},
    ]
    data, out, lost, counts = (
        tmp_path / name for name in ("data.jsonl", "out.jsonl", "lost.jsonl", "n.json")
    )
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    written = []
    for order in (rows, rows[::-1]):
        data.write_text("".join(json.dumps(row) + "\n" for row in order))
        main(
            benchmark="cruxeval_output",
            data=[data],
            change="renamed",
            out=out,
            dropped=lost,
            summary=counts,
            seed=3,
        )
        written.append(out.read_text())
    assert written[0] == written[1]  # an item's draw hangs on the item alone
    [made] = HARNESSES["cruxeval_output_renamed"].load([out])
    assert (made.id, made.group, made.output) == ("sample_0", "sample_0", "2") and made.entry_point != "f"
    [dropped] = read(lost, Dropped)
    assert (dropped.parents, dropped.reason) == (("sample_1",), "wrong")
    summary = json.loads(counts.read_text())
    assert (summary["in"], summary["kept"], summary["dropped"]) == (2, 1, {"wrong": 1})
    with pytest.raises(UserError, match="does not ask about programs"):
        main(benchmark="humaneval", data=[data], change="renamed", out=out, dropped=lost, summary=counts)


def test_variants_of_cruxeval_share_no_name_with_the_original(benchmark_file: Callable[[str], Path]) -> None:
    items: list[Question] = list(HARNESSES["cruxeval_output"].load([benchmark_file("cruxeval.jsonl")]))
    for item in items[::8]:
        made = variant(item, "renamed", 0).question
        assert not names_of(item.code) & names_of(made.code)
        asked = HARNESSES["cruxeval_output_renamed"].prompt(made, "direct", "corrected", 0)
        assert item.code not in asked and f"assert {made.entry_point}({made.arguments}) == ??" in asked
        assert ast.unparse(ast.parse(item.code)) != variant(item, "restructured", 0).question.code


def test_a_renamed_function_is_asked_about_in_the_benchmarks_own_prompt_and_may_be_called_as_before() -> None:
    made = variant(ITEM, "renamed", 0).question
    template = fewshot.Template(("def f(x)\nassert f(1) == 1\n", 0, "\nassert f(", 1, ") == ??\n[ANSWER]\n"))
    asked = prompts.forward_prompt(made.code, "7", made.entry_point, "direct", "base", 0, template)
    assert (
        asked.startswith("def f(x)\nassert f(1) == 1\n") and f"\nassert {made.entry_point}(7) == ??" in asked
    )
    for name in (made.entry_point, "f"):
        text = f"assert {name}([2], {{}}) == (5, 6)\n[/ANSWER]"
        written = Generation(
            model="m",
            benchmark="b",
            format="direct",
            item="q",
            sample=0,
            prompt=asked,
            text=text,
            finish="stop",
        )
        assert HARNESSES["cruxeval_output_renamed"].answer(made, written) == "(5, 6)"
        assert HARNESSES["cruxeval_input_renamed"].answer(made, written) == "[2], {}"
