"""A benchmark's own few-shot prompt, read out of its Python file by the syntax tree: nothing of the file runs.

CRUXEval's prompts.py (facebookresearch/cruxeval) has a function for each, of a pair: the program, and its
arguments or its output.

    def make_FORMAT_TASK_prompt(pair):
        program, known = pair
        return f"...{program}...{known}..."
"""

import ast
from dataclasses import dataclass
from pathlib import Path

from semcoder.errors import UserError
from semcoder.reading import read_text


@dataclass(frozen=True)
class Template:
    """A prompt with places: texts, and 0 where the program stands, 1 where its arguments or its output do."""

    parts: tuple[str | int, ...]

    def filled(self, code: str, given: str, entry_point: str = "f") -> str:
        """The prompt for a program and its arguments, or its output.

        The benchmark calls every function `f`, and so does what stands behind the program: `assert f(`.
        """
        place = self.parts.index(0)
        asked = [
            part.replace("assert f(", f"assert {entry_point}(") if isinstance(part, str) else part
            for part in self.parts[place:]
        ]
        parts = [*self.parts[:place], *asked]
        return "".join(part if isinstance(part, str) else (code, given)[part] for part in parts)


def read_template(path: Path, function: str) -> Template:
    """The f-string that `function` returns. Raises UserError where the file does not have it in this shape."""
    try:
        tree = ast.parse(read_text(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UserError(f"{path}: not Python ({error}); give CRUXEval's prompts.py.") from error
    parts = next((_parts(node) for node in tree.body if getattr(node, "name", "") == function), None)
    if not parts or not {0, 1} <= set(parts):
        raise UserError(
            f"{path}: has no function {function} that takes a pair apart and returns an f-string of its two halves; "
            "give CRUXEval's prompts.py."
        )
    return Template(parts)


def _parts(node: ast.stmt) -> tuple[str | int, ...]:
    """Of a function as above; nothing for any other."""
    match node:
        case ast.FunctionDef(
            args=ast.arguments(
                posonlyargs=[], args=[ast.arg(arg=pair)], vararg=None, kwonlyargs=[], kwarg=None
            ),
            body=[
                ast.Assign(
                    targets=[ast.Tuple(elts=[ast.Name(id=first), ast.Name(id=second)])],
                    value=ast.Name(id=source),
                ),
                ast.Return(value=ast.JoinedStr(values=values)),
            ],
        ) if source == pair and first != second:
            parts = [_part(value, (first, second)) for value in values]
            return tuple(part for part in parts if part is not None) if None not in parts else ()
    return ()


def _part(value: ast.expr, names: tuple[str, str]) -> str | int | None:
    match value:
        case ast.Constant(value=str(text)):
            return text
        case ast.FormattedValue(value=ast.Name(id=name), conversion=-1, format_spec=None) if name in names:
            return names.index(name)
    return None
