"""What the tests of the tracer share: the example programs, and a trace as readable lines.

`python tests/tracing/traced.py` writes the golden traces anew; read the difference before you commit it.
"""

import ast
from pathlib import Path
from typing import Any

from semcoder.records import Event, Trace
from semcoder.tracing.tracer import trace

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in (HERE / "programs").glob("*.txt"))


def run(code: str, call: str, max_events: int = 1000, max_value_chars: int = 1000) -> dict[str, Any]:
    """Trace `call`, written as `f(1, k=2)`."""
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    args = [ast.unparse(each) for each in node.args]
    kwargs = {str(each.arg): ast.unparse(each.value) for each in node.keywords}
    return trace(code, ast.unparse(node.func), args, kwargs, max_events, max_value_chars)


def example(name: str) -> tuple[str, str]:
    """(code, call) of a program in programs/: its first line names the call."""
    code = (HERE / "programs" / f"{name}.txt").read_text(encoding="utf-8")
    return code, code.splitlines()[0].removeprefix("# call: ")


def golden(name: str) -> Path:
    """Where the readable trace of a program is kept."""
    return HERE / "golden" / f"{name}.txt"


def record(result: dict[str, Any]) -> Trace:
    """The Trace record of a result."""
    return Trace(parents=("test", "program"), events=tuple(Event(**event) for event in result["events"]))


def readable(code: str, result: dict[str, Any]) -> str:
    """A trace for reading: an event a line, indented by depth, with the program's own line at its end."""
    lines = code.split("\n")
    written = []
    for event in record(result).events:
        changes = [f"{name} = {text}" for name, text in event.changes.items()]
        changes += [f"del {name}" for name in event.removed]
        changes += [f"-> {event.value}"] if event.value else []
        head = (
            f"{'    ' * event.depth}{event.kind} {event.line}{f'x{event.count}' if event.count > 1 else ''}"
        )
        what = "; ".join([event.scope] * (event.kind == "call") + changes)
        written.append(f"{head:<18} {what:<50} | {lines[event.line - 1].strip()}".rstrip())
    written.append(f"raised {result['raised']}" if result["raised"] else f"value {result['value']}")
    return "\n".join(written) + "\n"


if __name__ == "__main__":
    for each in NAMES:
        code, call = example(each)
        golden(each).parent.mkdir(exist_ok=True)
        golden(each).write_text(readable(code, run(code, call)), encoding="utf-8")
