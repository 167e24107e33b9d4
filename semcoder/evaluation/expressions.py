"""Which expressions may stand in an answer.

A literal needs no judgement. Benchmarks also have answers that are none (CRUXEval has `dict(f=1)`, `range(100)`,
`'A' * 20`, `lambda x: x < 2` among its own inputs), so expressions are allowed that can neither call or redefine
the program nor look into it: calls of pure builtins, methods without underscore, comprehensions and lambdas.
"""

import ast
from collections.abc import Collection

from semcoder.execution.api import Call

PURE = frozenset(
    {
        "None",
        "True",
        "False",
        "abs",
        "all",
        "any",
        "bin",
        "bool",
        "bytearray",
        "bytes",
        "chr",
        "complex",
        "dict",
    }
    | {
        "divmod",
        "enumerate",
        "filter",
        "float",
        "frozenset",
        "hex",
        "int",
        "len",
        "list",
        "map",
        "max",
        "min",
    }
    | {
        "oct",
        "ord",
        "pow",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
        "zip",
    }
)
_DATA = (
    ast.Constant,
    ast.List,
    ast.Tuple,
    ast.Set,
    ast.Dict,
    ast.UnaryOp,
    ast.BinOp,
    ast.Subscript,
    ast.Slice,
    ast.Starred,
    ast.Call,
    ast.keyword,
    ast.Name,
    ast.Attribute,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.expr_context,
    ast.operator,
    ast.unaryop,
)
_FUNCTIONS = (
    *_DATA,
    ast.Lambda,
    ast.arguments,
    ast.arg,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.comprehension,
    ast.Compare,
    ast.cmpop,
    ast.BoolOp,
    ast.boolop,
    ast.IfExp,
)


class NotAllowed(ValueError):
    """The answer is more than data; the text says what was found in it."""


def value(source: str) -> str:
    """A predicted output as one line of source; raises NotAllowed. It sees builtins and nothing else."""
    node = _parse(source)
    _check(node, _DATA, frozenset(), frozenset())
    return ast.unparse(node)


def call(source: str, program: str, entry_point: str) -> Call:
    """Predicted arguments, given as the text between the parentheses; raises NotAllowed.

    They may name top-level variables of the program (not its functions, nor what it imports), as CRUXEval's own
    inputs do.
    """
    node = _parse(f"_({source}\n)")
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise NotAllowed("not the arguments of one call")
    variables, taken = _top_level(program)
    for part in [*node.args, *node.keywords]:
        if isinstance(part, ast.Starred) or (isinstance(part, ast.keyword) and part.arg is None):
            raise NotAllowed("unpacked arguments")
        _check(part, _FUNCTIONS, variables - taken - {entry_point}, taken | {entry_point})
    named = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg}
    return Call(tuple(ast.unparse(arg) for arg in node.args), named)


def _parse(source: str) -> ast.expr:
    try:
        return ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotAllowed("not an expression") from error


def _check(
    root: ast.AST, kinds: tuple[type[ast.AST], ...], variables: Collection[str], taken: Collection[str]
) -> None:
    """Raise NotAllowed unless `root` is built of these kinds of nodes and names nothing but pure builtins,
    `variables`, and what it binds itself; it may not bind a name that is `taken`.
    """
    bound = {node.arg for node in ast.walk(root) if isinstance(node, ast.arg)}
    bound |= {n.id for n in ast.walk(root) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    allowed = PURE | (bound - set(taken)) | set(variables)
    for node in ast.walk(root):
        if not isinstance(node, kinds):
            raise NotAllowed(f"{type(node).__name__} in an answer")
        if isinstance(node, ast.Name) and node.id not in allowed:
            raise NotAllowed(f"the name {node.id} in an answer")
        if isinstance(node, ast.Attribute):
            if node.attr.startswith("_"):
                raise NotAllowed(f"the attribute {node.attr} in an answer")
            if isinstance(node.value, ast.Name) and node.value.id in variables:
                raise NotAllowed("a method of the program's own variable")


def _top_level(program: str) -> tuple[set[str], set[str]]:
    """Names that the program's top level assigns, and names of its functions, classes and imports."""
    assigned: set[str] = set()
    taken: set[str] = set()
    for node in ast.parse(program).body:
        if isinstance(node, ast.Assign):
            assigned |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            taken.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            taken |= {alias.asname or alias.name for alias in node.names}
    return assigned, taken
