"""Prompts: the released checkpoints' bytes, and that a prompt and its response read on as one text."""

import json

import pytest

from semcoder.evaluation import prompts, shots
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.extract import input_answer, output_answer, program
from semcoder.evaluation.fewshot import Template
from semcoder.evaluation.prompts import FORMATS, STYLES

CODE = "def f(s):\n\n    return s + 'x'"


def test_upstream_forward_monologue_has_labels_from_five_and_double_quotes() -> None:
    # experiments/cruxeval_prompts.py and cruxeval_utils.py at edc4ad3
    assert prompts.forward_prompt(CODE, "'a'", "f", "monologue", "upstream", 4) == (
        "Simulate the Execution: You are given a Python function and an assertion containing a function input. "
        "Complete the assertion containing the execution output corresponding to the given input in [ANSWER] and "
        "[/ANSWER] tags.\n"
        "[PYTHON]\n"
        "def f(s): # [L5]\n"
        "\n"
        '    return s + "x" # [L7]\n'
        'assert f("a") == ??\n'
        "[/PYTHON]\n"
        "[MONOLOGUE]\n"
    )


def test_upstream_backward_monologue_lacks_a_bracket_and_has_a_blank_line() -> None:
    assert prompts.backward_prompt(CODE, "'ax'", "f", "monologue", "upstream") == (
        "Deduce the Semantic Constraints: You are given a Python program and its expected output. Find one input "
        "such that executing the program with the input leads to the given output. Complete the assertion with "
        "one such input in between [ANSWER] and [/ANSWER].\n"
        "PYTHON]\n"
        "def f(s):\n"
        "\n"
        '    return s + "x"\n'
        'assert f(??) == "ax"\n'
        "[/PYTHON]\n"
        "\n"
        "[MONOLOGUE]\n"
    )


def test_corrected_prompts_keep_quotes_tags_and_any_name() -> None:
    forward = prompts.forward_prompt(
        "def tail(s):\n    return s[1:]", "'ab'", "tail", "monologue", "corrected", 0
    )
    assert forward.endswith(
        "[PYTHON]\ndef tail(s): # [L1]\n    return s[1:] # [L2]\nassert tail('ab') == ??\n[/PYTHON]\n[MONOLOGUE]\n"
    )
    backward = prompts.backward_prompt(CODE, "'ax'", "f", "monologue", "corrected")
    assert backward.endswith(
        f"[ANSWER] and [/ANSWER].\n[PYTHON]\n{CODE}\nassert f(??) == 'ax'\n[/PYTHON]\n[MONOLOGUE]\n"
    )


def test_humaneval_and_mbpp_prompts_end_where_the_code_goes_on() -> None:
    # experiments/run_evalplus.py
    head = (
        "You are an exceptionally intelligent coding assistant that consistently delivers accurate and reliable "
        "<Code> according to <NL_Description>\n\n<NL_Description>\n"
    )
    assert prompts.humaneval_prompt("\ndef f(x):\n    pass\n", "corrected") == (
        f"{head}Write a solution to the following problem:\n```python\ndef f(x):\n    pass\n```\n\n"
        "<Code>\n```python\ndef f(x):\n    pass"
    )
    assert prompts.mbpp_prompt('"""\nWrite a function\nassert f(1) == 2\n"""\n', "upstream") == (
        f"{head}Write a function. Your code should satisfy the following assertion:\n"
        "```python\nassert f(1) == 2\n```\n\n<Code>\n```python"
    )


def test_refinement_prompts() -> None:
    # src/prompts.py and experiments/run_refine_evalplus.py
    upstream = prompts.refine_prompt(
        "P", "C", prompts.failed_test("f", "1", "2", "upstream"), "monologue", "upstream"
    )
    assert upstream == (
        "Debug and Refine the Code: You are given a a problem to be implemented in Python, and a buggy code that "
        "tries to solve the problem but fails the test case.\n"
        "You should firstly simulate the execution with the buggy code and the failed test to identify the root "
        "cause of the failure. \n"
        "Then, you should fix the bug and wrap the refined code in between [Refined] and [/Refined].\n"
        "### Problem\nP\n\n### Buggy Solution\n```python\nC\n```\n\n"
        "### Failed Test\n```python\nretv = f(1)\nassert retv == 2\n\n```\n\n"
    )
    corrected = prompts.refine_prompt("P", "C", "assert f(1) == 2", "trace", "corrected", "T")
    assert corrected.endswith(
        "### Failed Test\n```python\nassert f(1) == 2\n```\n\n"
        "[MONOLOGUE]\n### Execution Simulation\n```python\nT\n```\n### Root Cause Analysis\n"
    )
    assert corrected.startswith("Debug and Refine the Code: You are given a problem to be implemented")
    assert "failure.\nThen" in corrected
    for text in (upstream, corrected):
        assert prompts.is_refine_prompt(text)
    assert not prompts.is_refine_prompt(prompts.nl2code_prompt("P"))


def test_corrected_labels_leave_strings_and_continued_lines_alone() -> None:
    code = 'def f():\n    text = """a\nb"""\n    total = 1 + \\\n        2\n    return text, total'
    labelled = prompts.label_lines(code, 0, "corrected")
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    exec(code, before)
    exec(labelled, after)
    assert after["f"]() == before["f"]() == ("a\nb", 3)  # type: ignore[operator]
    assert [line.rpartition("# ")[2] for line in labelled.split("\n")] == [
        "[L1]",
        '    text = """a',
        "[L3]",
        "    total = 1 + \\",
        "[L5]",
        "[L6]",
    ]
    assert "a # [L2]\n" in prompts.label_lines(code, 0, "upstream")  # the defect


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("style", STYLES)
def test_the_answer_is_found_in_every_response_after_its_prompt(format: str, style: str) -> None:
    """What training teaches, evaluation reads back: for values with ==, tags' brackets and both quotes."""
    value = {"a == b": ['it"s'], "[ANSWER": "x\ny"} if style == "corrected" else {"a == b": [1]}
    output = repr(value)
    arguments = "[1, 2], name='x == y'" if style == "corrected" else '[1, 2], name="x == y"'
    code = "def g(items, name):\n    return {}"
    forward = prompts.forward_prompt(code, arguments, "g", format, style, 0)  # type: ignore[arg-type]
    backward = prompts.backward_prompt(code, output, "g", format, style)  # type: ignore[arg-type]
    written = prompts.response(  # type: ignore[call-overload, unused-ignore]
        format, "thoughts", entry_point="g", arguments=arguments, output=output, style=style
    )
    found = output_answer(written, "g", forward.endswith("[ANSWER]\n"))
    assert found is not None and eval(found) == value
    assert input_answer(written, "g", backward.endswith("[ANSWER]\n")) == arguments


def test_code_responses_are_read_back() -> None:
    assert (
        program(prompts.nl2code_response("def f(x):\n    return x\n"), "f", None) == "def f(x):\n    return x"
    )
    for rationale in ("monologue", "trace", "none"):
        for style in STYLES:
            text = prompts.refine_response("because", "def f(x):\n    return 2", rationale, style)  # type: ignore[arg-type]
            assert (program(text, "f", None) or "").strip() == "def f(x):\n    return 2", text


def test_a_monologue_may_come_with_its_tags() -> None:
    bare = prompts.response("monologue", "T", entry_point="f", arguments="1", output="2", style="corrected")
    tagged = prompts.response(
        "monologue",
        "[MONOLOGUE]\nT\n[/MONOLOGUE]",
        entry_point="f",
        arguments="1",
        output="2",
        style="corrected",
    )
    assert bare == tagged == "T\n[/MONOLOGUE]\n[ANSWER]\nassert f(1) == 2\n[/ANSWER]"


def test_real_cruxeval_rows_can_all_be_asked(benchmark_file) -> None:  # type: ignore[no-untyped-def]
    rows = [json.loads(line) for line in benchmark_file("cruxeval.jsonl").read_text().splitlines()]
    for row in rows[::20]:
        for format in FORMATS:
            for style in STYLES:
                text = prompts.forward_prompt(row["code"], row["input"], "f", format, style, 0)  # type: ignore[arg-type]
                assert f"({row['input']}) == ??\n" in text or style == "upstream"
                assert "??" in prompts.backward_prompt(row["code"], row["output"], "f", format, style)  # type: ignore[arg-type]


def test_our_few_shot_examples_are_true_and_read_back() -> None:
    for name, code, arguments, output, *_ in shots.EXAMPLES:
        space: dict[str, object] = {}
        exec(code, space)
        assert repr(eval(f"{name}({arguments})", space)) == output
    question = f"[PYTHON]\n{CODE}\nassert f('a') == ??\n[/PYTHON]\n"
    for format, opening in (("direct", "[ANSWER]\n"), ("cot", "[THOUGHT]\n")):
        text = prompts.forward_prompt(CODE, "'a'", "f", format, "base", 0)  # type: ignore[arg-type]
        assert text.endswith(question + opening)
        for name, _, arguments, output, *_ in shots.EXAMPLES:
            written = text.split(f"assert {name}({arguments}) == ??\n[/PYTHON]\n{opening}")[1]
            assert output_answer(written, name, format == "direct") == output
            backward = prompts.backward_prompt(CODE, "'ax'", "f", format, "base")  # type: ignore[arg-type]
            written = backward.split(f"assert {name}(??) == {output}\n[/PYTHON]\n{opening}")[1]
            assert input_answer(written, name, format == "direct") == arguments


def test_a_benchmarks_own_prompt_stands_alone_where_examples_are_shown() -> None:
    template = Template(("Own: ", 0, " | ", 1, "\n[ANSWER]\n"))
    forward = prompts.forward_prompt(CODE, "'a'", "f", "direct", "upstream", 4, template)
    assert forward == 'Own: def f(s):\n\n    return s + "x" | "a"\n[ANSWER]\n'
    backward = prompts.backward_prompt(CODE, "'ax'", "f", "cot", "base", template=template)
    assert backward == f"Own: {CODE} | 'ax'\n[ANSWER]\n"
    trained = prompts.forward_prompt(CODE, "'a'", "f", "direct", "corrected", 0, template)
    assert trained.startswith(prompts.FORWARD_PREFIX)


def test_base_models_complete_code_without_an_instruction() -> None:
    task = '\ndef f(x):\n    """Double x."""\n'
    assert prompts.humaneval_prompt(task, "base") == 'def f(x):\n    """Double x."""\n'
    assert prompts.mbpp_prompt('"""\nWrite f.\nassert f(1) == 2\n"""\n', "base") == (
        '"""\nWrite f.\nassert f(1) == 2\n"""\n'
    )
    assert "NL_Description" not in prompts.lcb_generation_prompt("Add.", "", "base")
    assert program("    return 2 * x\n", "f", task.strip()) == f"{task.strip()}\n    return 2 * x"
    assert program("def f(x):\n    return 2 * x\n", "f", "") == "def f(x):\n    return 2 * x"


def test_the_stop_text_is_a_closing_fence_only_where_the_prompt_opens_one() -> None:
    for name, harness in HARNESSES.items():
        asks_in_a_fence = name.startswith(("humaneval", "mbpp"))
        for style in ("corrected", "upstream"):
            assert ("\n```\n" in harness.stop(style)) == asks_in_a_fence, name  # type: ignore[arg-type]
        assert "\n```\n" not in harness.stop("base")
    assert "\ndef " in HARNESSES["humaneval"].stop("base")
    assert "\ndef " not in HARNESSES["mbpp"].stop("base")  # the answer begins with it
