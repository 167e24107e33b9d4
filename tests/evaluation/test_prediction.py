"""Output and input prediction: right answers in any form, wrong and dishonest ones refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from semcoder.evaluation import expressions
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.prediction import InputPrediction, OutputPrediction, Question
from semcoder.evaluation.checking import Runner
from semcoder.evaluation.judges import judge_answers
from semcoder.records import Generation

OUTPUT = OutputPrediction(lambda paths: iter(()))
INPUT = InputPrediction(lambda paths: iter(()))
QUESTION = Question(
    "q", "LIMIT = [3, 4]\ndef f(x, y=1):\n    return sorted(x)[:y]", "f", "[3, 1], y=2", "[1, 3]"
)


def test_output_answers(runner: Runner) -> None:
    right = ["[1, 3]", "[1,3]", "[1.0, 3]", "list((1, 3))", "[1] + [3]", "sorted([3, 1])", "[ 1,\n 3]"]
    right += [
        "[1, 3] if True else 0",
        "(lambda: [1, 3])()",
        "[n for n in (1, 3)]",
        "__import__('json').loads('[1, 3]')",
    ]
    wrong = ["[3, 1]", "(1, 3)", "'[1, 3]'", "None", "f([3, 1], y=2)", "sorted(x)", "[9] or [1, 3]", "LIMIT"]
    wrong += ["__import__('os')", "open('/etc/passwd').read()", "globals()['f']([3, 1], y=2)", "iter([1, 3])"]
    wrong += [
        "__import__('unittest.mock').mock.ANY",
        "type('E', (list,), {'__eq__': lambda *_: True})()",
        "(1).__class__",
    ]
    rulings = judge_answers(OUTPUT, runner, [(QUESTION, answer) for answer in [*right, *wrong]])
    assert [ruling.passed for ruling in rulings] == [True] * len(right) + [False] * len(wrong)
    assert judge_answers(OUTPUT, runner, [(QUESTION, None)])[0].reason == "no answer"


def test_input_answers(runner: Runner) -> None:
    right = [
        "[3, 1], y=2",
        "[1, 3], 2",
        "x=[3, 1], y=2",
        "(1, 3), 5",
        "range(1, 4, 2), 2",
        "{1, 3}, len('ab')",
    ]
    right += ["[3] + [1], 2", "[i for i in (1, 3)], 2"]
    wrong = [
        "[3, 1]",
        "",
        "[1, 3], 2, 3",
        "[3, 1], 'two'",
        "f([1, 3], 2), 2",
        "1) or f([1, 3]",
    ]
    wrong += ["(f := lambda *a: [1, 3]), 2", "globals().update(f=lambda *a: [1, 3]), 2", "LIMIT.clear(), 2"]
    wrong += [
        "().__class__.__base__.__subclasses__(), 2",
        "exec('def f(*a): return [1, 3]'), 2",
        "[f for f in [1]], f",
    ]
    rulings = judge_answers(INPUT, runner, [(QUESTION, answer) for answer in [*right, *wrong]])
    assert [ruling.passed for ruling in rulings] == [True] * len(right) + [False] * len(wrong)


def test_what_is_not_allowed_is_said() -> None:
    for source, words in {
        "f(1)": "the name f",
        "x[0]": "the name x",
        "[f for _ in [1]]": "the name f",
        "[1": "not an expression",
    }.items():
        with pytest.raises(expressions.NotAllowed, match=words):
            expressions.output(source)


SORTED = Question("s", "def f(nums):\n    return sorted(nums)[0] * 3", "f", "[2]", "6")
TABLE = Question("t", "TABLE = {1: 'a'}\ndef f(x):\n    return TABLE[x]", "f", "1", "'zzz'")
HELPER = Question(
    "h",
    "def helper(x):\n    return x\nh = helper\nx = h\ndef f(x):\n    return x + '!'",
    "f",
    "'a'",
    "'zzz!'",
)
SHADOW = Question("w", "def float(x):\n    return 7\ndef f(x):\n    return x", "f", "7", "7")
MAPPED = Question("m", "def f(g, l):\n    return [g(x) for x in l]", "f", "len, ['a']", "[1]")
GENERATOR = "(i for i in [1])"


@pytest.mark.parametrize(
    ("item", "answer"),
    [
        (SORTED, f"{GENERATOR}.gi_frame.f_globals.update(f=lambda x: 6)"),
        (SORTED, f"{GENERATOR}.gi_frame.f_globals.update(semcoder_result=lambda *a: 6) or [1]"),
        (SORTED, f"{GENERATOR}.gi_frame.f_builtins['exec']('def f(x): return 6')"),
        (SORTED, "'{0.gi_frame.f_globals}'.format((i for i in [1]))"),
        (SORTED, "'{x.gi_frame}'.format_map({'x': (i for i in [1])})"),
        (SORTED, "sorted([2], key=(lambda: 0).gi_frame)"),
        (TABLE, "dict.update(TABLE, {1: 'zzz'}) or 1"),
        (TABLE, "[TABLE][0].update({1: 'zzz'}) or 1"),
        (TABLE, "(TABLE | {}).setdefault(1) and TABLE.update({1: 'zzz'}) or 1"),
        (TABLE, "(lambda t: t.update({1: 'zzz'}) or 1)(TABLE)"),
        (HELPER, "h('zzz')"),
        (HELPER, "[h for h in [1]] and h('zzz')"),
        (HELPER, "x('zzz')"),
        (MAPPED, "lambda x: f(len, ['a'])[0], [0]"),
        (SORTED, "iter([(f := lambda x: 6)])"),
        (SORTED, "iter([(i for i in [1]).gi_frame.f_globals.update(f=lambda x: 6)])"),
        (SORTED, "*[globals().update(f=lambda x: 6)]"),
        (SORTED, "iter([(lambda: 0).__globals__.update(f=lambda x: 6)])"),
        (SORTED, "(x.gi_frame for x in [1])"),
        (TABLE, "iter([TABLE.update({1: 'zzz'})])"),
        (SHADOW, "iter([float('7')])"),
        (SHADOW, "float('nan')"),
        (SHADOW, "[i * float('inf') for i in [1]][0]"),
    ],
)
def test_no_answer_reaches_the_program(runner: Runner, item: Question, answer: str) -> None:
    ruling = judge_answers(INPUT, runner, [(item, answer)])[0]
    assert not ruling.passed and ruling.reason in ("not allowed", "raised", "wrong")


@pytest.mark.parametrize(
    ("code", "output", "answer"),
    [
        ("def f(l):\n    return sum(l)", "3", "[1] * 3"),
        ("def f(l):\n    return len(l)", "5", "'a' * 5"),
        ("def f(l):\n    return next(l)", "1", "iter([1, 2])"),
        ("def f(l):\n    return next(l)", "2", "map(int, '21')"),
        ("def f(d):\n    return sorted(d)", "[('a', 1)]", "{'a': 1}.items()"),
        ("def f(l):\n    l[0].append(1)\n    return l", "[[1], [1]]", "[[]] * 2"),
        ("def f(l):\n    l[0].append(1)\n    return l", "[[1], []]", "[[], []]"),
        ("def f(a, b):\n    return a - b", "2", "*(3, 1)"),
        ("def f(a, b):\n    return a - b", "2", "*map(int, '31')"),
        ("def f(g, l):\n    return g(l)", "2", "*[len, range(2)]"),
        ("def f(a, b):\n    return a - b", "2", "**dict(a=3, b=1)"),
        ("def f(a):\n    return a", "'x'", "'{}'.format('x')"),
        ("def f(l):\n    return l", "[0, 1, 2]", "list(range(3))"),
        ("def f(l):\n    return l", "[0, 1, 2]", "l=[*range(3)]"),
        ("def f(l):\n    return type(l).__name__", "'range'", "range(4)"),
        ("def f(d):\n    return d['b']", "2", "dict(zip('ab', (1, 2)))"),
        ("def f(d):\n    return d['b']", "2", "{k: n for n, k in enumerate('ab', start=1)}"),
        ("def f(a, b):\n    return a - b", "2", "b=int('3'), a=len(str('abcde'.upper()))"),
        ("def f(g, l):\n    return [g(x) for x in l]", "[2, 3]", "lambda x: x + 1, [1, 2]"),
        ("def f(g, l):\n    return [g(x) for x in l]", "[1, 2]", "len, ['a', 'bc']"),
        ("def f(g, l):\n    return [g(x) for x in l]", "['A']", "lambda s: s.upper(), ['a']"),
        ("def f(l):\n    return list(l)", "[8, 0]", "{8, 0}"),  # the order in which the set was written
        ("ALL = [1, 2, 3]\ndef f(l):\n    return l", "[2, 3]", "ALL[1:]"),
        ("def f(x):\n    return x != x", "True", "float('nan')"),
    ],
)
def test_honest_expressions_are_answers(runner: Runner, code: str, output: str, answer: str) -> None:
    ruling = judge_answers(INPUT, runner, [(Question("q", code, "f", "", output), answer)])[0]
    assert ruling.passed, ruling


DEGENERATE = {
    "a long sum": "1" + " + 1" * 330,
    "a longer sum": "1" + " + 1" * 5000,
    "a chain of methods": "'a'" + ".strip()" * 200,
    "a chain of items": "[1]" + "[0]" * 330,
    "a chain of signs": "-" * 5000 + "1",
    "deep lists": "[" * 150 + "]" * 150,
    "deeper lists": "[" * 3000 + "]" * 3000,
    "deep lambdas": "lambda: " * 90 + "1",
    "deeper lambdas": "lambda: " * 3000 + "1",
    "a huge list": "[0] * 10 ** 9",
    "long": "[" + "1, " * 100_000 + "]",
    "many digits": "1" * 20_000,
    "a surrogate": "'\\ud800'",
    "a null": "\0",
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_answers_fail_and_nothing_else(runner: Runner, name: str) -> None:
    for harness, right in ((OUTPUT, "[1, 3]"), (INPUT, "[3, 1], 2")):
        rulings = judge_answers(harness, runner, [(QUESTION, DEGENERATE[name]), (QUESTION, right)])
        assert [ruling.passed for ruling in rulings] == [False, True]
        assert rulings[0].reason


def test_the_answer_is_read_after_direct_and_other_prompts() -> None:
    def generation(prompt: str, text: str) -> Generation:
        return Generation(
            model="m", benchmark="b", format="x", item="q", sample=0, prompt=prompt, text=text, finish="stop"
        )

    direct = generation("...[ANSWER]\n", "assert f([3, 1], y=2) == [1, 3]\n")
    reasoned = generation(
        "...[MONOLOGUE]\n", "Hm.\n[/MONOLOGUE]\n[ANSWER]\nassert f([3, 1], y=2) == [1, 3]\n"
    )
    for each in (direct, reasoned):
        assert OUTPUT.answer(QUESTION, each) == "[1, 3]"
        assert INPUT.answer(QUESTION, each) == "[3, 1], y=2"


@pytest.mark.parametrize("name", ["cruxeval_output", "cruxeval_input"])
def test_all_of_cruxeval_is_right_by_its_own_answers(
    runner: Runner, benchmark_file: Callable[[str], Path], name: str
) -> None:
    harness = HARNESSES[name]
    items: list[Question] = list(harness.load([benchmark_file("cruxeval.jsonl")]))
    assert len(items) == 800
    own = [(item, item.output if name.endswith("output") else item.arguments) for item in items]
    rulings = judge_answers(harness, runner, own)
    assert [item.id for item, ruling in zip(items, rulings, strict=True) if not ruling.passed] == []
    garbage = [(item, "what it returns") for item in items]
    assert sum(ruling.passed for ruling in judge_answers(harness, runner, garbage)) == 0
