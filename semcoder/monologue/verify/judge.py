"""Whether one claim holds at one step, or anywhere: True, False or None, with what was really so."""

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from semcoder.execution import literals
from semcoder.monologue.evaluate import parsed
from semcoder.monologue.verify.claims import Said
from semcoder.monologue.verify.expressions import (
    ABSENT,
    call_parts,
    evaluated,
    fits,
    inner_names,
    local_names,
    names_in,
    plain,
)
from semcoder.monologue.verify.moments import Activation, Moments, Step, outcome
from semcoder.monologue.verify.shapes import has_shape
from semcoder.monologue.verify.values import alike, expression, is_literal, loosely

Verdict = tuple[bool | None, str]
UNKNOWN: Verdict = (None, "")
NOT_THERE = "does not exist"
"""The truth about what is told of a moment at which it has no value."""
MAX_STATES = 60
"""Different states in which an expression is looked at before it is given up."""


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:200] + "..."


class Judge:
    """Holds claims against the moments of one trace."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        self.code = moments.code
        self.bound: frozenset[str] = moments.code.names if moments.code else frozenset(moments.ever)
        self.inner = inner_names(moments.code) if moments.code else frozenset()
        """Names that comprehensions and lambdas bind: elsewhere they may be other variables."""
        self.locals = local_names(moments.code) if moments.code else frozenset()
        """Names that are nothing but local variables of functions."""

    def value(self, source: str, state: Mapping[str, str]) -> tuple[bool, Any]:
        """(known, value) of an expression in a state; (False, ABSENT) where a name or an item is not there yet."""
        names = names_in(source)
        if any(name not in state and name in self.moments.ever for name in names):
            return False, ABSENT
        known = tuple([(name, state[name]) for name in names if name in state])
        return evaluated(source, known, self.bound)

    def text(self, source: str, state: Mapping[str, str]) -> str | None:
        """The literal of the value of an expression in a state, where it is known and has one."""
        known, value = self.value(source, state)
        try:
            return literals.render(value) if known else None
        except literals.NotPlain:
            return None

    # At one step

    def at(self, said: Said, step: Step, strict: bool) -> Verdict:
        """Whether a claim holds at a step. `strict`: a state told as a result is that after the step."""
        match said.kind:
            case "state":
                return self._state(said, step, strict)
            case "value":
                return self._worth(said, step, strict)
            case "condition":
                return self._condition(said, step)
            case "constraint":
                return self._shape(said, step, strict)
            case "change":
                return self._change(said, step, strict)
            case "return":
                return self._return(said, step)
            case "exception":
                return self.raised_as(said, [step.raised] if step.raised else [])
        return UNKNOWN

    def same(self, said: Said, actual: str, value: str | None = None) -> bool | None:
        text = said.value if value is None else value
        return (loosely if said.loose else alike)(text, actual)

    def _state(self, said: Said, step: Step, strict: bool) -> Verdict:
        name = said.subject
        before, after = step.before.get(name), step.after.get(name)
        if before is None and after is None:
            given = [text for call in step.calls if (text := call.arguments.get(name)) is not None]
            if not given:
                return UNKNOWN
            found = [self.same(said, text) for text in given]
            return (True, "") if True in found else (None, "")
        options = [after, before] if said.given or not strict or after is None else [after]
        unclear = False
        for text in options:
            if text is None:
                continue
            same = self.same(said, text)
            if same:
                return True, ""
            unclear |= same is None
        truth = after if after is not None else before
        return (None if unclear else False), f"{name} = {_short(truth or '')}"

    def _operand(self, said: Said, step: Step) -> Verdict:
        """The value that an augmented assignment or an `append` takes."""
        match self.code.statement(step.line) if self.code else None:
            case ast.AugAssign(value=operand) | ast.Expr(value=ast.Call(args=[operand], keywords=[])):
                source = self.code.source(operand) if self.code else ""
                text = self.text(source, step.before)
                if text is not None and not self.inner.intersection(names_in(source)):
                    return self.same(said, text), f"{source} is {_short(text)}"
        return UNKNOWN

    def _worth(self, said: Said, step: Step, strict: bool) -> Verdict:
        if said.more == "operand":
            return self._operand(said, step)
        result = self._computed(said.subject, step)
        same = self.same(said, result) if result is not None else None
        if (
            result is not None and same is not None and (same or not said.fresh)
        ):  # else it may be what is stored
            return same, f"{said.subject} is {_short(result)}"
        if self.inner.intersection(names_in(said.subject)):
            return UNKNOWN
        truth = ""
        unclear = False
        node = expression(said.subject)
        stored = isinstance(node, ast.Subscript | ast.Attribute) and not said.given and strict
        states = (step.before, step.after) if step.before is not step.after else (step.before,)
        for state in (step.after,) if stored and self._stores(step) else states:
            known, value = self.value(said.subject, state)
            if not known:
                unclear |= value is not ABSENT
                truth = truth or (f"{said.subject} {NOT_THERE}" if value is ABSENT else "")
                continue
            try:
                text = literals.render(value)
            except literals.NotPlain:
                return UNKNOWN
            same = self.same(said, text)
            if same or (said.value in ("True", "False") and str(bool(value)) == said.value):
                return True, ""
            unclear |= same is None
            truth = truth or f"{said.subject} is {_short(text)}"
        return (None if unclear else False), truth

    def _stores(self, step: Step) -> bool:
        """Whether the step's statement assigns to a place of the same container."""
        statement = self.code.statement(step.line) if self.code else None
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        return any(isinstance(each, ast.Subscript | ast.Attribute) for each in targets) and bool(
            step.event.changes
        )

    def _computed(self, source: str, step: Step) -> str | None:
        """What the trace says that an expression gave, where it is all that the statement computes."""
        statement = self.code.statement(step.line) if self.code else None
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name) and self._is(statement.value, source):
                return step.after.get(target.id)
        if isinstance(statement, ast.Return) and step.last and statement.value is not None:
            return step.owner.returned if self._is(statement.value, source) else None
        return None

    def _is(self, node: ast.expr, source: str) -> bool:
        assert self.code is not None
        written = self.code.source(node)
        return written == source or plain(written) == plain(source)

    def tests(self, step: Step, source: str) -> bool:
        """Whether the step's statement is an `if` or `while` with this very test."""
        statement = self.code.statement(step.line) if self.code else None
        return isinstance(statement, ast.If | ast.While) and self._is(statement.test, source)

    def _condition(self, said: Said, step: Step) -> Verdict:
        wanted = said.value == "True"
        statement = self.code.statement(step.line) if self.code else None
        if said.more == "branch":
            taken = outcome(step, self.code) if self.code and isinstance(statement, ast.If) else None
            return (
                UNKNOWN
                if taken is None
                else (taken is wanted, f"the branch is {'taken' if taken else 'not taken'}")
            )
        if self.code and isinstance(statement, ast.If | ast.While) and self._is(statement.test, said.subject):
            taken = outcome(step, self.code)
            if taken is not None:
                return taken is wanted, f"{said.subject} is {str(taken).lower()}"
        if isinstance(statement, ast.Assert) and self._is(statement.test, said.subject) and not step.raised:
            return wanted, f"{said.subject} is true"
        if self.inner.intersection(names_in(said.subject)):
            return UNKNOWN
        unclear, truth = False, ""
        settled = said.given and isinstance(statement, ast.Assign | ast.AugAssign | ast.Return | ast.Expr)
        both = step.before is not step.after and not (
            settled and self.code and ":=" not in self.code.lines[step.line - 1]
        )
        for state in (step.before, step.after) if both else (step.before,):
            known, value = self.value(said.subject, state)
            if known and bool(value) is wanted:
                return True, ""
            unclear |= not known and value is not ABSENT
            truth = truth or (f"{said.subject} is {str(bool(value)).lower()}" if known else "")
        return (None if unclear else False), truth or f"{said.subject} {NOT_THERE}"

    def _shape(self, said: Said, step: Step, strict: bool) -> Verdict:
        name = said.subject
        states = (step.after,) if strict and not said.given else (step.after, step.before)
        texts = [text for state in states if (text := state.get(name)) is not None]
        if not texts:
            known, value = self.value(name, step.before)
            if not known:
                return UNKNOWN
            fits = has_shape(value, *said.more)
            return fits, f"{name} is {_short(repr(value))}"
        found = [self.shaped(said, text) for text in texts]
        return _any(found, f"{name} = {_short(texts[0])}")

    def shaped(self, said: Said, text: str) -> bool | None:
        """Whether the value with this text is of the kind and size that is claimed."""
        if not is_literal(text):
            return None
        return has_shape(parsed(text), *said.more)

    def _change(self, said: Said, step: Step, strict: bool) -> Verdict:
        name = said.subject
        before, after = step.before.get(name), step.after.get(name)
        if said.value == "series" or (said.value == "same" and not strict):
            return UNKNOWN
        if before is None or after is None:
            return UNKNOWN
        return self.moved(said, before, after)

    def moved(self, said: Said, before: str, after: str) -> Verdict:
        """Whether a variable went from one text to another as a claim has it."""
        truth = f"{said.subject} goes from {_short(before)} to {_short(after)}"
        if said.value == "same":
            return before == after, truth
        if said.value == "from":
            one, other = self.same(said, before, said.more[0]), self.same(said, after, said.more[1])
            return (
                None if None in (one, other) and False not in (one, other) else bool(one and other)
            ), truth
        place, *texts = said.more
        try:
            old, new = parsed(before), parsed(after)
            pieces = [parsed(text) for text in texts]
        except ValueError:
            return UNKNOWN
        if said.value == "loses":
            old, new = new, old
        if isinstance(old, list) and isinstance(new, list):
            grown: list[Any] | str = old + pieces if place == "end" else pieces + old
        elif isinstance(old, str) and isinstance(new, str):
            piece = "".join(map(str, pieces))
            grown = old + piece if place == "end" else piece + old
        else:
            return UNKNOWN
        return literals.render(grown) == literals.render(new), truth

    # Returns, exceptions and calls

    def _return(self, said: Said, step: Step) -> Verdict:
        if said.subject:
            return self.returned_by(said, step.calls) if step.calls else UNKNOWN
        if step.last and step.owner.returned is not None:
            same = self.same(said, step.owner.returned)
            return same, f"{step.owner.name} returns {_short(step.owner.returned)}"
        statement = self.code.statement(step.line) if self.code else None
        if isinstance(statement, ast.Return) and statement.value is not None:  # a `finally` follows
            text = self.text(ast.unparse(statement.value), step.before)
            if text is not None:
                return self.same(said, text), f"it is {_short(text)}"
        return UNKNOWN

    def returned_by(self, said: Said, calls: Iterable[Activation]) -> Verdict:
        """Whether a call that the claim names returned the value."""
        name, given = call_parts(said.subject)
        pool = [each for each in calls if each.name == ("<lambda>" if name == "lambda_" else name)]
        if not pool:
            return UNKNOWN
        fitting = [each for each in pool if given is None or fits(given, each)]
        if not fitting:
            return UNKNOWN
        found = [self.same(said, each.returned) if each.returned is not None else False for each in fitting]
        first = fitting[0]
        truth = (
            f"{name} returns {_short(first.returned)}"
            if first.returned is not None
            else f"raises {first.raised}"
        )
        return _any(found, truth)

    def raised_as(self, said: Said, raised: list[str]) -> Verdict:
        if not raised:
            return UNKNOWN
        found: list[bool | None] = []
        for text in raised:
            kind, _, message = text.partition(": ")
            same_kind = kind.rpartition(".")[2] == said.subject
            if said.value and same_kind:
                wanted = said.value.strip().strip("'\"")
                found.append(True if wanted == message.strip().strip("'\"") else None)
            else:
                found.append(same_kind)
        return _any(found, raised[0])


def _any(found: Iterable[bool | None], truth: str) -> Verdict:
    """True where one is; False where all are."""
    every = list(found)
    if True in every:
        return True, ""
    return (None if None in every or not every else False), truth
