"""The teacher's answers, taken apart strictly: what is not of the form asked for is refused with a reason."""

import ast
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from semcoder.execution.api import Call
from semcoder.records import Direction
from semcoder.seeds.slicing import NOT_COMPILING, Module, NotSliceable
from semcoder.teacher.interface import Refusal

HEADINGS: dict[Direction, tuple[str, ...]] = {
    "forward": (
        "Understanding the Function",
        "Key Properties and Constraints",
        "Execution Simulation",
        "Conclusion",
    ),
    "backward": (
        "Understanding the Function",
        "Key Properties and Constraints",
        "Reverse Deduction",
        "Conclusion",
    ),
}
"""Sections of a monologue (paper App. G; the released models always write the conclusion)."""
DEBUGGING = ("Execution Simulation", "Root Cause Analysis", "Bug Fixing")
"""Sections of a debugging rationale (paper App. F, Example 2)."""

_MARK = {
    name: re.compile(rf"^[#* \t]*\[{name}\][*: \t]*", re.MULTILINE)
    for name in ("Problem Description", "Solution")
}
_FENCE = re.compile(r"^```(\w*)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{2,4}\s*(.+?)\s*$", re.MULTILINE)
_MAX_SLICE_LINES = 10_000


@dataclass(frozen=True)
class Solution:
    """A program out of an answer: its code without example calls, what to call, and the example calls."""

    code: str
    entry_point: str
    calls: tuple[Call, ...] = ()


def problem_and_solution(text: str) -> tuple[str, str] | Refusal:
    """The [Problem Description] and what stands under [Solution] (empty where the answer ends before it)."""
    starts = [list(_MARK[name].finditer(text)) for name in ("Problem Description", "Solution")]
    if not starts[0]:
        return Refusal("no [Problem Description]")
    if len(starts[0]) > 1 or len(starts[1]) > 1:
        return Refusal("sections repeated")
    begin = starts[0][0].end()
    end = starts[1][0].start() if starts[1] else len(text)
    if end < begin:
        return Refusal("sections out of order")
    description = text[begin:end].strip()
    if not description:
        return Refusal("empty [Problem Description]")
    return description, text[starts[1][0].end() :].strip() if starts[1] else ""


def solution(text: str) -> Solution | Refusal:
    """The program in the first Python block of an answer. Code that does not parse is kept as it is."""
    blocks = python_blocks(text)
    if not blocks:
        return Refusal("no code block")
    code = blocks[0].strip("\n") + "\n"
    try:
        module = Module(code)
    except NOT_COMPILING:
        return Solution(code, "")
    functions = {
        unit.nodes[0].name: unit
        for unit in module.units
        if len(unit.nodes) == 1 and isinstance(unit.nodes[0], ast.FunctionDef)
    }
    if not functions:
        return Solution(code, "")
    examples = "\n".join([code, *(block for block in blocks[1:] if _parses(block))])
    called = [(name, call) for name, call in _example_calls(examples) if name in functions]
    name = _topmost(dict.fromkeys([each for each, _ in called] or functions), module)
    unit = functions[name]
    own = module.source(unit.first, unit.last)
    with suppress(NotSliceable):  # else it is kept whole: whether it runs is for the sandbox to say
        code = module.context(own, name, unit, lifted=False, max_lines=_MAX_SLICE_LINES) + own
    return Solution(code, name, _distinct([call for each, call in called if each == name]))


def calls(text: str, entry_point: str) -> tuple[Call, ...] | Refusal:
    """The calls of `entry_point` in the Python block of an answer, one a line; other lines are passed over."""
    blocks = python_blocks(text)
    if not blocks:
        return Refusal("no code block")
    found: list[Call] = []
    for line in blocks[0].split("\n"):  # a string in a call may hold other line separators
        if _parses(line):
            found += [call for name, call in _example_calls(line) if name == entry_point]
    return _distinct(found) if found else Refusal("no calls")


def python_blocks(text: str) -> list[str]:
    """The fenced blocks that are marked as Python or not marked at all."""
    return [body for mark, body in _FENCE.findall(text) if mark.lower() in ("", "python", "py", "python3")]


def monologue(text: str, direction: Direction) -> str | Refusal:
    """What stands between the [MONOLOGUE] tags, if its sections are those of the direction, in order."""
    found = _between(text, "MONOLOGUE")
    if isinstance(found, Refusal):
        return found
    return _with_sections(found, HEADINGS[direction])


def debugging(text: str) -> tuple[str, str] | Refusal:
    """The rationale and the patch of a debugging answer."""
    found = _between(text, "MONOLOGUE")
    rationale = found if isinstance(found, Refusal) else _with_sections(found, DEBUGGING)
    if isinstance(rationale, Refusal):
        return rationale
    refined = _between(text, "Refined")
    if isinstance(refined, Refusal):
        return refined
    blocks = python_blocks(refined)
    if len(blocks) != 1 or not blocks[0].strip():
        return Refusal("no code block", f"{len(blocks)} blocks between the [Refined] tags")
    return rationale, blocks[0].strip("\n")


def _between(text: str, tag: str) -> str | Refusal:
    if text.count(f"[{tag}]") != 1 or text.count(f"[/{tag}]") != 1:
        return Refusal(f"no [{tag}] block")
    body = text.partition(f"[{tag}]")[2].partition(f"[/{tag}]")
    return body[0].strip() if body[1] else Refusal(f"no [{tag}] block")


def _with_sections(text: str, headings: tuple[str, ...]) -> str | Refusal:
    matches = list(_HEADING.finditer(text))
    found = tuple(match[1] for match in matches)
    if found != headings:
        return Refusal("wrong sections", ", ".join(found)[:200])
    if text[: matches[0].start()].strip():
        return Refusal("wrong sections", "text before the first one")
    ends = [*(match.start() for match in matches[1:]), len(text)]
    if not all(text[match.end() : end].strip() for match, end in zip(matches, ends, strict=True)):
        return Refusal("empty section")
    return text


def _example_calls(code: str) -> list[tuple[str, Call]]:
    """Calls with literal arguments at the top level or under the main guard: (name of the function, call)."""
    found = []
    for statement in ast.parse(code).body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and _is_literal(node):
                args = tuple(ast.unparse(each) for each in node.args)
                kwargs = {each.arg: ast.unparse(each.value) for each in node.keywords if each.arg}
                found.append((node.func.id, Call(args, kwargs)))
    return found


def _is_literal(call: ast.Call) -> bool:
    """Whether all arguments are literals, so that they mean the same anywhere."""
    values = [*call.args, *(each.value for each in call.keywords)]
    if any(each.arg is None for each in call.keywords):
        return False
    try:
        for value in values:
            ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _topmost(names: Iterable[str], module: Module) -> str:
    """Of some functions, the last that no other function uses, else the last one."""
    used = {
        node.id
        for definition in module.tree.body
        if isinstance(definition, ast.FunctionDef)
        for node in ast.walk(definition)
        if isinstance(node, ast.Name) and node.id != definition.name
    }
    last_first = list(names)[::-1]
    return next((name for name in last_first if name not in used), last_first[0])


def _distinct(found: list[Call]) -> tuple[Call, ...]:
    return tuple({(call.args, tuple(sorted(call.kwargs.items()))): call for call in found}.values())


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except NOT_COMPILING:
        return False
    return True
