"""What the page does: ask the model as the evaluation asks, run what it says, and judge it as the evaluation does."""

import ast
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from semcoder.errors import UserError
from semcoder.evaluation import extract
from semcoder.evaluation.assertions import Assertion, Assertions, check_program, judge_each, read_tests
from semcoder.evaluation.benchmarks import HARNESSES
from semcoder.evaluation.benchmarks.prediction import Question
from semcoder.evaluation.checking import Ruling, Runner
from semcoder.evaluation.engine import Completion, Engine
from semcoder.evaluation.judges import judge_answers
from semcoder.evaluation.judging import CPU_S, PATIENT_CPU_S
from semcoder.evaluation.prompts import Style, failed_test, nl2code_prompt, refine_prompt
from semcoder.evaluation.sampling import Sampling
from semcoder.execution import literals
from semcoder.execution.api import CallResult
from semcoder.library import trace
from semcoder.monologue.verify import Verified, verify
from semcoder.records import Direction, Generation
from semcoder.refine.feedback import shown_code
from semcoder.refine.round import STOP


class Model:
    """What questions go to. `name` is for people; `label_offset` is added to the line numbers in labels."""

    def __init__(
        self, engine: Engine, name: str, style: Style, label_offset: int = 0, max_tokens: int = 512
    ) -> None:
        self.name, self.style, self.label_offset = name, style, label_offset
        self._engine, self._max_tokens = engine, max_tokens
        self._free = threading.Lock()

    def write(self, prompt: str, stop: Sequence[str]) -> Completion:
        """The model's greedy answer; one question at a time. Raises UserError where a server gives none."""
        decoding = Sampling(max_tokens=self._max_tokens, stop=tuple(stop))
        with self._free:
            ((completion,),) = self._engine.generate([prompt], decoding)
        return completion


@dataclass(frozen=True)
class Reply:
    """What the model wrote to one question, and what came of it."""

    prompt: str
    text: str
    cut: bool
    """Whether it was cut off at the longest answer."""
    right: bool | None = None
    """The verdict; None where there is nothing to judge by."""
    verdict: str = ""
    """The same in a sentence."""
    program: str = ""
    """The program found in the text."""
    tests: tuple[tuple[Assertion, Ruling], ...] = ()
    checked: Verified | None = None
    """The claims of the text, held against a run."""


def write_code(model: Model, description: str, tests: str) -> Reply:
    """A program for a description, run on assertions where there are any."""
    if not description.strip():
        raise UserError("description: empty; say what the program is to do.")
    wanted = read_tests(tests) if tests.strip() else None
    prompt = nl2code_prompt(description.strip())
    said = model.write(prompt, HARNESSES["pyx_code"].stop(model.style))
    code = extract.program(said.text, wanted.entry_point if wanted else "", None)
    return _tested(_reply(prompt, said), code, wanted)


def predict_output(model: Model, code: str, call: str) -> Reply:
    """What a call returns, with the model's monologue held against the real run of that call."""
    name, arguments = read_call(call)
    run = trace(code, name, arguments)
    item = Question("demo", code, name, arguments, run.value or "")
    reply, answer = _predicted(model, "pyx_output", item)
    checked = _checked(reply.text, "forward", code, run, model.label_offset)
    if run.value is None:
        kind, message, line = run.raised or ("not known", run.truncated, 0)
        why = f"{kind}: {message}{f' (line {line})' if line else ''}"
        verdict = f"The call returns nothing that could be predicted: {why}."
        return replace(reply, verdict=verdict, checked=checked)
    ruling = _judged("pyx_output", item, answer)
    said = f"The model answers {answer}." if answer is not None else "The model gives no answer."
    verdict = f"{said} Really {name}({arguments}) returns {run.value}."
    return replace(reply, right=ruling.passed, verdict=verdict, checked=checked)


def predict_input(model: Model, code: str, call: str) -> Reply:
    """Arguments that give an output, with the model's monologue held against the run of those arguments."""
    name, output = read_output(call)
    check_program(code)
    item = Question("demo", code, name, "", output)
    reply, answer = _predicted(model, "pyx_input", item)
    if answer is None:
        checked = _checked(reply.text, "backward", code, CallResult(truncated="no run"), 0)
        return replace(reply, right=False, verdict="The model gives no answer.", checked=checked)
    ruling = _judged("pyx_input", item, answer)
    try:
        run = trace(code, name, answer)
        returned = (
            run.value if run.value is not None else " ".join(map(str, (run.raised or ("nothing",))[:2]))
        )
        came = f"Really {name}({answer}) gives {returned}."
    except UserError as error:
        run, came = CallResult(truncated="no run"), str(error)
    checked = _checked(reply.text, "backward", code, run, 0)
    return replace(reply, right=ruling.passed, verdict=f"The model answers {answer}. {came}", checked=checked)


def debug(model: Model, problem: str, code: str, tests: str) -> Reply:
    """The program repaired, where it fails a test; the model's monologue is held against the run that fails."""
    wanted = read_tests(tests)
    check_program(code)
    shown = shown_code(code)
    with _runner() as runner:
        before = judge_each(runner.quick, wanted, shown)
    at = next((number for number, ruling in enumerate(before) if not ruling.passed), None)
    if at is None:
        rows = tuple(zip(wanted.tests, before, strict=True))
        return Reply(
            "", "", False, True, "The program passes all tests: there is nothing to debug.", code, rows
        )
    failing = wanted.tests[at]
    test = failed_test(wanted.entry_point, failing.arguments, literals.render(failing.expected), model.style)
    prompt = refine_prompt(problem.strip(), shown, test, "monologue", model.style)
    said = model.write(prompt, (STOP,))
    try:
        run = trace(shown, wanted.entry_point, failing.arguments)
    except UserError:  # it ends the process, or never ends: then there is no run to hold claims against
        run = CallResult(truncated="no run")
    reply = replace(_reply(prompt, said), checked=_checked(said.text, "forward", shown, run, 0))
    return _tested(reply, extract.program(said.text, wanted.entry_point, None), wanted)


def read_call(text: str) -> tuple[str, str]:
    """(function, text between the parentheses) of `f(1, 2)` or `assert f(1, 2) == ??`. Raises UserError."""
    node, source = _expression(text)
    match node:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=given)]) if given is ...:
            node = left
    match node:
        case ast.Call(func=ast.Name(id=name)):
            arguments = extract.call_arguments(ast.get_source_segment(source, node) or "", name)
            if arguments is not None:
                return name, arguments
    raise UserError(
        f"call: {text.strip() or 'empty'}: not a call of a function by its name; write f([1, 2])."
    )


def read_output(text: str) -> tuple[str, str]:
    """(function, output as a literal) of `f(??) == 3`. Raises UserError."""
    node, _ = _expression(text)
    match node:
        case ast.Compare(
            left=ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=given)], keywords=[]),
            ops=[ast.Eq()],
            comparators=[right],
        ) if given is ...:
            try:
                return name, literals.render(literals.parse(ast.unparse(right)))
            except ValueError as error:
                raise UserError(
                    f"output: {ast.unparse(right)} is no plain value; write it as a literal."
                ) from error
    raise UserError(f"output: {text.strip() or 'empty'}: not of the form f(??) == [1, 2]; write it so.")


_HOLE = re.compile(r"""('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")|\?\?""")
"""A text, or `??` outside of all texts."""


def _expression(text: str) -> tuple[ast.expr | None, str]:
    source = _HOLE.sub(lambda found: found[1] or "...", text.strip().removeprefix("assert ").strip())
    try:
        return ast.parse(source, mode="eval").body, source
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None, source


def _predicted(model: Model, benchmark: str, item: Question) -> tuple[Reply, str | None]:
    harness = HARNESSES[benchmark]
    prompt = harness.prompt(item, "monologue", model.style, model.label_offset)
    said = model.write(prompt, harness.stop(model.style))
    generation = Generation(
        model=model.name,
        benchmark=benchmark,
        format="monologue",
        item=item.id,
        sample=0,
        prompt=prompt,
        text=said.text,
        finish=said.finish,
    )
    return _reply(prompt, said), harness.answer(item, generation)


def _judged(benchmark: str, item: Question, answer: str | None) -> Ruling:
    with _runner() as runner:
        return judge_answers(HARNESSES[benchmark], runner, [(item, answer)])[0]


def _checked(text: str, direction: Direction, code: str, run: CallResult, label_offset: int) -> Verified:
    return verify(text, direction, run.events, code, label_offset=label_offset, truncated=bool(run.truncated))


def _tested(reply: Reply, code: str | None, wanted: Assertions | None) -> Reply:
    """The reply with its program's verdicts."""
    if code is None:
        name = f" that defines {wanted.entry_point}" if wanted else ""
        return replace(reply, right=False, verdict=f"The model wrote no program{name}.")
    if wanted is None:
        return replace(reply, program=code, verdict="There were no tests to judge it by.")
    with _runner() as runner:
        rulings = judge_each(runner.quick, wanted, code)
    passed = sum(ruling.passed for ruling in rulings)
    return replace(
        reply,
        right=passed == len(rulings),
        verdict=f"The program passes {passed} of {len(rulings)} tests.",
        program=code,
        tests=tuple(zip(wanted.tests, rulings, strict=True)),
    )


def _reply(prompt: str, said: Completion) -> Reply:
    return Reply(prompt, said.text, said.finish == "length")


def _runner() -> Runner:
    """A sandbox for one question: those of a page would have to live in the thread that the page answers from."""
    return Runner(1, CPU_S, PATIENT_CPU_S)
