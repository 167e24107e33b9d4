"""Few-shot prompts out of a file of CRUXEval's shape, with words of our own; and when they are asked with."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planted_server import planted

from semcoder import records
from semcoder.cli import application
from semcoder.errors import UserError
from semcoder.evaluation.fewshot import read_template
from semcoder.evaluation.scorefile import Setup
from semcoder.records import Generation

FUNCTION = '''
def make_{format}_{task}_prompt(pair):
    program, {given} = pair
    return f"""Tell the {task}, {{{{and}}}} nothing else, \\
{format}.
{{program}}
? {{{given}}}
[{opening}]
"""
'''
FILE = "raise SystemExit('this file was run')\n" + "".join(
    FUNCTION.format(format=format, task=task, given=given, opening=opening)
    for format, opening in (("direct", "ANSWER"), ("cot", "THOUGHT"))
    for task, given in (("output", "input"), ("input", "output"))
)


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.py"
    path.write_text(FILE)
    return path


def test_a_template_is_the_f_string_that_the_function_returns(prompts: Path) -> None:
    template = read_template(prompts, "make_direct_input_prompt")
    asked = template.filled("def f(x): return {x}", "{1}")
    assert asked == "Tell the input, {and} nothing else, direct.\ndef f(x): return {x}\n? {1}\n[ANSWER]\n"
    assert read_template(prompts, "make_cot_output_prompt").filled("C", "D").endswith("C\n? D\n[THOUGHT]\n")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(texts=st.tuples(st.text(), st.text(), st.text()), code=st.text(), known=st.text())
def test_a_template_gives_what_the_function_would(
    tmp_path: Path, texts: tuple[str, str, str], code: str, known: str
) -> None:
    literals = [ascii(text)[1:-1].replace("{", "{{").replace("}", "}}").replace('"', '\\"') for text in texts]
    source = (
        f'def make(s):\n    a, b = s\n    return f"""{literals[0]}{{a}}{literals[1]}{{b}}{literals[2]}"""\n'
    )
    (tmp_path / "any.py").write_text(source)
    space: dict[str, object] = {}
    exec(source, space)
    made = space["make"]((code, known))  # type: ignore[operator]
    assert read_template(tmp_path / "any.py", "make").filled(code, known) == made


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def make(s:", "not Python"),
        ("", "no function make"),
        ("make = 1", "no function make"),
        ("def make(s):\n    a, b = s\n    return a + b", "no function make"),
        ("def make(s):\n    a, b = s\n    return f'{a} {b!r}'", "no function make"),
        ("def make(s):\n    a, b = s\n    return f'{a} {b:>9}'", "no function make"),
        ("def make(s):\n    a, b = s\n    return f'{a} {b} {len(a)}'", "no function make"),
        ("def make(s):\n    a, b = s\n    return f'{a}'", "no function make"),
        ("def make(s):\n    a, b = t\n    return f'{a} {b}'", "no function make"),
        ("def make(s):\n    a, b = s\n    b = 1\n    return f'{a} {b}'", "no function make"),
        ("async def make(s):\n    a, b = s\n    return f'{a} {b}'", "no function make"),
    ],
)
def test_another_shape_is_refused(tmp_path: Path, source: str, words: str) -> None:
    path = tmp_path / "prompts.py"
    path.write_text(source)
    with pytest.raises(UserError, match=words) as caught:
        read_template(path, "make")
    assert str(path) in str(caught.value)


def generate(tmp_path: Path, *more: object) -> tuple[list[str], Setup]:
    """What two CRUXEval questions are asked with, and what is noted of it."""
    data, out, setup = (tmp_path / name for name in ("cruxeval.jsonl", "g.jsonl", "setup.json"))
    rows = [
        {"id": f"sample_{n}", "code": f"def f(x):\n    return x + {n}", "input": "1", "output": str(n + 1)}
        for n in (1, 2)
    ]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    argv = ["evaluation", "generate", "--model", "planted", "--name", "planted", "--data", data]
    with planted(lambda _: "assert f(1) == 2") as server:
        words = [*argv, "--generations", out, "--setup", setup, "--engine", server.engine, *more]
        application(list(map(str, words)))(list(map(str, words)), standalone_mode=False)
    asked = [row.prompt for row in records.read(out, Generation)]
    return asked, Setup.model_validate_json(setup.read_text())


def test_the_file_decides_whose_prompts_are_asked_and_the_setup_says_so(
    tmp_path: Path, prompts: Path
) -> None:
    words = ("--benchmark", "cruxeval_output", "--format", "cot", "--style", "base")
    asked, setup = generate(tmp_path, *words, "--few-shot", prompts)
    assert (
        asked[0] == "Tell the output, {and} nothing else, cot.\ndef f(x):\n    return x + 1\n? 1\n[THOUGHT]\n"
    )
    assert setup.few_shot == "benchmark" and "few-shot: the benchmark's own" in setup.words
    asked, setup = generate(tmp_path, *words)
    assert "Tell the" not in asked[0] and asked[0].count("[PYTHON]") == 3
    assert setup.few_shot == "ours" and "few-shot: ours" in setup.words
    words = ("--benchmark", "cruxeval_input", "--format", "direct", "--style", "corrected")
    _, setup = generate(tmp_path, *words)
    assert setup.few_shot == "" and "few-shot" not in setup.words


@pytest.mark.parametrize(
    ("benchmark", "format", "style"),
    [
        ("cruxeval_output", "direct", "corrected"),
        ("cruxeval_output", "monologue", "base"),
        ("pyx_output", "cot", "base"),
    ],
)
def test_a_file_that_would_not_be_used_is_refused(
    tmp_path: Path, prompts: Path, benchmark: str, format: str, style: str
) -> None:
    words = ("--benchmark", benchmark, "--format", format, "--style", style, "--few-shot", prompts)
    with pytest.raises(UserError, match=f"{benchmark} in the format {format} and style {style} takes none"):
        generate(tmp_path, *words)
    assert not (tmp_path / "g.jsonl").exists()
