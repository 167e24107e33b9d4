"""The LLM teacher: true examples, strict sections, and what it makes of a scripted model's answers."""

import ast
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_server import Reply, Script, serving

from semcoder.errors import UserError
from semcoder.execution import literals
from semcoder.execution.api import Call, Job, Limits, Outcome
from semcoder.execution.pool import Sandbox
from semcoder.monologue.accept import Accepted, Sampled, accept
from semcoder.records import Problem, Program, Seed, TestCase
from semcoder.teacher import prompts, sections
from semcoder.teacher.interface import Failed, Proposal, Refusal
from semcoder.teacher.llm import LLMTeacher
from semcoder.teacher.settings import TeacherSettings
from semcoder.teacher.shots import MONOLOGUES, REPAIRS, Shot
from semcoder.teacher.store import Question

SOLVED = """\
1. Add the numbers.

```python
from typing import List

FACTOR = 2


def helper(x):
    return x * FACTOR


def total(xs: List[int], start=0):
    return start + sum(helper(x) for x in xs)


print(total([1, 2]))
if __name__ == "__main__":
    assert total([3], start=1) == 7
```
"""
PROBLEM = "[Problem Description]\nAdd up twice the numbers.\n\n[Solution]\n" + SOLVED


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(1, Limits(cpu_s=5)) as pool:
        yield pool


def run_one(sandbox: Sandbox, code: str, entry_point: str, arguments: str, trace: bool = False) -> Outcome:
    found = sections.calls(f"```python\n{entry_point}({arguments})\n```", entry_point)
    assert not isinstance(found, Refusal)
    (outcome,) = sandbox.run([Job("j", code, entry_point, found, trace=trace)])
    return outcome


def seed(number: int = 0) -> Seed:
    code = f"def f(x):\n    return x + {number}\n"
    return Seed(kind="function", code=code, source="s/a.py", first_line=1, last_line=2, licence="MIT")


def teacher(script: Script, folder: Path, **more: Any) -> LLMTeacher:
    given_settings = {"base_url": script.address, "key_variable": "", "store": folder, "concurrency": 4}
    names = {"problem_model": "writer", "solution_model": "coder", "monologue_model": "coder"}
    return LLMTeacher(TeacherSettings(kind="openai", budget_tokens=10**6, **(given_settings | names | more)))


# The worked examples


@pytest.mark.parametrize("shot", MONOLOGUES, ids=lambda shot: shot.entry_point)
def test_every_state_in_a_forward_example_is_the_real_one(sandbox: Sandbox, shot: Shot) -> None:
    outcome = run_one(sandbox, shot.code, shot.entry_point, shot.arguments, trace=True)
    result = outcome.results[0]
    assert result.value == shot.output and not result.truncated
    pieces = re.split(r"\[L(\d+)\]:", shot.forward)[1:]
    said = list(zip(pieces[::2], pieces[1::2], strict=True))
    stated = [
        (int(line), name, literals.parse(value))
        for line, text in said
        for name, value in re.findall(r"`(\w+) = (.+?)`(?=[.\s,]|$)", text)
    ]
    happened = [
        (event.line, name, literals.parse(value))
        for event in result.events
        for name, value in event.changes.items()
        if event.kind in ("call", "line")
    ]
    assert stated == happened
    visited = [line for line, _ in said if line]
    lines = [str(event.line) for event in result.events if event.kind in ("call", "line")]
    assert [line for line in visited if line in lines] == visited
    assert set(lines) <= set(visited)


@pytest.mark.parametrize("shot", MONOLOGUES, ids=lambda shot: shot.entry_point)
def test_the_examples_would_be_accepted(sandbox: Sandbox, shot: Shot) -> None:
    program = Program(code=shot.code, entry_point=shot.entry_point)
    test = TestCase(args=(shot.arguments,), output=shot.output, origin="teacher")
    for direction, text in (("forward", shot.forward), ("backward", shot.backward)):
        messages = prompts.monologue(direction, shot.code, shot.entry_point, "1", "2")  # type: ignore[arg-type]
        told = next(content for role, content in messages if role == "assistant" and text in content)
        (verdict,) = accept(direction, [Sampled(program, test, told)], sandbox.run)  # type: ignore[arg-type]
        assert isinstance(verdict, Accepted) and verdict.text == text, verdict
    assert verdict.answer == shot.deduced != shot.arguments


def test_the_debugging_example_fails_as_it_says_and_its_repair_passes(sandbox: Sandbox) -> None:
    for shot in REPAIRS:
        match = re.fullmatch(r"assert (\w+)\((.*)\) == (.*)", shot.test)
        assert match
        raised = run_one(sandbox, shot.code, match[1], match[2]).results[0].raised
        assert raised and f"{raised[0]}: {raised[1]}" == shot.observed
        assert run_one(sandbox, shot.repaired, match[1], match[2]).results[0].value == match[3]
        assert sections.debugging(prompts.debugging_answer(shot)) == (shot.rationale, shot.repaired)


def test_a_monologue_prompt_does_not_show_what_it_asks_for() -> None:
    forward = prompts.monologue("forward", "def g(a):\n    return a", "g", "'ASKED'", "'TOLD'")[-1][1]
    assert "def g(a): # [L1]" in forward and "assert g('ASKED') == ??" in forward and "TOLD" not in forward
    backward = prompts.monologue("backward", "def g(a):\n    return a", "g", "'ASKED'", "'TOLD'")[-1][1]
    assert "assert g(??) == 'TOLD'" in backward and "ASKED" not in backward and "[L1]" not in backward


# Sections


def test_a_solution_is_cut_to_the_function_and_what_it_needs() -> None:
    found = sections.solution(SOLVED)
    assert isinstance(found, sections.Solution)
    assert found.entry_point == "total"
    assert "print" not in found.code and "__main__" not in found.code
    assert (
        "from typing import List" in found.code and "FACTOR = 2" in found.code and "def helper" in found.code
    )
    assert found.calls == (Call(("[1, 2]",)), Call(("[3]",), {"start": "1"}))


@pytest.mark.parametrize(
    ("text", "entry_point", "calls"),
    [
        ("```python\ndef a(x):\n    return x\n\ndef b(y):\n    return a(y)\n```", "b", 0),
        ("```python\ndef b(y):\n    return a(y)\n\ndef a(x):\n    return x\n```", "b", 0),
        ("```python\ndef a(x):\n    return x\n```\nUse:\n```python\na(3)\na(3)\na(y)\n```", "a", 1),
        ("```python\ndef a(x:\n```", "", 0),
        ("```python\nclass A:\n    pass\n```", "", 0),
        ("```\ndef a(x):\n    return missing(x)\n```", "a", 0),
    ],
)
def test_the_entry_point_and_example_calls_are_found(text: str, entry_point: str, calls: int) -> None:
    found = sections.solution(text)
    assert isinstance(found, sections.Solution)
    assert (found.entry_point, len(found.calls)) == (entry_point, calls)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Write a function.", "no [Problem Description]"),
        ("[Problem Description]\n\n[Solution]\nx", "empty [Problem Description]"),
        ("[Solution]\nx\n[Problem Description]\ny", "sections out of order"),
        ("[Problem Description]\na\n[Problem Description]\nb\n[Solution]\nx", "sections repeated"),
    ],
)
def test_problems_out_of_form_are_refused(text: str, reason: str) -> None:
    found = sections.problem_and_solution(text)
    assert isinstance(found, Refusal) and found.reason == reason


def test_section_marks_may_be_decorated() -> None:
    text = "### **[Problem Description]**:\nAdd [Solution] numbers.\n\n**[Solution]**\n1. plan"
    assert sections.problem_and_solution(text) == ("Add [Solution] numbers.", "1. plan")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("[MONOLOGUE]", ""), "no [MONOLOGUE] block"),
        (("[/MONOLOGUE]", ""), "no [MONOLOGUE] block"),
        (("### Conclusion", "### The End"), "wrong sections"),
        (("### Key Properties and Constraints", "Key Properties"), "wrong sections"),
        (("[MONOLOGUE]\n", "[MONOLOGUE]\nSure!\n"), "wrong sections"),
    ],
)
def test_monologues_out_of_form_are_refused(change: tuple[str, str], reason: str) -> None:
    shot = MONOLOGUES[0]
    told = prompts.monologue("forward", shot.code, shot.entry_point, "1", "2")[2][1]
    assert sections.monologue(told, "forward") == shot.forward
    found = sections.monologue(told.replace(*change, 1), "forward")
    assert isinstance(found, Refusal) and found.reason == reason
    assert isinstance(sections.monologue(told, "backward"), Refusal)


def test_empty_sections_and_bad_patches_are_refused() -> None:
    good = prompts.debugging_answer(REPAIRS[0])
    for old, new, reason in [
        (REPAIRS[0].repaired, "", "no code block"),
        ("[Refined]", "", "no [Refined] block"),
        ("```\n[/Refined]", "[/Refined]", "no code block"),
        ("### Bug Fixing", "### Fix", "wrong sections"),
    ]:
        found = sections.debugging(good.replace(old, new, 1))
        assert isinstance(found, Refusal) and found.reason == reason
    hollow = re.sub(r"(### Bug Fixing\n).*(?=\n\[/MONO)", r"\1", good, flags=re.DOTALL)
    found = sections.debugging(hollow)
    assert isinstance(found, Refusal) and found.reason == "empty section"


def test_a_call_with_a_line_separator_in_a_string_is_one_line() -> None:
    found = sections.calls("```python\nf('a\u2028b')\r\nf('\x85')\n```", "f")
    assert not isinstance(found, Refusal) and len(found) == 2


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="[]/#*`\n ()=python defMONOLGUERfindASW123'\"", max_size=200))
def test_no_text_breaks_the_parsers(text: str) -> None:
    for found in (
        sections.problem_and_solution(text),
        sections.solution(f"```python\n{text}\n```"),
        sections.calls(f"```python\n{text}\n```", "f"),
        sections.monologue(text, "forward"),
        sections.debugging(text),
    ):
        assert found is not None


# The teacher


def scripted(question: Question) -> str:
    asked = question.messages[-1][1]
    if question.model == "writer":
        return PROBLEM.partition("[Solution]")[0] if question.stop else PROBLEM
    if "### Error" in asked:
        return SOLVED.replace("start + sum", "sum")
    if "new calls of" in asked:
        return "```python\ntotal([1, 2])\ntotal([4], start=2)\ntotal(unknown)\nother(1)\n```"
    return SOLVED


def test_two_models_write_problem_and_solution(tmp_path: Path) -> None:
    with serving(Script(scripted)) as script:
        seeds = [seed(n) for n in range(5)]
        answers = list(teacher(script, tmp_path).propose(seeds))
    assert [each.id for each, _ in answers] == [each.id for each in seeds]
    for each, proposal in answers:
        assert isinstance(proposal, Proposal)
        assert proposal.problem.instruction == "Add up twice the numbers."
        assert proposal.problem.parents == (each.id,) and proposal.problem.teacher == "writer"
        assert proposal.program.parents == (proposal.problem.id,) and proposal.program.entry_point == "total"
        assert [origin for origin, _ in proposal.inputs] == ["teacher", "teacher"]
    by_model = [question.model for question in script.asked]
    assert by_model.count("writer") == 5 and by_model.count("coder") == 1  # one problem, so one question
    writers = [question for question in script.asked if question.model == "writer"]
    for each in seeds:  # asked side by side, so in no certain order
        (question,) = [one for one in writers if each.code.strip() in one.messages[0][1]]
        assert question.stop == ("[Solution]",)
        assert question.messages[0][1].startswith(
            "Please gain inspiration from the following random code snippet"
        )


def test_one_model_answers_once(tmp_path: Path) -> None:
    with serving(Script(scripted)) as script:
        ((_, proposal),) = teacher(script, tmp_path, solution_model="writer").propose([seed()])
    assert isinstance(proposal, Proposal) and len(script.asked) == 1 and script.asked[0].stop == ()


def answering(text: str) -> Reply:
    return lambda question: text


@pytest.mark.parametrize(
    ("problem", "solved", "reason"),
    [
        ("no form", SOLVED, "no [Problem Description]"),
        (PROBLEM, "I would add them.", "no code block"),
        ("", SOLVED, "empty answer"),
    ],
)
def test_unusable_answers_become_refusals_for_their_seed(
    tmp_path: Path, problem: str, solved: str, reason: str
) -> None:
    with serving(Script(lambda q: problem if q.model == "writer" else solved)) as script:
        answers = list(teacher(script, tmp_path).propose([seed(0), seed(1)]))
    assert [isinstance(each, Refusal) and each.reason for _, each in answers] == [reason, reason]


def test_repair_shows_the_error_and_keeps_the_problem(tmp_path: Path) -> None:
    problem = Problem(instruction="Add.", teacher="writer")
    broken = Proposal(problem, Program(code="def total(xs:\n", entry_point="", parents=(problem.id,)))
    with serving(Script(scripted)) as script:
        (mended,) = teacher(script, tmp_path).repair([Failed(broken, "does not parse: line 1")])
        list(teacher(script, tmp_path).repair([Failed(broken, "does not parse: line 1", n) for n in (0, 1)]))
    assert [question.sample for question in script.asked] == [0, 1]  # the first is known
    assert isinstance(mended, Proposal) and mended.problem == problem
    assert mended.program.code != broken.program.code and mended.program.parents == (problem.id,)
    shown = script.asked[0].messages[-1][1]
    assert "does not parse: line 1" in shown and "def total(xs:" in shown and "Add." in shown


def test_inputs_are_new_literal_calls_of_the_entry_point(tmp_path: Path) -> None:
    program = Program(code="def total(xs, start=0):\n    return start\n", entry_point="total")
    with serving(Script(scripted)) as script:
        ((back, found),) = teacher(script, tmp_path).inputs([(program, [Call(("[1, 2]",))])])
    assert back == program and list(found) == [Call(("[4]",), {"start": "2"})]
    assert "total([1, 2])" in script.asked[0].messages[-1][1]


def test_python_is_parsed_on_the_callers_thread_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    parse = ast.parse
    monkeypatch.setattr(
        ast, "parse", lambda *a, **k: threads.append(threading.current_thread()) or parse(*a, **k)
    )
    program = Program(code="def total(xs, start=0):\n    return start\n", entry_point="total")
    with serving(Script(scripted)) as script:
        asker = teacher(script, tmp_path)
        [(_, proposal)] = asker.propose([seed()])
        assert isinstance(proposal, Proposal)
        list(asker.repair([Failed(proposal, "NameError")]))
        list(asker.inputs([(program, [Call(("[1, 2]",))])]))
    assert len(threads) >= 3 and set(threads) == {threading.current_thread()}


def test_explain_samples_as_often_as_told(tmp_path: Path) -> None:
    program = Program(code="def g(a):\n    return a", entry_point="g")
    test = TestCase(args=("1",), output="1", origin="teacher")
    with serving(Script(lambda q: f"sample {q.sample}")) as script:
        asker = teacher(script, tmp_path, samples=3)
        assert list(asker.explain("forward", [(program, test)])) == [["sample 0", "sample 1", "sample 2"]]
        assert list(asker.explain("forward", [(program, test)], range(1, 2))) == [["sample 1"]]
        assert len(script.asked) == 3


def test_a_teacher_without_models_is_refused() -> None:
    with pytest.raises(UserError, match=r"teacher\.solution_model"):
        LLMTeacher(TeacherSettings(kind="openai", problem_model="m"))
