"""Runs one call of a program and records what every line did.

Standard library only: this file runs inside the sandbox, beside literals.py, structure.py and values.py.

What the events say (semcoder.records.Event has the fields):

- Events stand in the order in which they *end*, so every state follows from what stands before it. A line
  that calls a function comes after that call's events, and carries what the call changed.
- `line`: one execution of one statement (or of a compound statement's header), at its first line, also when
  the interpreter moves between its lines. `changes` compare the text of each variable before and after. A
  loop header runs once an iteration, and once more, without changes, when the loop ends; a `with` line runs
  again when its block is left. Comprehensions and generator expressions belong to the line that runs them.
- `call`: a function, lambda or class body is entered; `changes` are the arguments. Resuming a generator is a
  call, too: it carries what others changed while the generator waited. What the rest of the statement that
  had yielded changes is one more `line` of the same count.
- `return`: `value` is what was returned or yielded. A function left by an exception has none: its last event
  is the `exception`, and each function that the exception passes has one.
- Module-level variables that functions use are watched; a change is shown once, at the innermost line.
- Module-level code runs before the trace begins.
"""

import dis
import inspect
import sys
from collections.abc import Callable, Mapping
from types import CodeType, FrameType, ModuleType
from typing import Any

try:
    import literals  # type: ignore[import-not-found, unused-ignore]
    import structure  # type: ignore[import-not-found, unused-ignore]
    import values  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    from semcoder.execution import literals
    from semcoder.tracing import structure, values

FILENAME = structure.FILENAME
MODULE = "solution"
MAX_STACK = 100
"""Nested calls that are followed; the interpreter's own limit of 1,000 frames must stay out of reach."""
MAX_MESSAGE = 2000
"""Characters of the message of an exception that ends the call."""
FOLDED = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})


def _opcodes(*names: str) -> frozenset[int]:
    return frozenset(dis.opmap[name] for name in names if name in dis.opmap)


LEAVING = _opcodes("RETURN_VALUE", "RETURN_CONST", "YIELD_VALUE")
YIELDING = _opcodes("YIELD_VALUE")
ITERATING = _opcodes("FOR_ITER", "SEND", "END_ASYNC_FOR")

Event = dict[str, Any]
State = tuple[Any, str, bool]
"""The value itself if its text can never change (else None), its text, whether the text is whole."""


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
    "truncated": why the trace is not whole ("events", "value size", "depth", "settrace") or ""}. A value that
    has no literal is raised: ["NotPlain", why, 0]. A truncated trace does not cut the run itself short.
    """
    module = ModuleType(MODULE)
    namespace = module.__dict__
    before = sys.modules.get(MODULE)
    sys.modules[MODULE] = module  # dataclasses and pickle look a class's module up
    recorder: Recorder | None = None
    value, raised = None, None
    try:
        exec(structure.compiled(code), namespace)
        function = eval(entry_point, namespace)
        positional = [eval(text, namespace) for text in args]
        named = {name: eval(text, namespace) for name, text in kwargs.items()}
        recorder = Recorder(code, namespace, max_events, max_value_chars)
        value = literals.render(recorder.run(lambda: function(*positional, **named)))
    except BaseException as error:
        raised = [values.name_of(type(error)), values.error_text(error, MAX_MESSAGE)[0], _line_of(error)]
    finally:
        sys.modules.pop(MODULE, None)
        if before:
            sys.modules[MODULE] = before
    if recorder and recorder.failure:
        raise recorder.failure
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

    def __init__(self, frame: FrameType) -> None:
        self.frame = frame
        self.scope = frame.f_code.co_qualname
        self.is_class = not frame.f_code.co_flags & inspect.CO_NEWLOCALS
        self.shown: dict[str, State] = {}
        self.counts: dict[int, int] = {}
        self.line = 0  # the statement that is running, or 0
        self.raw = 0  # where the interpreter is in it
        self.start = self.last = 0  # bytecode offsets at its first and latest line event
        self.resumed = False  # the statement had already yielded, and had its event
        self.thrown = False  # an exception is on its way out
        self.closed = False  # a generator that is thrown away


class Recorder:
    """Collects the events of one call; the program's module-level code has already run."""

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
        self._globals: dict[str, State] = {}
        self._difference(self._globals, namespace, self._watched)
        self._stack: list[Activation] = []
        self._waiting: dict[FrameType, Activation] = {}
        self._resumed: tuple[Activation, int, Mapping[str, State], tuple[str, ...]] | None = None
        self._bytecode: dict[CodeType, bytes] = {}
        self._stopped = False

    def run(self, call: Callable[[], Any]) -> Any:
        """Make the call with tracing on."""
        large = self._large_globals()
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            return call()
        finally:
            if not self._stopped and sys.gettrace() != self._enter:
                self._truncate("settrace")
            sys.settrace(before)
            self._waiting.clear()
            if self._large_globals() != large:
                self._truncate("value size")

    # What the interpreter calls

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        if self._stopped or code.co_filename != FILENAME or code.co_name in FOLDED:
            return None
        return self._step(frame, event, arg)

    def _step(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
        if self._stopped:
            return None
        try:
            if self._resumed:
                self._announce(event, arg)
            if self._stopped:
                return None
            if event == "line":
                self._line(frame)
            elif event == "call":
                self._call(frame)
            elif event == "return":
                self._return(frame, arg)
            elif event == "exception":
                self._exception(frame, arg[1])
        except RecursionError:
            self._stop("depth")
        except Exception as error:  # a fault of this module, which the program must not swallow
            self.failure = error
            self._stop("failure")
        return self._step

    # The four events

    def _call(self, frame: FrameType) -> None:
        now = self._waiting.pop(frame, None)
        if len(self._stack) >= MAX_STACK:
            self._stop("depth")
            return
        line = self._at(frame.f_code.co_firstlineno)
        if now:
            self._stack.append(now)
            self._resumed = (now, line, *self._compare(now))
            return
        now = Activation(frame)
        self._stack.append(now)
        self._compare(now)
        if not all(state[2] for state in now.shown.values()):
            self._truncate("value size")
        self._emit(
            now, "call", line, {n: now.shown[n] for n in structure.parameters(frame.f_code) if n in now.shown}
        )

    def _announce(self, event: str, arg: Any) -> None:
        """Emit the call that resumed a generator, unless it only closed one that had nothing to clean up."""
        if not self._resumed or (event == "exception" and type(arg[1]) is GeneratorExit):
            return
        now, line, changes, removed = self._resumed
        self._resumed = None
        if event != "return" or not now.closed:
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
        line = self._at(frame.f_lineno)
        self._finish(now)
        if not self._left_by(frame, LEAVING) or (yields and now.thrown):  # by an exception
            del self._stack[-1:]
            return
        text, whole = values.show(value, self._limit)
        self._emit(now, "return", line, {}, (), text, whole)
        del self._stack[-1:]
        if yields:
            now.line, now.resumed = line, True
            self._waiting[frame] = now

    def _exception(self, frame: FrameType, error: BaseException) -> None:
        now = self._current(frame)
        kind = type(error)
        if kind in (StopIteration, StopAsyncIteration) and self._left_by(frame, ITERATING):
            return
        now.thrown = True
        if kind is GeneratorExit and now.resumed:
            now.line, now.closed = 0, True
            return
        self._finish(now)
        message, whole = values.error_text(error, self._limit)
        text = f"{values.name_of(kind)}: {message}" if message else values.name_of(kind)
        self._emit(now, "exception", self._at(frame.f_lineno), {}, (), text, whole)

    # States

    def _finish(self, now: Activation) -> None:
        """Emit the line that was running, with what it changed."""
        if now.line:
            changes, removed = self._compare(now)
            if changes or removed or not now.resumed:
                self._emit(now, "line", now.line, changes, removed)
            now.line = 0

    def _compare(self, now: Activation) -> tuple[dict[str, State], tuple[str, ...]]:
        local = now.frame.f_locals
        changes, removed = self._difference(now.shown, local, list(local))
        if self._watched:
            more, gone = self._difference(self._globals, self._namespace, self._watched)
            changes = {**more, **changes}
            removed += gone
        return changes, removed

    def _difference(
        self, shown: dict[str, State], current: Mapping[str, Any], names: list[str]
    ) -> tuple[dict[str, State], tuple[str, ...]]:
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

    def _look(self, value: Any) -> State:
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
        changes: Mapping[str, State],
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
        if code not in self._bytecode:
            self._bytecode[code] = code.co_code
        return frame.f_lasti >= 0 and self._bytecode[code][frame.f_lasti] in opcodes

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


def _watched(code: str, namespace: dict[str, Any]) -> list[str]:
    """Module-level variables that functions use, or assign by `global`; no functions, classes or modules."""
    used, assigned = structure.module_names(code)
    data = {name for name in used & namespace.keys() if not _is_code(namespace[name])}
    return sorted(name for name in data | assigned if not name.startswith("__"))


def _is_code(value: Any) -> bool:
    return issubclass(type(value), values.CODE) or type(value).__module__ == "typing"
