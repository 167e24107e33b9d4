"""What a function does, told from its code alone: the section "Understanding the Function"."""

import ast
from collections.abc import Sequence

from semcoder.monologue.activations import Activation
from semcoder.monologue.listing import Listing, names_bound, root_name
from semcoder.monologue.nodes import Function, walk
from semcoder.monologue.wording import Wording, counted, listed, sentence, span

MAX_CLAUSES = 6
MAX_HELPERS = 2
CHANGING = {"append": "appending to", "add": "adding to", "extend": "extending"}
OPENINGS = ("The function {name}", "{name}", "Here {name}")
TAKES = ("takes {given}", "is given {given}", "receives {given}")


def understanding(root: Activation, listing: Listing, wording: Wording) -> str:
    """A short paragraph: what the function takes, does and returns, and the helpers that it calls."""
    function = listing.functions.get(root.line)
    if function is None:
        return f"The call evaluates {span(root.name)}."
    opening = wording.choose(OPENINGS).format(name=span(root.name))
    given = [span(name) for name in parameters(function)]
    verbs = clauses(function.body, listing)
    does = _chain(verbs, MAX_CLAUSES)
    takes = wording.choose(TAKES)
    if given and len(verbs) > 1:
        parts = [sentence(f"{opening} {takes.format(given=listed(given))}"), sentence(f"It {does}")]
    elif given:
        parts = [sentence(f"{opening} {takes.format(given=listed(given))} and {does}")]
    else:
        parts = [sentence(f"{opening} {does}")]
    for scope, helper in _helpers(root, listing)[:MAX_HELPERS]:
        told = _chain(clauses(helper.body, listing), 3)
        called = f"{scope.rpartition('<locals>.')[2]}({', '.join(parameters(helper))})"
        parts.append(sentence(f"Its helper {span(called)} {told}"))
    return " ".join(parts)


def parameters(function: Function) -> list[str]:
    """The names of a function's parameters, in order, without `self` and `cls`."""
    given = function.args
    every = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
    return [arg.arg for arg in every if arg is not None and arg.arg not in ("self", "cls")]


def _helpers(root: Activation, listing: Listing) -> list[tuple[str, Function]]:
    """The other functions that the call runs, with their names, in order of their first call."""
    found: dict[int, tuple[str, Function]] = {}
    waiting = [root]
    while waiting:
        now = waiting.pop(0)
        function = listing.functions.get(now.line)
        if function is not None and now.line != root.line:
            found.setdefault(now.line, (now.scope, function))
        waiting += [call for step in now.steps for call in step.calls]
    return list(found.values())


def _chain(told: Sequence[str], most: int) -> str:
    if not told:
        return "does nothing"
    if len(told) > most:
        kept = most - 1
        told = [*told[:kept], f"takes {counted(len(told) - kept - 1, 'more step')}", told[-1]]
    if len(told) == 1:
        return told[0]
    if len(told) == 2:
        return f"{told[0]}{',' * (', ' in told[0])} and {told[1]}"
    return f"{', '.join(told[:-1])}, and finally {told[-1]}"


def clauses(body: Sequence[ast.stmt], listing: Listing) -> list[str]:
    """What the statements do, one verb phrase each; assignments side by side share one."""
    told: list[str] = []
    names: list[str] = []
    single = ""
    for at, statement in enumerate(body):
        if at == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        bound = _assigned(statement)
        if bound:
            single = "" if names else _computes(statement, bound, listing)
            names += [name for name in bound if name not in names]
            continue
        if names:
            told.append(single or f"computes {listed([span(name) for name in names])}")
            names = []
        clause = _clause(statement, listing)
        told += [clause] if clause else []
    if names:
        told.append(single or f"computes {listed([span(name) for name in names])}")
    return told


def _assigned(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.Assign):
        return [name for target in statement.targets for name in names_bound(target)]
    return names_bound(statement.target) if isinstance(statement, ast.AnnAssign) and statement.value else []


def _computes(statement: ast.stmt, names: list[str], listing: Listing) -> str:
    expression = getattr(statement, "value", None)
    source = listing.short(expression) if expression is not None else ""
    shown = listed([span(name) for name in names])
    if not source or len(source) > 45:
        return f"computes {shown}"
    if isinstance(expression, ast.Constant | ast.List | ast.Dict | ast.Tuple):
        return f"sets {shown} to {span(source)}"
    return f"computes {shown} as {span(source)}"


def _clause(statement: ast.stmt, listing: Listing) -> str:
    match statement:
        case ast.Return(value=None):
            return "returns `None`"
        case ast.Return(value=value) if value is not None:
            source = listing.short(value)
            return f"returns {span(source)}" if source else "returns the value of a longer expression"
        case ast.For() | ast.AsyncFor():
            source = listing.short(statement.iter)
            over = f"loops over {span(source)}" if source else "runs a loop"
            return over + _effects(statement.body, listing)
        case ast.While():
            source = listing.short(statement.test)
            return f"loops while {span(source)}" + _effects(statement.body, listing)
        case ast.If():
            return _conditional(statement, listing)
        case ast.Try():
            kinds = [listing.source(each.type) for each in statement.handlers if each.type is not None]
            handles = f", handling {listed([span(kind) for kind in kinds])}" if kinds else ""
            return f"runs a `try` block{_effects([*statement.body, *statement.orelse], listing)}{handles}"
        case ast.With() | ast.AsyncWith():
            source = listing.source(statement.items[0].context_expr)
            return f"enters {span(f'with {source}')}{_effects(statement.body, listing)}"
        case ast.Match():
            return (
                f"matches {span(listing.source(statement.subject))} against {len(statement.cases)} patterns"
            )
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return f"defines {span(statement.name)}"
        case ast.AugAssign():
            return f"updates {span(listing.source(statement.target))}"
        case ast.Expr(value=ast.Yield()):
            return f"yields values with {span(listing.short(statement) or 'yield')}"
        case ast.Raise(exc=error) if error is not None:
            return f"raises {span(listing.short(error) or 'an error')}"
        case ast.Assign(targets=[target]) | ast.AnnAssign(target=target) if listing.short(statement):
            expression = listing.source(statement.value) if statement.value else ""
            return f"sets {span(listing.source(target))} to {span(expression)}" if expression else ""
        case ast.Expr() | ast.Delete() | ast.Assert() | ast.Raise() | ast.Assign():
            source = listing.short(statement)
            return f"runs {span(source)}" if source else ""
    return ""


def _conditional(statement: ast.If, listing: Listing) -> str:
    tests, bodies, otherwise = _cascade(statement)
    shown = [span(listing.short(test) or "a longer test") for test in tests]
    if len(tests) == 1 and not otherwise:
        only = statement.body[0]
        if len(statement.body) == 1 and isinstance(only, ast.Return | ast.Raise):
            return f"{_clause(only, listing)} if {shown[0]}"
        return f"checks {shown[0]}{_effects(statement.body, listing)}"
    if len(shown) > 3:
        shown = [*shown[:2], counted(len(shown) - 2, "further test")]
    every = [*bodies, otherwise] if otherwise else bodies
    if all(isinstance(body[-1], ast.Return) for body in every):
        return f"tests {listed(shown)} and returns accordingly"
    return f"tests {listed(shown)}{_effects([each for body in every for each in body], listing)}"


def _cascade(statement: ast.If) -> tuple[list[ast.expr], list[list[ast.stmt]], list[ast.stmt]]:
    """The tests of an `if` and its `elif`s, their bodies, and what stands under `else`."""
    tests, bodies, otherwise = [statement.test], [statement.body], statement.orelse
    while len(otherwise) == 1 and isinstance(otherwise[0], ast.If):
        tests.append(otherwise[0].test)
        bodies.append(otherwise[0].body)
        otherwise = otherwise[0].orelse
    return tests, bodies, otherwise


def _effects(body: Sequence[ast.stmt], listing: Listing) -> str:
    """`, appending to `out` and updating `n``: what the statements of a block build up."""
    verbs: dict[str, dict[str, None]] = {}
    for statement in body:
        for node in walk(statement):
            match node:
                case ast.AugAssign(target=target):
                    verb, name = "updating", root_name(target)
                case ast.Assign(targets=[ast.Subscript() as target]):
                    verb, name = "storing into", root_name(target)
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr))):
                    verb = CHANGING.get(attr, "changing")
                case ast.Assign(targets=[ast.Name(id=name)]):
                    verb = "setting"
                case ast.Return():
                    verb, name = "returning from inside", ""
                case ast.Yield():
                    verb, name = "yielding values", ""
                case _:
                    continue
            verbs.setdefault(verb, {})[span(name) if name else ""] = None
    if len(verbs) > 1:
        verbs.pop("setting", None)
    told = [f"{verb} {listed(list(names)[:4])}".strip() for verb, names in list(verbs.items())[:3]]
    return f", {listed(told)}" if told else ""
