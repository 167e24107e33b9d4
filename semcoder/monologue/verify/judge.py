"""Whether one claim holds at one step, or anywhere: True, False or None, with what was really so."""

import ast
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from semcoder.execution import literals
from semcoder.monologue.evaluate import Unknown, evaluate, parsed
from semcoder.monologue.listing import Listing, names_bound
from semcoder.monologue.verify.claims import Said
from semcoder.monologue.verify.moments import Activation, Moments, Step, outcome
from semcoder.monologue.verify.values import alike, expression, is_literal, loosely

Verdict = tuple[bool | None, str]
UNKNOWN: Verdict = (None, "")
ABSENT = object()
"""In place of a value: there is no such item."""
MAX_STATES = 60
"""Different states in which an expression is looked at before it is given up."""
_KINDS = {
    "string": str, "list": list, "tuple": tuple, "dictionary": dict, "dict": dict, "set": set, "frozenset": frozenset,
    "integer": int, "int": int, "float": float, "boolean": bool, "bool": bool, "byte string": bytes,
    "complex number": complex, "`none`": type(None),
}  # fmt: skip
_FOR = re.compile(r"\bfor\b")
_UNITS = {
    "integer": int, "string": str, "float": float, "boolean": bool, "list": list, "tuple": tuple,
    "dictionarie": dict, "set": set, "byte string": bytes,
}  # fmt: skip


@lru_cache(maxsize=4096)
def number_of(text: str) -> str | None:
    """The value of arithmetic on numbers, as a literal."""
    node = expression(text)
    if node is None:
        return None
    try:
        return literals.render(evaluate(node, {}, frozenset()))
    except (Unknown, literals.NotPlain, RecursionError):
        return None


@lru_cache(maxsize=16384)
def _evaluated(source: str, state: tuple[tuple[str, str], ...], bound: frozenset[str]) -> tuple[bool, Any]:
    node = expression(source)
    if node is None:
        return False, None
    try:
        return True, evaluate(node, dict(state), bound)
    except Unknown as error:
        return False, ABSENT if isinstance(error.__cause__, LookupError) else None
    except RecursionError:
        return False, None


@lru_cache(maxsize=8192)
def names_in(source: str) -> tuple[str, ...]:
    """The names that an expression reads."""
    node = expression(source)
    if node is None:
        return ()
    return tuple(dict.fromkeys([part.id for part in ast.walk(node) if isinstance(part, ast.Name)]))


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:200] + "..."


class Judge:
    """Holds claims against the moments of one trace."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        self.code = moments.code
        self.bound: frozenset[str] = moments.code.names if moments.code else frozenset(moments.ever)
        self.inner = _inner_names(moments.code) if moments.code else frozenset()
        """Names that comprehensions and lambdas bind: elsewhere they may be other variables."""
        self.locals = _locals(moments.code) if moments.code else frozenset()
        """Names that are nothing but local variables of functions."""

    def value(self, source: str, state: Mapping[str, str]) -> tuple[bool, Any]:
        """(known, value) of an expression in a state; (False, ABSENT) where a name or an item is not there yet."""
        names = names_in(source)
        if any(name not in state and name in self.moments.ever for name in names):
            return False, ABSENT
        known = tuple([(name, state[name]) for name in names if name in state])
        return _evaluated(source, known, self.bound)

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
                return self._change(said, step)
            case "return":
                return self._return(said, step)
            case "exception":
                return self._exception(said, [step.raised] if step.raised else [])
        return UNKNOWN

    def _same(self, said: Said, actual: str, value: str | None = None) -> bool | None:
        text = said.value if value is None else value
        return (loosely if said.loose else alike)(text, actual)

    def _state(self, said: Said, step: Step, strict: bool) -> Verdict:
        name = said.subject
        before, after = step.before.get(name), step.after.get(name)
        if before is None and after is None:
            given = [text for call in step.calls if (text := call.arguments.get(name)) is not None]
            if not given:
                return UNKNOWN
            found = [self._same(said, text) for text in given]
            return (True, "") if True in found else (None, "")
        options = [after, before] if said.given or not strict or after is None else [after]
        unclear = False
        for text in options:
            if text is None:
                continue
            same = self._same(said, text)
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
                known, value = self.value(source, step.before)
                if known and not self.inner.intersection(names_in(source)):
                    text = literals.render(value)
                    return self._same(said, text), f"{source} is {_short(text)}"
        return UNKNOWN

    def _worth(self, said: Said, step: Step, strict: bool) -> Verdict:
        if said.more == "operand":
            return self._operand(said, step)
        result = self._computed(said.subject, step)
        if result is not None and (same := self._same(said, result)) is not None:
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
                truth = truth or (f"{said.subject} does not exist" if value is ABSENT else "")
                continue
            try:
                text = literals.render(value)
            except literals.NotPlain:
                return UNKNOWN
            same = self._same(said, text)
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
        return (None if unclear else False), truth

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

    def _change(self, said: Said, step: Step) -> Verdict:
        name = said.subject
        before, after = step.before.get(name), step.after.get(name)
        if said.value == "series":
            return UNKNOWN
        if before is None or after is None:
            return UNKNOWN
        return self.moved(said, before, after)

    def moved(self, said: Said, before: str, after: str) -> Verdict:
        """Whether a variable went from one text to another as a claim has it."""
        truth = f"{said.subject} goes from {_short(before)} to {_short(after)}"
        if said.value == "from":
            one, other = self._same(said, before, said.more[0]), self._same(said, after, said.more[1])
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
        if type(old) is not type(new) or not isinstance(old, list | str):
            return UNKNOWN
        piece = pieces if isinstance(old, list) else "".join(map(str, pieces))
        grown = old + piece if place == "end" else piece + old
        return literals.render(grown) == literals.render(new), truth

    # Returns, exceptions and calls

    def _return(self, said: Said, step: Step) -> Verdict:
        if said.subject:
            return self.returned_by(said, step.calls) if step.calls else UNKNOWN
        if step.last and step.owner.returned is not None:
            same = self._same(said, step.owner.returned)
            return same, f"{step.owner.name} returns {_short(step.owner.returned)}"
        statement = self.code.statement(step.line) if self.code else None
        if isinstance(statement, ast.Return) and statement.value is not None:  # a `finally` follows
            known, value = self.value(ast.unparse(statement.value), step.before)
            if known:
                text = literals.render(value)
                return self._same(said, text), f"it is {_short(text)}"
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
        found = [self._same(said, each.returned) if each.returned is not None else False for each in fitting]
        first = fitting[0]
        truth = (
            f"{name} returns {_short(first.returned)}"
            if first.returned is not None
            else f"raises {first.raised}"
        )
        return _any(found, truth)

    def _exception(self, said: Said, raised: list[str]) -> Verdict:
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


def has_shape(value: Any, kind: str, size: int | None, unit: str) -> bool | None:
    """Whether a value is of a kind, and of a size in units, that are told in words."""
    empty = kind.startswith("empty ")
    wanted = _KINDS.get(kind.removeprefix("empty "))
    if wanted is not None:
        if wanted is int and type(value) is bool:
            return None
        if type(value) is not wanted:
            return None if {wanted, type(value)} <= {set, frozenset} else False
    if empty:
        return not value
    if size is None:
        return True
    if not hasattr(value, "__len__"):
        return False if wanted is None and unit[:4] in ("char", "item", "elem", "entr") else None
    if unit.startswith(("char", "chars", "letter")) and not isinstance(value, str | bytes):
        return None
    if unit.startswith(("word", "value", "number")) or (unit.startswith(("letter",)) and len(value) != size):
        return True if len(value) == size else None
    if unit.startswith(("string", "item", "element")) and isinstance(value, str):
        return True if len(value) == size else None
    if len(value) != size:
        return False
    inner = _UNITS.get(unit.rstrip("s"))
    if inner is not None and isinstance(value, list | tuple | set | frozenset):
        return all(type(item) is inner for item in value) or None
    return True


@lru_cache(maxsize=8192)
def call_parts(source: str) -> tuple[str, tuple[tuple[str, str], ...] | None]:
    """(the function's name, its arguments as literals) of a call; None for the arguments where they are not."""
    node = expression(source)
    if isinstance(node, ast.Name):
        return node.id, None
    if not isinstance(node, ast.Call):
        return "", None
    func = node.func
    name = func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""
    given = []
    for each in [*node.args, *node.keywords]:
        part = each.value if isinstance(each, ast.keyword) else each
        text = ast.unparse(part)
        if not is_literal(text):
            known, value = _evaluated(text, (), frozenset())
            if not known:
                return name, None
            try:
                text = literals.render(value)
            except literals.NotPlain:
                return name, None
        given.append((each.arg or "" if isinstance(each, ast.keyword) else "", text))
    return name, tuple(given)


def fits(given: tuple[tuple[str, str], ...], call: Activation) -> bool:
    """Whether a call was made with these arguments, defaults left out."""
    own = [(name, text) for name, text in call.arguments.items() if name not in ("self", "cls")]
    if len(given) > len(own):
        return False
    by_name = dict(own)
    for at, (name, text) in enumerate(given):
        actual = by_name.get(name) if name else own[at][1]
        if actual is None or not alike(text, actual):
            return False
    return True


@lru_cache(maxsize=16384)
def plain(source: str) -> str:
    """Code without its spaces and with one kind of quotes, to compare what is written in two places."""
    return "".join(source.split()).replace('"', "'")


@lru_cache(maxsize=64)
def _inner_names(code: Listing) -> frozenset[str]:
    source = "\n".join(code.lines)
    loops = sum(isinstance(each, ast.For | ast.AsyncFor) for each in code.statements.values())
    if "lambda" not in source and len(_FOR.findall(source)) <= loops:
        return frozenset()
    found: set[str] = set()
    for statement in code.statements.values():
        for part in ast.walk(statement):
            if isinstance(part, ast.comprehension):
                found.update(name.id for name in ast.walk(part.target) if isinstance(name, ast.Name))
            elif isinstance(part, ast.Lambda):
                found.update(arg.arg for arg in part.args.args)
    return frozenset(found)


@lru_cache(maxsize=64)
def _locals(code: Listing) -> frozenset[str]:
    bound: set[str] = set()
    other: set[str] = set()
    for line, statement in code.statements.items():
        inside = any(first < line <= (each.end_lineno or first) for first, each in code.functions.items())
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            (bound if inside else other).update(names_bound(statement))
        elif isinstance(statement, ast.Global | ast.Nonlocal):
            other.update(statement.names)
    return frozenset(bound - other)
