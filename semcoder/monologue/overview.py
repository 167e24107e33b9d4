"""What a function does, told from its code alone: the section "Understanding the Function"."""

import ast
from collections.abc import Sequence

from semcoder.monologue.activations import Activation
from semcoder.monologue.listing import Function, Listing, names_bound, root_name
from semcoder.monologue.wording import Wording, listed, sentence, span

MAX_CLAUSES = 6
MAX_HELPERS = 2
OPENINGS = ("The function {name}", "{name}", "Here {name}")
TAKES = ("takes {given}", "is given {given}", "receives {given}")


def understanding(root: Activation, listing: Listing, wording: Wording) -> str:
    """A short paragraph: what the function takes, does and returns, and the helpers that it calls."""
    function = listing.functions.get(root.line)
    if function is None:
        return f"The call evaluates {span(root.name)}."
    opening = wording.choose(OPENINGS).format(name=span(root.name))
    given = [span(name) for name in parameters(function)]
    takes = f" {wording.choose(TAKES).format(given=listed(given))} and" if given else ""
    parts = [sentence(f"{opening}{takes} {_chain(clauses(function.body, listing), MAX_CLAUSES)}")]
    for helper in _helpers(root, listing)[:MAX_HELPERS]:
        told = _chain(clauses(helper.body, listing), 3)
        given_to = ", ".join(parameters(helper))
        parts.append(sentence(f"Its helper {span(f'{helper.name}({given_to})')} {told}"))
    return " ".join(parts)


def parameters(function: Function) -> list[str]:
    """The names of a function's parameters, in order, without `self` and `cls`."""
    given = function.args
    every = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
    return [arg.arg for arg in every if arg is not None and arg.arg not in ("self", "cls")]


def _helpers(root: Activation, listing: Listing) -> list[Function]:
    """The other functions that the call runs, in order of their first call."""
    found: dict[int, Function] = {}
    waiting = [root]
    while waiting:
        now = waiting.pop(0)
        function = listing.functions.get(now.line)
        if function is not None and now.line != root.line:
            found.setdefault(now.line, function)
        waiting += [call for step in now.steps for call in step.calls]
    return list(found.values())


def _chain(told: Sequence[str], most: int) -> str:
    if not told:
        return "does nothing"
    if len(told) > most:
        kept = most - 1
        told = [*told[:kept], f"takes {len(told) - kept - 1} more steps", told[-1]]
    if len(told) == 1:
        return told[0]
    return f"{', '.join(told[:-1])}, and {'finally ' if len(told) > 2 else ''}{told[-1]}"


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
            return f"runs a `try` block{_effects(statement.body, listing)}{handles}"
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
        case ast.Expr() | ast.Delete() | ast.Assert() | ast.Raise() | ast.Assign():
            source = listing.short(statement)
            return f"runs {span(source)}" if source else ""
    return ""


def _conditional(statement: ast.If, listing: Listing) -> str:
    source = listing.short(statement.test)
    test = span(source) if source else "a test"
    only = statement.body[0]
    if len(statement.body) == 1 and isinstance(only, ast.Return | ast.Raise):
        return f"{_clause(only, listing) or 'raises an error'} if {test}"
    also = " or not" if statement.orelse else ""
    return f"checks {test}{also}" if also else f"checks {test}{_effects(statement.body, listing)}"


def _effects(body: Sequence[ast.stmt], listing: Listing) -> str:
    """`, appending to `out` and updating `n``: what the statements of a block build up."""
    found: dict[str, None] = {}
    for statement in body:
        for node in ast.walk(statement):
            match node:
                case ast.AugAssign(target=target):
                    found[f"updating {span(root_name(target))}"] = None
                case ast.Assign(targets=[ast.Subscript() as target]):
                    found[f"storing into {span(root_name(target))}"] = None
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr))):
                    verb = {"append": "appending to", "add": "adding to", "extend": "extending"}
                    found[f"{verb.get(attr, 'changing')} {span(name)}"] = None
                case ast.Return():
                    found["returning from inside"] = None
                case ast.Yield():
                    found["yielding values"] = None
    kept = [each for each in found if span("") not in each][:3]
    return f", {listed(kept)}" if kept else ""
