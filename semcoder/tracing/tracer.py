"""Runs one call of a program and records what every line did.

Standard library only: this file runs inside the sandbox, beside `literals.py`, `structure.py` and `values.py`.

What the events say (semcoder.records.Event has the fields):

- Events stand in the order in which they *end*, so every state follows from what stands before it. A line that
  calls a function therefore comes after that call's events, and carries the changes that the call made.
- `line`: one execution of one statement (or of a compound statement's header), at its first line, also when the
  interpreter moves between its lines. Changes compare the text of each variable before and after. A loop header
  runs once an iteration and once more, without changes, when the loop ends. Comprehensions and generator
  expressions belong to the line that runs them.
- `call`: entering a function, lambda, or class body; `changes` are the arguments. A generator is entered when it
  is resumed, too: later entries carry only what others changed while it waited.
- `return`: `value` is what was returned or yielded. A function that is left by an exception has none: its last
  event is the `exception`, and every function the exception passes through has one.
- Module-level variables that functions use are watched; a change is shown once, at the innermost line.
- Module-level code runs before the trace begins.
"""

import ast
import dis
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FrameType
from typing import Any

try:
    import literals  # type: ignore[import-not-found, unused-ignore]
    import structure  # type: ignore[import-not-found, unused-ignore]
    import values  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    from semcoder.execution import literals
    from semcoder.tracing import structure, values

FILENAME = "<program>"
MAX_STACK = 100
"""Nested calls of the program that are followed; the interpreter's own limit of 1,000 must stay out of reach."""
FOLDED = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
LEAVING = frozenset(
    dis.opmap[name] for name in ("RETURN_VALUE", "RETURN_CONST", "YIELD_VALUE") if name in dis.opmap
)
YIELDING = frozenset({dis.opmap["YIELD_VALUE"]})
ITERATING = frozenset(dis.opmap[name] for name in ("FOR_ITER", "SEND", "END_ASYNC_FOR") if name in dis.opmap)

Event = dict[str, Any]


def trace(
    code: str,
    entry_point: str,
    args: list[str],
    kwargs: dict[str, str],
    max_events: int,
    max_value_chars: int,
) -> dict[str, Any]:
    """Execute `code` in a fresh namespace, then call `entry_point` and record it.

    Arguments are Python source, evaluated in the program's namespace. Returns {"value": literal or None,
    "raised": [type, message, line in the program or 0] or None, "events": [Event fields, defaults left out],
    "truncated": "" or why the trace is not whole: "events", "value size", "depth", "settrace"}. A value that has
    no literal counts as raised: ["NotPlain", why, 0]. The program always runs to its end.
    """
    namespace: dict[str, Any] = {"__name__": "solution"}
    recorder = None
    value, raised = None, None
    try:
        exec(compile(code, FILENAME, "exec", dont_inherit=True), namespace)
        function = eval(entry_point, namespace)
        positional = [eval(text, namespace) for text in args]
        named = {name: eval(text, namespace) for name, text in kwargs.items()}
        recorder = Recorder(code, namespace, max_events, max_value_chars)
        value = literals.render(recorder.run(lambda: function(*positional, **named)))
    except BaseException as error:
        if recorder and recorder.failure:
            raise recorder.failure from None
        raised = [type(error).__qualname__, values.error_text(error), _line_of(error)]
    events = recorder.events if recorder else []
    truncated = recorder.truncated if recorder else ""
    return {"value": value, "raised": raised, "events": events, "truncated": truncated}


def _line_of(error: BaseException) -> int:
    """The innermost line of the program that the error passed through, or 0."""
    if isinstance(error, SyntaxError) and error.filename == FILENAME:
        return error.lineno or 0
    line, step = 0, error.__traceback__
    while step:
        if step.tb_frame.f_code.co_filename == FILENAME:
            line = step.tb_lineno
        step = step.tb_next
    return line


class Activation:
    """One running function of the program."""

    __slots__ = (
        "counts",
        "frame",
        "is_class",
        "last",
        "line",
        "raw",
        "resumed",
        "scope",
        "shown",
        "start",
        "thrown",
    )

    def __init__(self, frame: FrameType) -> None:
        self.frame = frame
        self.scope = frame.f_code.co_qualname
        self.is_class = not frame.f_code.co_flags & inspect.CO_NEWLOCALS
        self.shown: dict[str, tuple[Any, str, bool]] = {}
        self.counts: dict[int, int] = {}
        self.line = 0  # the statement that is running, or 0
        self.raw = 0  # where the interpreter is in it
        self.start = self.last = 0  # bytecode offsets at its first and latest line event
        self.resumed = False  # the statement had already yielded, and had its event
        self.thrown = False  # an exception is on its way out


class Recorder:
    """Collects the events of one call."""

    def __init__(self, code: str, namespace: dict[str, Any], max_events: int, max_value_chars: int) -> None:
        self.events: list[Event] = []
        self.truncated = ""
        self.failure: Exception | None = None
        self._max_events = max_events
        self._limit = max_value_chars
        self._lines = structure.statement_lines(code)
        self._loops = {
            n for n, each in structure.statement_at(code).items() if isinstance(each, structure.LOOPS)
        }
        self._namespace = namespace
        self._watched = _watched(code, namespace)
        self._globals = {name: self._look(namespace[name]) for name in self._watched if name in namespace}
        self._large = self._large_globals()
        self._stack: list[Activation] = []
        self._waiting: dict[FrameType, Activation] = {}
        self._opcodes: dict[CodeType, bytes] = {}
        self._stopped = False

    def run(self, call: Callable[[], Any]) -> Any:
        """Make the call with tracing on."""
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            return call()
        finally:
            if not self._stopped and sys.gettrace() != self._enter:
                self._truncate("settrace")
            sys.settrace(before)
            self._waiting.clear()
            if self._large_globals() != self._large:
                self._truncate("value size")

    # What the interpreter calls

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        if self._stopped or code.co_filename != FILENAME or code.co_name in FOLDED:
            return None
        try:
            self._call(frame)
        except Exception as error:
            self._fail(error)
            raise
        return self._step

    def _step(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
        if self._stopped:
            return None
        try:
            if event == "line":
                self._line(frame)
            elif event == "return":
                self._return(frame, arg)
            elif event == "exception":
                self._exception(frame, arg)
        except Exception as error:
            self._fail(error)
            raise
        return self._step

    def _fail(self, error: Exception) -> None:
        self.failure = error
        self._stop("failure")

    # The four events

    def _call(self, frame: FrameType) -> None:
        now = self._waiting.pop(frame, None)
        if len(self._stack) >= MAX_STACK:
            self._stop("depth")
            return
        line = self._at(frame.f_code.co_firstlineno)
        if now is None:
            now = Activation(frame)
            self._stack.append(now)
            self._compare(now)
            given = _parameters(frame.f_code)
            changes = {name: now.shown[name] for name in given if name in now.shown}
            self._emit(now, "call", line, changes)
        else:
            self._stack.append(now)
            changes, removed = self._compare(now)
            self._emit(now, "call", line, changes, removed)

    def _line(self, frame: FrameType) -> None:
        now = self._current(frame)
        raw, offset = frame.f_lineno, frame.f_lasti
        line = self._at(raw)
        if line == now.line and not self._again(now, raw, offset):
            now.raw, now.last = raw, offset
            return
        self._finish(now)
        now.resumed = now.thrown = False
        if now.is_class and not now.counts and line == self._at(frame.f_code.co_firstlineno):
            return  # the interpreter's own preparation of a class body
        now.line, now.raw, now.start, now.last = line, raw, offset, offset
        now.counts[line] = now.counts.get(line, 0) + 1

    def _again(self, now: Activation, raw: int, offset: int) -> bool:
        """Whether the running statement begins anew, rather than goes on in another of its lines."""
        if now.line in self._loops:
            return raw == now.raw or offset <= now.last
        return offset <= now.start

    def _return(self, frame: FrameType, value: Any) -> None:
        now = self._current(frame)
        yields = self._left_by(frame, YIELDING)
        if not self._left_by(frame, LEAVING) or (yields and now.thrown):
            self._stack.pop()
            return
        line = self._at(frame.f_lineno)
        self._finish(now)
        text, whole = values.show(value, self._limit)
        self._emit(now, "return", line, {}, (), text, whole)
        self._stack.pop()
        if yields:
            now.line, now.resumed = line, True
            self._waiting[frame] = now

    def _exception(self, frame: FrameType, arg: Any) -> None:
        now = self._current(frame)
        kind, error, _ = arg
        if kind in (StopIteration, StopAsyncIteration) and self._left_by(frame, ITERATING):
            return
        now.thrown = True
        if kind is GeneratorExit and now.resumed:  # thrown away half-way: nothing the program did
            now.line = 0
            if self.events and self.events[-1]["kind"] == "call":
                self.events.pop()
            return
        self._finish(now)
        if not isinstance(error, BaseException):
            error = kind(error)
        name = type(error).__qualname__.rpartition("<locals>.")[2]
        text = values.error_text(error)
        self._emit(now, "exception", self._at(frame.f_lineno), {}, (), f"{name}: {text}" if text else name)

    # States

    def _finish(self, now: Activation) -> None:
        """Emit the line that was running, with what it changed."""
        if now.line:
            changes, removed = self._compare(now)
            if changes or removed or not now.resumed:
                self._emit(now, "line", now.line, changes, removed)
            now.line = 0

    def _compare(self, now: Activation) -> tuple[dict[str, tuple[Any, str, bool]], tuple[str, ...]]:
        local = now.frame.f_locals
        changes, removed = self._difference(now.shown, local, list(local))
        if self._watched:
            more, gone = self._difference(self._globals, self._namespace, self._watched)
            changes = {**more, **changes}
            removed += gone
        return changes, removed

    def _difference(
        self, shown: dict[str, tuple[Any, str, bool]], current: Mapping[str, Any], names: list[str]
    ) -> tuple[dict[str, tuple[Any, str, bool]], tuple[str, ...]]:
        changes = {}
        for name in names:
            if name not in current:
                continue
            value = current[name]
            known = shown.get(name)
            if known is not None and known[0] is value and value is not None:
                continue
            if name[:2] == "__" and name[-2:] == "__":
                continue
            state = self._look(value)
            if known is None or known[1] != state[1]:
                changes[name] = state
            shown[name] = state
        removed = tuple(name for name in shown if name not in current)
        for name in removed:
            del shown[name]
        return changes, removed

    def _look(self, value: Any) -> tuple[Any, str, bool]:
        """(the value itself if its text can never change, its text, whether the text is whole)."""
        text, whole = values.show(value, self._limit)
        return (value if values.unchanging(value) else None), text, whole

    def _large_globals(self) -> list[str]:
        """Full texts of watched variables that are too long to show: a change in them is still noticed."""
        large = [name for name, state in self._globals.items() if not state[2]]
        return [values.show(self._namespace.get(name), 10_000_000)[0] for name in large]

    # Bookkeeping

    def _emit(
        self,
        now: Activation,
        kind: str,
        line: int,
        changes: Mapping[str, tuple[Any, str, bool]],
        removed: tuple[str, ...] = (),
        value: str = "",
        whole: bool = True,
    ) -> None:
        if len(self.events) >= self._max_events:
            self._stop("events")
        if self._stopped:
            return
        event: Event = {"kind": kind, "line": line, "scope": now.scope}
        if len(self._stack) > 1:
            event["depth"] = len(self._stack) - 1
        if kind != "call" and now.counts.get(line, 1) > 1:
            event["count"] = now.counts[line]
        if changes:
            event["changes"] = {name: state[1] for name, state in changes.items()}
        if removed:
            event["removed"] = list(removed)
        if value:
            event["value"] = value
        if not (whole and all(state[2] for state in changes.values())):
            self._truncate("value size")
        self.events.append(event)

    def _at(self, line: int) -> int:
        return int(self._lines.get(line, line))

    def _left_by(self, frame: FrameType, opcodes: frozenset[int]) -> bool:
        code = frame.f_code
        if code not in self._opcodes:
            self._opcodes[code] = code.co_code
        return frame.f_lasti >= 0 and self._opcodes[code][frame.f_lasti] in opcodes

    def _current(self, frame: FrameType) -> Activation:
        """The activation of `frame`; what stands above it on the stack was left unseen."""
        while self._stack[-1].frame is not frame:
            self._stack.pop()
        return self._stack[-1]

    def _truncate(self, reason: str) -> None:
        self.truncated = self.truncated or reason

    def _stop(self, reason: str) -> None:
        self._truncate(reason)
        self._stopped = True
        self._stack.clear()
        self._waiting.clear()
        sys.settrace(None)


def _parameters(code: CodeType) -> tuple[str, ...]:
    extra = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + extra]


def _watched(code: str, namespace: Mapping[str, Any]) -> list[str]:
    """Module-level variables that functions use, or assign by `global`; functions, classes and modules are not."""
    used: set[str] = set()
    for body in _nested(compile(code, FILENAME, "exec", dont_inherit=True)):
        used.update(body.co_names)
    assigned = {
        name for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Global) for name in node.names
    }
    data = {
        n
        for n in used
        if n in namespace and not callable(namespace[n]) and not isinstance(namespace[n], values.CODE)
    }
    return sorted(name for name in data | assigned if not name.startswith("__"))


def _nested(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _nested(constant)
