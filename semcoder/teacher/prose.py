"""A problem in words, from a function's signature and docstring.

Nothing is made up: what the docstring does not say, the problem does not say either.
"""

import ast
import inspect
import re

from semcoder.teacher.interface import Refusal

MIN_WORDS = 4
MAX_CHARS = 1500

_DIRECTIVE = re.compile(r"^\s*\.\. (\w|-)+::.*$")
_HEADING = re.compile(
    r"^\s*(for )?(examples?|usage|doctests?|e\.g\.|tests?)( usages?)?\s*[:.]*\s*$", re.IGNORECASE
)
_UNDERLINE = re.compile(r"^\s*[-=~^]{3,}\s*$")
_NOTE_TO_SELF = re.compile(r"\b(XXX|TODO|FIXME)\b")
# A docstring that only points elsewhere, or speaks of how it is wired rather than of what it does.
_POINTS_ELSEWHERE = re.compile(
    r"^(see\b|same as\b|like\b|alias\b|deprecated\b|obsolete\b|internal\b|helper for\b|wrapper\b|hook\b)|"
    r"\b(monkey-?patch|decorator|this class|self\.|entry point for)\b",
    re.IGNORECASE,
)


def instruction(function: ast.FunctionDef) -> str | Refusal:
    """The problem that `function` solves, from its signature and its docstring without examples.

    Refuses where there is no docstring, or none that says what the function does.
    """
    docstring = ast.get_docstring(function)
    if not docstring:
        return Refusal("no docstring", function.name)
    first = [*function.args.posonlyargs, *function.args.args][:1]
    if first and first[0].arg in ("self", "cls"):
        return Refusal("written as a method", function.name)
    prose = describe(docstring, function.name)
    if len(re.findall(r"[A-Za-z]{2,}", prose)) < MIN_WORDS and not _states_expression(prose, function):
        return Refusal("docstring says too little", prose or function.name)
    if len(prose) > MAX_CHARS:
        return Refusal("docstring too long", f"{len(prose)} characters")
    match = _POINTS_ELSEWHERE.search(prose)
    if match and not _states_expression(prose, function):
        return Refusal("docstring points elsewhere", match[0])
    text = f"Write a Python function `{function.name}` with the signature `{signature(function)}`.\n\n{prose}"
    if notes := _about_defaults(function):
        text += f"\n\n{notes}"
    return text


def _states_expression(prose: str, function: ast.FunctionDef) -> bool:
    """Whether it says `Same as a + b.`: an expression of the parameters, which is all there is to say."""
    match = re.fullmatch(r"Same as (.+?)\.?", prose)
    try:
        expression = ast.parse(match[1], mode="eval") if match else None
    except SyntaxError:
        return False
    names = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)} if expression else set()
    return bool(names) and {arg.arg for arg in function.args.args} <= names


def signature(function: ast.FunctionDef) -> str:
    """`name(a, b=1) -> int`."""
    returns = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    return f"{function.name}({ast.unparse(function.args)}){returns}"


def describe(docstring: str, name: str) -> str:
    """The docstring's prose: no doctests, directives, notes to self, or repeated signature."""
    blocks: list[list[str]] = [[]]
    in_example = in_directive = False
    for line in inspect.cleandoc(docstring).splitlines():
        bare = line.strip()
        if not bare:
            in_example = False
            blocks.append([])
        elif bare.startswith(">>>") or in_example:
            in_example = True
        elif _DIRECTIVE.match(line) or (in_directive and line[:1].isspace()):
            in_directive = True
        elif not _NOTE_TO_SELF.search(bare) and re.search(r"\w", bare):
            in_directive = False
            blocks[-1].append(line.rstrip())
    kept = [block for block in map(_without_headings, blocks) if block]
    text = _without_signature("\n\n".join("\n".join(block) for block in kept), name.lstrip("_"))
    text = re.sub(r"\b([Tt])his method\b", r"\1his function", text)
    return text if re.match(r"\w+\(", text) else text[:1].upper() + text[1:]


def _without_signature(text: str, name: str) -> str:
    """The text, closed by a full stop, without a first line that repeats the call: `name(a, b) -> c`."""
    match = re.match(rf"_*{re.escape(name)}\s*\(.*\)\s*(?:-+>\s*(.+))?[:.]*\n+", text)
    if match is None:
        return _closed(text)
    returns = f"\n\nReturns: {match[1].rstrip('.')}." if match[1] else ""
    return _closed(text[match.end() :]) + returns


def _closed(text: str) -> str:
    last = text.rpartition("\n")[2]
    if text.endswith(":"):
        return text.rstrip(":").rstrip() + "."
    return f"{text}." if text and text[-1].isalnum() and not last.startswith(" ") else text


def _without_headings(block: list[str]) -> list[str]:
    """The block, or nothing of it when all it did was to announce an example."""
    kept = [line for line in block if not _HEADING.match(line)]
    if len(kept) < len(block) and all(_UNDERLINE.match(line) for line in kept):
        return []
    return kept


def _about_defaults(function: ast.FunctionDef) -> str:
    """A sentence on the arguments that may be left out; nothing when there are none."""
    positional = [*function.args.posonlyargs, *function.args.args]
    optional = [arg.arg for arg in positional[len(positional) - len(function.args.defaults) :]]
    pairs = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    optional += [arg.arg for arg, default in pairs if default is not None]
    if not optional:
        return ""
    names = ", ".join(f"`{name}`" for name in optional)
    return f"{names} may be left out." if len(optional) == 1 else f"Any of {names} may be left out."
