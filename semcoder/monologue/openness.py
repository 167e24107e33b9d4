"""What an operation leaves open: of its operands, what its result does not tell."""

import ast

from semcoder.monologue.listing import root_name
from semcoder.monologue.wording import span

QUOTES = ("'", '"', "b", "")
"""What the literal of a string or of bytes begins with: `%` writes values into one. Nothing is known of no text."""
FUNCTIONS = {
    "sorted": "{x} holds these items, in any order",
    "list": "",
    "len": "only the length of {x} counts",
    "sum": "only what {x} adds up to counts",
    "max": "nothing in {x} is larger, and it occurs there",
    "min": "nothing in {x} is smaller, and it occurs there",
    "set": "{x} holds just these, in any order and number",
    "frozenset": "{x} holds just these, in any order and number",
    "abs": "{x} may have either sign",
    "any": "one item that passes is enough",
    "all": "every item has to pass",
    "round": "{x} may lie anywhere that rounds to it",
    "bool": "anything of that truth will do for {x}",
}
METHODS = {
    "upper": "the letters of {x} may have either case",
    "lower": "the letters of {x} may have either case",
    "casefold": "the letters of {x} may have either case",
    "swapcase": "the letters of {x} have the other case",
    "title": "the letters of {x} may have either case",
    "capitalize": "the letters of {x} may have either case",
    "strip": "{x} may have more at both ends, which is taken off",
    "rstrip": "{x} may have more at its end, which is taken off",
    "lstrip": "{x} may have more at its beginning, which is taken off",
    "count": "only how often {y} occurs in {x} counts",
    "find": "only where {y} first occurs in {x} counts",
    "index": "only where {y} first occurs in {x} counts",
    "rfind": "only where {y} last occurs in {x} counts",
    "rindex": "only where {y} last occurs in {x} counts",
    "startswith": "only the beginning of {x} counts",
    "endswith": "only the end of {x} counts",
    "get": "only the entry for {y} in {x} counts",
    "keys": "the values in {x} are free",
    "values": "the keys in {x} are free",
    "replace": "what stands there may have been so in {x} from the beginning, or have been put in",
    "join": "the pieces in {y} may be cut in any way that gives this",
    "splitlines": "the lines of {x} may end in any of the line ends",
}


def left_open(node: ast.expr, text: str, foreign: frozenset[str]) -> str:
    """A clause on what the value of `node`, with this literal, leaves open; nothing where it says all, or none fits.

    `foreign`: names of modules and functions that are not known here: `re.split` is not `str.split`.
    """
    if isinstance(node, ast.Call) and root_name(node.func) in foreign:
        return ""
    match node:
        case (
            ast.ListComp(generators=[ast.comprehension(ifs=[test])])
            | ast.SetComp(generators=[ast.comprehension(ifs=[test])])
            | ast.DictComp(generators=[ast.comprehension(ifs=[test])])
            | ast.Call(
                func=ast.Attribute(attr="join"),
                args=[
                    ast.GeneratorExp(generators=[ast.comprehension(ifs=[test])])
                    | ast.ListComp(generators=[ast.comprehension(ifs=[test])])
                ],
            )
        ):
            return f"items for which {_span(test)} does not hold are left out, and may stand anywhere"
        case ast.Call(
            func=ast.Name(id="sum"), args=[ast.GeneratorExp(elt=ast.Constant(value=1), generators=[loop])]
        ):
            return f"that many of {_span(loop.iter)} pass the test"
        case ast.Call(func=ast.Name(id=name), args=[argument, *_]):
            return FUNCTIONS.get(name, "").format(x=_span(argument))
        case ast.Call(func=ast.Attribute(attr="split"), args=[]):
            return "any whitespace may stand between these words"
        case ast.Call(
            func=ast.Attribute(attr="join"), args=[ast.GeneratorExp(elt=item) | ast.ListComp(elt=item)]
        ):
            return left_open(item, "", foreign) if isinstance(item, ast.Call) else ""
        case ast.ListComp(elt=ast.Call() as item):
            return left_open(item, "", foreign)
        case ast.Call(func=ast.Attribute(attr="join"), args=[pieces]) if not isinstance(pieces, ast.Name):
            return ""
        case ast.Call(func=ast.Attribute(value=owner, attr=method), args=arguments):
            form = METHODS.get(method, "")
            if "{y}" in form and not arguments:
                return ""
            return form.format(x=_span(owner), y=_span(arguments[0]) if arguments else "")
        case ast.BinOp(op=ast.Mod()):
            return "" if text[:1] in QUOTES else "only the remainder counts"
        case ast.BinOp(op=ast.FloorDiv()):
            return "what the division cuts off is free"
        case ast.Subscript(value=whole, slice=ast.Slice(lower=None, upper=None)):
            return (
                ""
                if ast.unparse(node).endswith("[::-1]")
                else f"only every so many items of {_span(whole)} count"
            )
        case ast.Subscript(value=whole, slice=ast.Slice()):
            return f"what lies outside the slice of {_span(whole)} does not count"
        case ast.Subscript(value=whole, slice=at):
            return f"of {_span(whole)}, only the item at {_span(at)} counts"
        case ast.BinOp(op=ast.Add(), left=ast.Name() as left, right=ast.Name() as right):
            return f"it may be split between {_span(left)} and {_span(right)} in any way"
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return "any values that make it come out so will do"
    return ""


def _span(node: ast.expr) -> str:
    return span(ast.unparse(node))
