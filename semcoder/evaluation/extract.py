"""Answers and programs out of what a model wrote.

Everything is decided on Python's own grammar, never by splitting at `==` alone: values may hold `==`, either
quote and line breaks. Taken are the completed assertion, the bare call and the bare value; between [ANSWER]
tags, with the closing tag missing, or (where there is no tag) from the last completed assertion. Not taken
are assertions that hedge (`== 1 or 2`) and those that still hold `??`.
"""

import ast
import io
import re
import symtable
import textwrap
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

MAX_ANSWER_CHARS = 100_000
"""Of a longer answer only the beginning is read: no benchmark comes near it."""
MAX_ANSWER_LINES = 200
MAX_CUTS = 40
"""Words behind an answer that are taken off, one by one, in search of its end."""

_OPEN = re.compile(r"(?<!/)\[?ANSWER\]")
_END = re.compile(r"\[/ANS|(?<!/)\[ANSWER\]|\[/?(?:PYTHON|THOUGHT|MONOLOGUE)\]")
_CODE_WORDS = {"def", "return", "if", "elif", "while", "for", "class", "yield", "lambda"}
_FENCE = re.compile(r"^[ \t]*```\w*[ \t]*$", re.MULTILINE)
_FENCE_LINE = re.compile(r"^[ \t]*```[^\n]*\n?", re.MULTILINE)
_FENCE_BEHIND = re.compile(r"^((?:(?!```).)*\S)[ \t]*(```\w*)[ \t]*$", re.MULTILINE)
"""A fence that stands behind the last line of code, or behind words, in the same line."""
_CODE_LINE = re.compile(r"^(?:def|class|import|from|async def|@)\b", re.MULTILINE)


class Assertion(NamedTuple):
    """The two halves of `assert f(arguments) == value`, as source; None for a half that is not there."""

    arguments: str | None
    value: str | None


NOTHING = Assertion(None, None)


def output_answer(text: str, entry_point: str, inside: bool) -> str | None:
    """The source of the predicted output, or None.

    `text` is what the model wrote; `inside` says that its prompt ended in [ANSWER] (direct prediction).
    """
    return next((a.value for a in _assertions(text, entry_point, inside) if a.value is not None), None)


def input_answer(text: str, entry_point: str, inside: bool) -> str | None:
    """The source between the parentheses of the predicted call, or None."""
    found = (a.arguments for a in _assertions(text, entry_point, inside))
    return next((arguments for arguments in found if arguments is not None), None)


def compared(text: str) -> str | None:
    """What a given answer says in the place of CRUXEval's own check, `assert OUTPUT == ANSWER`; None if nothing.

    `3, 6` and `not x` are no answers there: the one would be the value 3 with a message, the other no Python.
    A text of more than MAX_ANSWER_CHARS is none either: to read one of a megabyte takes minutes.
    """
    if len(text) > MAX_ANSWER_CHARS:
        return None
    source = f"assert _ == {text}"
    statement = _parse(source)
    match statement:
        case ast.Assert(test=ast.Compare(ops=[ast.Eq()], comparators=[answer]), msg=None):
            return ast.get_source_segment(source, answer, padded=True)
    return None


def call_arguments(text: str, entry_point: str) -> str | None:
    """The source between the parentheses where a given answer is a call of the function and nothing else."""
    source = (compared(text) or "").strip()
    call = _call(source)
    if call is None or not isinstance(call.func, ast.Name) or call.func.id != entry_point:
        return None
    return _between(call, source)


def _assertions(text: str, entry_point: str, inside: bool) -> Iterator[Assertion]:
    """What the answer blocks say, in order; without any block, the assertions from the last to the first."""
    starts = [0] if inside else []
    starts += [match.end() for match in _OPEN.finditer(text)]
    for start in starts:
        end = _END.search(text, start)
        yield _of_block(text[start : end.start() if end else len(text)], entry_point)
    if not starts:
        for match in reversed(list(re.finditer(r"\bassert\b", text))):
            yield _of_statement(text[match.start() :], entry_point)


def _of_block(block: str, entry_point: str) -> Assertion:
    block = _FENCE.sub("", block[:MAX_ANSWER_CHARS]).strip().strip("`").strip()
    whole = _parse(block)
    if whole is not None:
        return _halves(whole, block, entry_point)
    if block and _call(f"_({block})"):  # `x=1, y=2`: arguments without their call
        return Assertion(block, None)
    for pattern in (r"\bassert\b", rf"\b{re.escape(entry_point)}[ \t]*\("):
        for match in list(re.finditer(pattern, block))[:MAX_CUTS]:
            before = block[: match.start()].rpartition("\n")[2].split()
            if before and before[0] in _CODE_WORDS:
                continue  # a program of the model's own: it defines or calls itself there
            found = _of_statement(block[match.start() :], entry_point)
            if found != NOTHING:
                return found
    return _of_statement(block, entry_point)


def _of_statement(text: str, entry_point: str) -> Assertion:
    """What the statement at the beginning of `text` says; anything may follow it."""
    lines = text[:MAX_ANSWER_CHARS].split("\n")[:MAX_ANSWER_LINES]
    for end in range(1, len(lines) + 1):
        source = "\n".join(lines[:end])
        statement = _parse(source)
        if statement is not None:
            return _halves(statement, source, entry_point)
    # The line ends in `==`, a side is no Python (an apostrophe became a double quote), or words follow.
    line = " ".join(lines[:2]) if lines[0].rstrip().endswith("==") else lines[0]
    found = _split(line, entry_point)
    for end in _token_ends(line):
        statement = _parse(line[:end])
        if statement is not None and (line.startswith("assert") or not _is_bare(statement, entry_point)):
            rest = _halves(statement, line[:end], entry_point)
            return Assertion(rest.arguments or found.arguments, rest.value or found.value)
    return found


def _halves(statement: ast.stmt, source: str, entry_point: str) -> Assertion:
    if isinstance(statement, ast.Assert):
        test = statement.test
    elif isinstance(statement, ast.Expr):
        test = statement.value
    else:
        return Assertion(source.strip(), None) if _call(f"_({source})") else NOTHING
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.Is):
        left, right = test.left, test.comparators[0]
        if _calls(right, entry_point) and not _calls(left, entry_point):
            left, right = right, left
        if not _calls(left, entry_point) and (isinstance(left, ast.Call) or not _is_bare(left, entry_point)):
            return NOTHING  # a claim about another function, or about more than the call
        if isinstance(left, ast.Call | ast.Name):
            arguments = _between(left, source) if isinstance(left, ast.Call) else None
            return Assertion(arguments, ast.get_source_segment(source, right))
    if isinstance(statement, ast.Assert):
        return NOTHING
    if _calls(test, entry_point):
        return Assertion(_between(test, source), None)
    if isinstance(test, ast.Name | ast.BoolOp) or (
        isinstance(test, ast.Call) and ast.unparse(test.func) == "print"
    ):
        return NOTHING
    return Assertion(source.strip(), source.strip())


def _is_bare(part: ast.AST, entry_point: str) -> bool:
    """Whether nothing in it is the call: such a text must be the whole line to be a value."""
    return not any(isinstance(node, ast.expr) and _calls(node, entry_point) for node in ast.walk(part))


def _split(line: str, entry_point: str) -> Assertion:
    """The halves around a `==` where one is not Python; the first `==` that leaves a whole half counts."""
    body = line.strip().removeprefix("assert").strip()
    arguments = value = None
    for match in re.finditer("==", body):
        call, rest = _call(body[: match.start()].strip()), body[match.end() :].strip()
        if arguments is None and call is not None and _calls(call, entry_point):
            arguments = _between(call, body[: match.start()].strip())
        if value is None and isinstance(_parse(rest), ast.Expr):
            value = rest
    return Assertion(arguments, value)


def _parse(text: str) -> ast.stmt | None:
    """The only statement of `text`, where there is exactly one."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return body[0] if len(body) == 1 else None


def _call(text: str) -> ast.Call | None:
    statement = _parse(text)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return statement.value
    return None


def _calls(node: ast.expr, entry_point: str) -> bool:
    """Whether the node calls the function by its name, or by the last part of a dotted one."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name == entry_point


def _between(node: ast.expr, source: str) -> str:
    """The text between the parentheses of a call."""
    assert isinstance(node, ast.Call)
    function = ast.get_source_segment(source, node.func) or ""
    whole = ast.get_source_segment(source, node) or ""
    return whole[len(function) :].strip()[1:-1].strip()


def _token_ends(line: str) -> list[int]:
    """Where the tokens of a line end, the last one first; not within `01` or `"it"s"`, which are no Python."""
    ends: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(line).readline):
            end = token.end[1]
            if token.end[0] == 1 and token.string.strip() and not line[end : end + 1].isalnum():
                ends.insert(0, end)
    except (tokenize.TokenError, SyntaxError):  # an open bracket or quote: what came before it counts
        return ends[:MAX_CUTS]
    return ends[:MAX_CUTS]


def program(text: str, entry_point: str, start: str | None) -> str | None:
    """The program in what a model wrote, or None where nothing in it defines `entry_point`.

    `start`: the code with which the prompt ended and that the model was to go on from ("" for no more than an
    open fence), or None where the prompt ended outside of code. Read are, in this order: what stands between
    [Refined] tags, the last ones first; the continuation of `start` up to its closing fence; each fenced block, from
    the last on where the prompt ended outside of code (drafts come before the answer); the text from a line of code on.
    With an empty `entry_point`, any program that calls something will do. Lines at the end that are no Python
    (where a model was cut off or began to talk) are left out.
    """
    for refined in reversed(re.findall(r"\[Refined\](.*?)(?:\[/Refined\]|\Z)", text, re.DOTALL)):
        if found := program(refined, entry_point, None):
            return found
    text = _FENCE_BEHIND.sub(r"\1\n\2", text)
    parts = _FENCE_LINE.split(text)
    candidates: list[str] = []
    if start is not None and parts[0].strip():
        candidates += [start + parts[0], f"{start}\n{parts[0]}"]
    blocks = [_flush(part) for part in (parts[1:] if entry_point else parts[1::2])]
    candidates += blocks[::-1] if start is None else blocks
    lines = list(_CODE_LINE.finditer(text))[:MAX_CUTS]  # the first of them may be prose: "from the start"
    candidates += [_FENCE_LINE.split(text[line.start() :])[0] for line in lines]
    if start is None and not entry_point:
        candidates.append(parts[0])
    for candidate in candidates:
        code = _parsing_part(candidate)
        if code.strip() and _is_answer(code, entry_point) and not _only_begun(code, entry_point, start):
            return code
    return None


def _flush(block: str) -> str:
    """The block without the indentation that all its lines have, as in an item of a list."""
    return textwrap.dedent(block) if block[:1].isspace() else block  # it also empties blank lines in texts


def _parsing_part(code: str) -> str:
    """The longest beginning of `code`, in whole lines, that parses."""
    lines = code.rstrip().split("\n")
    while lines:
        source = "\n".join(lines)
        try:
            ast.parse(source)
        except SyntaxError as error:
            # What stands before the fault cannot be mended by cutting after it.
            lines = lines[: min(error.lineno or len(lines), len(lines)) - 1]
        except (ValueError, RecursionError, MemoryError):
            return ""
        else:
            return source
    return ""


def _is_answer(code: str, entry_point: str) -> bool:
    """Whether the code defines the function, or (where any script will do) is more than a sample of values."""
    if entry_point:
        return _defines(code, entry_point)
    return any(isinstance(node, ast.Call) for node in ast.walk(ast.parse(code)))


def _only_begun(code: str, name: str, start: str | None) -> bool:
    """Whether the function is no more than what the prompt began it with: its signature and docstring, or a part."""
    if not start or not name:
        return False
    if start.startswith(code.rstrip()):
        return True  # all that was added was cut off, and some of the beginning with it
    try:
        begun = ast.parse(start).body
    except SyntaxError:
        return False
    bodies = [
        [ast.dump(node) for node in body if isinstance(node, ast.FunctionDef) and node.name == name][-1:]
        for body in (begun, ast.parse(code).body)
    ]
    return bodies[0] == bodies[1] != []


def _defines(code: str, name: str) -> bool:
    """Whether the module gives the name a meaning, in whichever way."""
    try:
        table = symtable.symtable(code, "<answer>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # such as `nonlocal` at the top
        return False
    symbols = {symbol.get_name(): symbol for symbol in table.get_symbols()}
    return name in symbols and (symbols[name].is_assigned() or symbols[name].is_imported())
