"""From a worker's reply to an Outcome. The result records come from the untrusted child: parsed strictly."""

import json
import signal
import sysconfig
from typing import Any

from pydantic import ValidationError

from semcoder.execution import literals
from semcoder.execution.api import CallResult, Job, Limits, Outcome
from semcoder.execution.worker import Reply
from semcoder.records import Event, Verdict

OUT_OF_MEMORY = 112
MAX_MESSAGE = 1000
MAX_NAME = 200
LIBRARY = sysconfig.get_path("stdlib")
"""In no verdict: its place is the machine's, and two machines give the same verdicts."""


class BadReply(ValueError):
    """The child wrote what the harness never writes."""


def outcome(job: Job, reply: Reply, limits: Limits) -> Outcome:
    """The verdict on one job."""
    try:
        results, verdict, detail = _records(job, reply.result)
    except BadReply:
        results, verdict, detail = [], None, "bad reply"
    if verdict != "forbidden":
        verdict, detail = _ending(job, reply, limits) or (
            (verdict, detail) if verdict else ("killed", detail or f"it left with status {reply.status}")
        )
    return Outcome(
        job.id,
        verdict,
        _clean(detail),
        tuple(results),
        _text(reply.stdout),
        _text(reply.stderr),
        round(reply.cpu_s, 6),
    )


def _ending(job: Job, reply: Reply, limits: Limits) -> tuple[Verdict, str] | None:
    """The verdict where the way it ended decides, whatever the child wrote; None where it came to its end."""
    if reply.why == "cpu" or -reply.status == signal.SIGXCPU:
        return "timeout", f"over {limits.cpu_s:g} s of processor time"
    if job.call_s and -reply.status == signal.SIGPROF:
        return "timeout", f"over {job.call_s:g} s of processor time in one call"
    if reply.why == "wall":
        return "timeout", f"over {limits.wall_s:g} s"
    if reply.status == OUT_OF_MEMORY:
        return "memory", f"over {limits.memory_mb} MB"
    if reply.status < 0:
        try:
            return "killed", signal.Signals(-reply.status).name
        except ValueError:
            return "killed", f"signal {-reply.status}"
    return None if reply.status == 0 else ("killed", f"it left with status {reply.status}")


def _records(job: Job, data: bytes) -> tuple[list[CallResult], Verdict | None, str]:
    """(results, verdict or None where no record ends the run, detail). Raises BadReply."""
    results: list[CallResult] = []
    verdict: Verdict | None = None
    detail = ""
    lines = job.code.count("\n") + job.code.count("\r") + 1
    for line in data.splitlines():
        if verdict is not None:
            raise BadReply("something after the end")
        try:
            kind, body = json.loads(line)
        except (ValueError, TypeError, RecursionError) as error:
            raise BadReply("not a record") from error
        if kind == "call" and len(results) < len(job.calls):
            results.append(_call(body, lines))
        elif kind == "done" and len(results) == (len(job.calls) if job.entry_point else 0):
            verdict = "ok"
        elif kind == "memory":
            verdict, detail = "memory", "MemoryError"
        elif kind == "raised":
            verdict, detail = "raised", _sentence(_raised(body))
        elif kind == "forbidden" or kind == "invalid" or kind == "killed":
            verdict, detail = kind, _short(body, MAX_MESSAGE)
        else:
            raise BadReply("an unknown record")
    return results, verdict, detail


def _call(body: Any, lines: int) -> CallResult:
    """What one call claims: a canonical literal, or an exception; events that lie within the program."""
    if type(body) is not dict or not body.keys() <= {"value", "raised", "events", "truncated"}:
        raise BadReply("not a call's result")
    value, raised = body.get("value"), body.get("raised")
    events, truncated = body.get("events", []), body.get("truncated", "")
    if (value is None) == (raised is None) or type(events) is not list or type(truncated) is not str:
        raise BadReply("not a call's result")
    if value is not None and not _is_canonical(value):
        raise BadReply("not a value")
    try:
        steps = tuple([Event.model_validate(_clean_all(event)) for event in events])
    except (ValidationError, RecursionError) as error:
        raise BadReply("not an event") from error
    if any(not (0 < step.line <= lines and step.depth >= 0 and step.count > 0) for step in steps):
        raise BadReply("an event outside the program")
    return CallResult(value, None if raised is None else _raised(raised), steps, _clean(truncated[:MAX_NAME]))


def _is_canonical(value: Any) -> bool:
    """Whether this is what `literals.render` writes: callers parse it, compare it and store it."""
    try:
        return type(value) is str and literals.render(literals.parse(value)) == value
    except (ValueError, RecursionError):
        return False


def _clean_all(body: Any) -> Any:
    """Every text in it cleaned."""
    if type(body) is str:
        return _clean(body)
    if type(body) is list:
        return [_clean_all(item) for item in body]
    if type(body) is dict:
        return {_clean(name): _clean_all(item) for name, item in body.items()}
    return body


def _raised(body: Any) -> tuple[str, str, int]:
    if type(body) is not list or len(body) != 3 or type(body[2]) is not int or not 0 <= body[2] < 1 << 31:
        raise BadReply("not an exception")
    return _short(body[0], MAX_NAME), _short(body[1], MAX_MESSAGE), body[2]


def _sentence(raised: tuple[str, str, int]) -> str:
    kind, message, line = raised
    return f"{kind}: {message}" + (f" (line {line})" if line else "")


def _short(text: Any, limit: int) -> str:
    if type(text) is not str:
        raise BadReply("not a text")
    return _clean(text.replace(LIBRARY, "<library>")[:limit])


def _clean(text: str) -> str:
    """Text that can be written as UTF-8: lone surrogates become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
