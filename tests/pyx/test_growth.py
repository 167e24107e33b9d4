from collections.abc import Sequence

from semcoder.execution.api import Call, CallResult, Outcome
from semcoder.pyx.growth import MAX_HANGS, Growth, thinned
from semcoder.records import Event, Program, TestCase

PROGRAM = Program(code="def f(x):\n    return x\n", entry_point="f", parents=("problem-1",))


def growth(threshold: int = 4) -> Growth:
    return Growth(PROGRAM, threshold, max_chars=20)


def outcome(verdict: str, *values: str | None, detail: str = "", raised: str = "ValueError") -> Outcome:
    results = tuple(
        CallResult(value=value) if value is not None else CallResult(raised=(raised, "", 0))
        for value in values
    )
    return Outcome(PROGRAM.id, verdict, detail, results)  # type: ignore[arg-type]


def calls(*texts: str) -> list[Call]:
    return [Call((text,)) for text in texts]


def grown(outputs: Sequence[str], threshold: int = 4) -> Growth:
    one = growth(threshold)
    one.offer("type", calls(*(str(number) for number in range(len(outputs)))))
    one.absorb(outcome("ok", *outputs))
    return one


def test_inputs_are_taken_once_in_canonical_form_and_within_bounds() -> None:
    one = growth()
    one.offer("doctest", calls('"a"', "'a'", "[1,2]", "not_literal", "'" + "x" * 30 + "'"))
    assert [trial.call.args for trial in one.pending] == [("'a'",), ("[1, 2]",)]
    assert one.counts == {"not literal": 1, "input too long": 1}
    one.offer("type", [Call((), {"x": '"a"'})])
    assert one.pending[-1].call.kwargs == {"x": "'a'"}


def test_outcomes_are_sorted() -> None:
    one = growth()
    one.offer("doctest", calls("1", "2", "3", "4", "5", "6"))
    results = [
        CallResult(value="1"),
        CallResult(raised=("NotPlain", "", 0)),
        CallResult(raised=("KeyError", "", 0)),
        CallResult(value="'" + "x" * 30 + "'"),
        CallResult(value="[float('nan')]"),
        CallResult(value="6", truncated="events"),
    ]
    one.absorb(Outcome(PROGRAM.id, "ok", results=tuple(results)))
    assert [case.output for case in one.tests] == ["1"]
    assert one.tests[0].parents == (PROGRAM.id,)
    assert one.counts == {
        "ran": 1,
        "output not plain": 1,
        "raised": 1,
        "output too long": 1,
        "output not equal to itself": 1,
        "too many steps": 1,
    }


def test_a_forbidden_call_ends_the_program() -> None:
    one = growth()
    one.offer("type", calls("1", "2", "3"))
    one.absorb(outcome("forbidden", "1", detail="open: /etc/passwd"))
    verdict = one.verdict(1)
    assert verdict is not None
    assert (verdict.reason, verdict.detail) == ("external interaction", "open: /etc/passwd")


def test_a_timeout_is_laid_to_an_input_only_when_it_happens_again_and_alone() -> None:
    one = growth()
    one.offer("type", calls("1", "2", "3"))
    one.absorb(outcome("timeout", "1"))
    assert [trial.call.args for trial in one.pending] == [("2",), ("3",)] and "timeout" not in one.counts
    one.absorb(outcome("timeout"))
    assert [trial.call.args for trial in one.pending] == [("3",)] and one.counts["timeout"] == 1
    one.absorb(outcome("ok", "3"))
    assert one.pending == [] and [case.output for case in one.tests] == ["1", "3"]


def test_one_stall_of_the_machine_costs_no_input() -> None:
    one = growth()
    one.offer("type", calls("1", "2", "3"))
    one.absorb(outcome("timeout"))
    assert len(one.pending) == 3 and one.counts == {}
    one.absorb(outcome("timeout", "1", "2"))
    assert len(one.pending) == 1 and "timeout" not in one.counts
    one.absorb(outcome("ok", "3"))
    assert [case.output for case in one.tests] == ["1", "2", "3"] and "timeout" not in one.counts


def test_a_program_that_keeps_hanging_is_given_up() -> None:
    one = growth()
    one.offer("type", calls(*(str(number) for number in range(MAX_HANGS + 2))))
    for _ in range(MAX_HANGS):
        one.absorb(outcome("timeout"))
        one.absorb(outcome("timeout"))
        assert one.fault is None
    one.absorb(outcome("timeout"))
    one.absorb(outcome("timeout", detail="over 1 s"))
    verdict = one.verdict(1)
    assert verdict is not None and verdict.reason == "timeout"


def test_a_second_run_that_differs_ends_the_program() -> None:
    one = grown(["1", "2", "3"])
    one.confirm(outcome("ok", "1", "2", "3"))
    assert one.verdict(1) is None
    one.confirm(outcome("ok", "1", "9", "3"))
    assert one.fault is not None
    assert (one.fault.reason, one.fault.detail) == ("not deterministic", "f(1) gave 2 and 9")


def test_verdicts() -> None:
    def reason(one: Growth, at_least: int = 3) -> str:
        verdict = one.verdict(at_least)
        return verdict.reason if verdict else ""

    assert reason(growth()) == "no inputs proposed"
    assert reason(grown(["None", "None", "None"])) == "no information"
    assert reason(grown(["1", "2"])) == "too few inputs"
    assert reason(grown(["1", "2", "3"])) == ""
    failed = growth()
    failed.offer("type", calls("1", "2", "3"))
    failed.absorb(outcome("ok", None, None, None))
    assert reason(failed) == "no input runs"
    unplain = growth()
    unplain.offer("type", calls("1", "2"))
    unplain.absorb(outcome("ok", None, None, raised="NotPlain"))
    assert reason(unplain) == "output not plain"


def test_no_output_stands_for_more_than_half() -> None:
    one = grown(["True"] * 9 + ["False"], threshold=6)
    assert [case.output for case in one.chosen] == ["True", "True", "True", "False"]
    assert not one.enough


def test_tests_are_chosen_for_what_they_add() -> None:
    tests = [
        TestCase(args=(str(n),), output=output, origin="type", parents=(PROGRAM.id,))
        for n, output in enumerate(["1", "1", "2", "3", "1"])
    ]
    plain = frozenset({("f", 0, 2)})
    rare = frozenset({("f", 0, 3), ("f", 3, 0)})
    covers = {case.id: plain for case in tests} | {tests[4].id: rare}
    assert thinned(tests, 1, covers) == [tests[4]]
    assert thinned(tests, 2, {case.id: plain for case in tests}) == [tests[0], tests[2]]
    assert thinned(tests, 4, covers) == [tests[0], tests[2], tests[3], tests[4]]
    assert thinned(tests, 9, covers) == tests


def test_rounds_without_news_are_counted() -> None:
    one = grown(["1", "2", "3", "4"])
    for _ in range(3):
        one.settle()
    assert one.stale >= 2 and one.enough
    one.offer("mutation", calls("77"))
    event = Event(kind="line", line=2, scope="f")
    one.absorb(Outcome(PROGRAM.id, "ok", results=(CallResult(value="77", events=(event,)),)))
    one.settle()
    assert one.stale == 0
