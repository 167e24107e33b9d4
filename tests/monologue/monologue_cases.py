"""Programs, their traces, and a reader that holds every claim of a monologue against the trace."""

import ast
import re
import textwrap
from functools import cache
from typing import Any, NamedTuple

from semcoder.execution import literals
from semcoder.monologue.activations import Activation, Step, tree
from semcoder.records import Event, Program, TestCase, Trace
from semcoder.tracing import tracer


class Case(NamedTuple):
    program: Program
    test: TestCase
    trace: Trace


def case(code: str, *args: str, entry_point: str = "f", **kwargs: str) -> Case:
    """Trace our own `code` in this process; arguments are Python source."""
    code = textwrap.dedent(code).strip("\n") + "\n"
    found = tracer.trace(code, entry_point, list(args), kwargs, 2000, 2000)
    assert found["value"] is not None and not found["truncated"], (found["raised"], found["truncated"])
    program = Program(code=code, entry_point=entry_point)
    test = TestCase(parents=(program.id,), args=args, kwargs=kwargs, output=found["value"], origin="type")
    events = tuple(Event(**event) for event in found["events"])
    return Case(program, test, Trace(parents=(test.id, program.id), events=events))


LABEL = re.compile(r"\[L(\d+)\]")
SPAN = re.compile(r"`` (.+?) ``|`([^`]+)`")
STATE = re.compile(r"([A-Za-z_]\w*) = (.+)", re.DOTALL)
TRUTH = re.compile(r"(?:`` (.+?) ``|`([^`]+)`) (?:is|has to be|must be) (true|false)\b")
WORTH = re.compile(r"(?:`` (.+?) ``|`([^`]+)`) is (?:`` (.+?) ``|`([^`]+)`)")


def all_steps(root: Activation) -> list[Step]:
    """Every step of a call, those of the calls in it included."""
    found = []
    for step in root.steps:
        for call in step.calls:
            found += all_steps(call)
        found.append(step)
    return found


def simulation(text: str) -> str:
    """The third section of a monologue."""
    return re.split(r"^### .*$", text, flags=re.MULTILINE)[3]


def false_claims(text: str, traced: Case, offset: int = 0) -> list[str]:
    """What a monologue's simulation or deduction says that did not happen.

    What follows a label must hold, all of it, of one execution of that very line, and these executions must
    come in order, each used once. What stands without a label must hold of some step.
    """
    root = tree(traced.trace.events)
    steps = all_steps(root)
    code = {line.strip() for line in traced.program.code.splitlines()}
    calls = [event.changes for event in traced.trace.events if event.kind == "call"]
    position: dict[int, int] = {}
    wrong = []
    for line in simulation(text).splitlines():
        pieces = LABEL.split(line)
        for label, piece in zip([None, *pieces[1::2]], pieces[::2], strict=True):
            claims = _claims(piece, code)
            if label is None:
                wrong += [c for c in claims if not any(_holds(c, step, calls, traced) for step in steps)]
                continue
            number = int(label) - offset
            at = [step for step in steps if step.line == number]
            if number == root.line and not at:
                wrong += [c for c in claims if calls[0].get(c[1]) != c[2]]
                continue
            if not at:
                wrong.append(("line", f"[L{label}]", "did not run"))
            if not claims:
                continue
            start = position.get(number, 0)
            found = [
                i
                for i in range(start, len(at))
                if all(_holds(claim, at[i], calls, traced) for claim in claims)
            ]
            if not found:
                wrong.append(("piece", f"[L{label}]", piece))
            position[number] = found[0] + 1 if found else start
    return [" ".join(map(str, each)) for each in wrong]


Claim = tuple[str, str, Any]


def _claims(piece: str, code: set[str]) -> list[Claim]:
    """The states, tests and operands that a piece of a monologue states."""
    claims: list[Claim] = []
    for match in SPAN.finditer(piece):
        text = match[1] or match[2]
        state = STATE.fullmatch(text)
        if state is not None and text not in code:
            claims.append(("state", state[1], state[2]))
    claims += [("test", m[1] or m[2], m[3] == "true") for m in TRUTH.finditer(piece)]
    claims += [("value", m[1] or m[2], m[3] or m[4]) for m in WORTH.finditer(piece)]
    return claims


def _holds(claim: Claim, step: Step, calls: list[dict[str, str]], traced: Case) -> bool:
    kind, source, value = claim
    if kind == "state":
        entered = any(given.get(source) == value for given in calls)
        return entered or value in (step.before.get(source), step.after(source))
    result = _evaluated(source, step, traced.program.code, bool if kind == "test" else literals.render)
    return result is UNKNOWN or result == value


@cache
def _namespace(code: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(compile(code, "<case>", "exec"), namespace)
    return namespace


UNKNOWN = object()


def _evaluated(source: str, step: Step, code: str, form: Any) -> Any:
    """What `source` gives in the state before a step: our own code, so it may run here."""
    variables = {}
    for name in _names(source):
        try:
            if name in step.before:
                variables[name] = literals.parse(step.before[name])
        except ValueError:
            return UNKNOWN
    try:
        return form(eval(source, {**_namespace(code), **variables}))
    except Exception as error:
        return f"{type(error).__name__}"


@cache
def _names(source: str) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name))


def uncited(text: str, traced: Case, offset: int = 0) -> set[int]:
    """The lines that changed something and that no label names."""
    cited = {int(label) - offset for label in LABEL.findall(simulation(text))}
    return {
        event.line
        for event in traced.trace.events
        if event.kind == "line" and (event.changes or event.removed)
    } - cited
