"""The demo's questions: asked of a server, judged by real runs, shown as HTML."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from semcoder.demo import examples
from semcoder.demo.answering import (
    Model,
    debug,
    predict_input,
    predict_output,
    read_call,
    read_output,
    write_code,
)
from semcoder.demo.marking import marked, shown
from semcoder.errors import UserError
from semcoder.evaluation.prompts import backward_prompt, forward_prompt, nl2code_prompt
from semcoder.evaluation.sampling import EngineSettings
from semcoder.evaluation.server import ServerEngine
from semcoder.monologue.verify import Claim, Verified
from tests.demo.scripted import HOSTILE, reply
from tests.evaluation.planted_server import Planted, planted


@contextmanager
def model(answer: Callable[[str], str] = reply) -> Iterator[tuple[Model, Planted]]:
    with planted(answer) as server:
        engine = ServerEngine("", EngineSettings(kind="openai", url=server.url, batch_size=1), "a key")
        engine.model = engine.first_model()
        yield Model(engine, engine.model, "corrected"), server


def test_the_prompts_are_those_of_training() -> None:
    with model() as (asked, server):
        write_code(asked, examples.DESCRIPTION, "")
        predict_output(asked, examples.FORWARD, examples.FORWARD_CALL)
        predict_input(asked, examples.BACKWARD, examples.BACKWARD_CALL)
    forward = forward_prompt(examples.FORWARD, '"aabba"', "collapse", "monologue", "corrected", 0)
    backward = backward_prompt(examples.BACKWARD, "[4, 16]", "squares", "monologue", "corrected")
    assert server.prompts == [nl2code_prompt(examples.DESCRIPTION), forward, backward]
    assert (asked.name, server.keys) == ("m", {"Bearer a key"})


def test_an_output_is_judged_by_the_run_and_the_monologue_by_its_steps() -> None:
    with model() as (asked, _):
        right = predict_output(asked, examples.FORWARD, examples.FORWARD_CALL)
        wrong = predict_output(asked, examples.FORWARD, 'collapse("aabbab")')
    assert right.right and right.checked and wrong.right is False
    assert [claim.text for claim in right.checked.claims if claim.status == "contradicted"] == [
        "`kept` becomes 'abc'"
    ]
    assert "Really collapse(\"aabbab\") returns 'abab'." in wrong.verdict


def test_an_object_is_no_output_to_predict() -> None:
    with model() as (asked, _):
        found = predict_output(asked, "def f():\n    return object()\n", "f()")
    assert found.right is None and found.verdict.endswith("not plain data: object.")


def test_a_call_that_raises_has_no_output_to_predict() -> None:
    with model() as (asked, _):
        told = predict_output(asked, "def collapse(x):\n    return 1 / x", "collapse(0)")
    assert told.right is None and "ZeroDivisionError: division by zero (line 2)" in told.verdict


def test_what_does_not_run_is_refused_before_the_model_is_asked() -> None:
    with model() as (asked, server):
        with pytest.raises(UserError, match="program, line 1: not Python"):
            predict_output(asked, "def f(:", "f(1)")
        with pytest.raises(UserError, match="program, line 1: not Python"):
            predict_input(asked, "def f(:", "f(??) == 1")
        with pytest.raises(UserError, match="description: empty"):
            write_code(asked, " ", "")
        assert server.prompts == []


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        ("[2, 3, 4]", True, "gives [4, 16]"),
        ("[1]", False, "gives []"),
        ("['a']", False, "gives TypeError"),
        ("open('x')", False, "no call that can be made"),
    ],
)
def test_an_input_is_right_if_it_gives_the_output(answer: str, right: bool, told: str) -> None:
    text = f"It must be so.\n[/MONOLOGUE]\n[ANSWER]\nassert squares({answer}) == [4, 16]\n[/ANSWER]"
    with model(lambda _: text) as (asked, _):
        found = predict_input(asked, examples.BACKWARD, examples.BACKWARD_CALL)
    assert found.right is right and told in found.verdict


def test_no_answer_is_wrong() -> None:
    with model(lambda _: "I do not know.") as (asked, _):
        for found in (
            predict_output(asked, examples.FORWARD, examples.FORWARD_CALL),
            predict_input(asked, examples.BACKWARD, examples.BACKWARD_CALL),
            write_code(asked, "Something", "assert f(1) == 1"),
            debug(asked, examples.PROBLEM, examples.BUGGY, examples.BUGGY_TESTS),
        ):
            assert found.right is False and " no " in found.verdict


def test_a_program_is_repaired_and_its_failing_run_is_told() -> None:
    with model() as (asked, server):
        found = debug(asked, examples.PROBLEM, f"# a comment\n{examples.BUGGY}", examples.BUGGY_TESTS)
        again = debug(asked, examples.PROBLEM, found.program, examples.BUGGY_TESTS)
    (prompt,) = server.prompts  # what passes is not asked about
    assert "assert median([9, 1, 5]) == 5" in prompt and "a comment" not in prompt
    assert found.right and found.checked and found.checked.counts["supported"] >= 2
    assert again.right and "nothing to debug" in again.verdict


def test_each_test_has_a_verdict() -> None:
    with model() as (asked, _):
        found = write_code(
            asked,
            examples.DESCRIPTION,
            "assert running_maximum([1]) == [2]\nassert running_maximum([]) == []",
        )
    assert [ruling.passed for _, ruling in found.tests] == [False, True]
    assert found.verdict == "The program passes 1 of 2 tests." and "wrong: [1]" in shown(found)


def test_a_server_that_is_not_there_is_an_error_in_one_sentence() -> None:
    engine = ServerEngine("m", EngineSettings(kind="openai", url="http://127.0.0.1:9/v1", batch_size=1))
    with pytest.raises(UserError, match=r"127\.0\.0\.1:9/v1: Connection error"):
        engine.first_model()


@pytest.mark.parametrize("text", ["f(1, b=[2])", "assert f(1, b=[2]) == ??", " f( 1, b=[2] ) "])
def test_calls_are_read(text: str) -> None:
    name, arguments = read_call(text)
    assert (name, arguments.replace(" ", "")) == ("f", "1,b=[2]")


@pytest.mark.parametrize("text", ["", "f", "f(1) + 1", "f(", "a.f(1)", "f(1); g(2)"])
def test_what_is_no_call_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="not a call of a function"):
        read_call(text)


def test_outputs_are_read_as_values() -> None:
    assert read_output("assert f(??) == {'b': 1, 'a': (2,)}") == ("f", "{'b': 1, 'a': (2,)}")
    for text, said in (
        ("f(1) == 2", "not of the form"),
        ("f(??)", "not of the form"),
        ("f(??) == g", "plain"),
    ):
        with pytest.raises(UserError, match=said):
            read_output(text)


def test_question_marks_within_texts_are_no_holes() -> None:
    assert read_call("f('a??b', \"it's ??\") == ??") == ("f", "'a??b', \"it's ??\"")
    assert read_output('f(??) == "a\\"??b"') == ("f", "'a\"??b'")


def test_nothing_that_a_model_or_a_user_wrote_is_markup() -> None:
    with model() as (asked, _):
        found = predict_output(asked, f"# {HOSTILE}\n{examples.FORWARD}", examples.FORWARD_CALL)
    page = shown(found)
    assert HOSTILE not in page and "&lt;img" in page


def test_claims_are_marked_once_and_told_without_colour() -> None:
    claims = (
        Claim(0, 9, "line", "supported", "x is & 1."),
        Claim(0, 8, "state", "contradicted", "x is & 1", "x = <2>"),
        Claim(10, 11, "state", "not_checkable", "y"),
    )
    text = marked("x is & 1. y", Verified(claims))
    assert text.count("<mark") == 2 and "\N{BALLOT X}</i>x is &amp; 1</mark>. " in text
    assert "?</i>y</mark>" in text and "is false; really: x = &lt;2&gt;" in text
    assert "1 true" in text and "1 false" in text and "1 not checkable" in text
