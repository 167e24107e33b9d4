"""A server that speaks as much of the OpenAI protocol as the teacher uses, and misbehaves on command."""

import email
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from semcoder.teacher.store import Question

FULL = "the queue is full"
Reply = Callable[[Question], str]
"""What the model writes for a question."""


@dataclass
class Script:
    """What the server does. `faults` are used up one a request, then it answers with `reply`."""

    reply: Reply
    faults: list[dict[str, Any]] = field(default_factory=list)
    """Each: `status` with `headers` and `body`, or `raw` bytes under 200, or `finish`, `content`, `refusal`,
    `usage` of the answer, or `cut` (close without an answer), `torn` (after half of one), `stall_s` (answer late)."""
    delay_s: float = 0.0
    asked: list[Question] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    keys_shown: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    address: str = ""
    plans: list[dict[str, Any]] = field(default_factory=list)
    """Of batches, one each: its `status` at the end, `answered` (how many of its requests), `polls` before it ends,
    `refused` ({number of a request: (status, message)}), `faults` ({number: what is odd about its answer}), `mute`
    (made, but answered with this fault), `hidden` (so often it is missing from the list of batches), `gone` (its
    output is deleted, or never named where this is not True)."""
    queue: int | None = None
    """How many requests batches may have under way together; one too many, and a batch fails."""
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def question_of(body: dict[str, Any]) -> Question:
    """The question behind a request."""
    return Question(
        model=body["model"],
        messages=tuple((each["role"], each["content"]) for each in body["messages"]),
        temperature=body["temperature"],
        max_tokens=body["max_tokens"],
        stop=tuple(body.get("stop", ())),
        sample=body["seed"],
    )


def completion(script: Script, question: Question, fault: dict[str, Any]) -> dict[str, Any]:
    """The body of an answer."""
    message = {"role": "assistant", "content": fault.get("content", script.reply(question))}
    if "refusal" in fault:
        message |= {"content": None, "refusal": fault["refusal"]}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": question.model,
        "choices": [{"index": 0, "message": message, "finish_reason": fault.get("finish", "stop")}],
        "usage": fault.get("usage", {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}),
    }


def _uploaded(kind: str, content: bytes) -> bytes:
    """The file in a form that was posted."""
    form = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + content)
    parts = [part for part in form.get_payload() if isinstance(part, Message)]  # type: ignore[union-attr]
    [file] = [part.get_payload(decode=True) for part in parts if part.get_filename()]
    assert isinstance(file, bytes)
    return file


def _batch(script: Script, body: dict[str, Any], plan: dict[str, Any]) -> dict[str, Any]:
    """A batch at its start; what its requests are answered is settled now."""
    lines = [json.loads(line) for line in script.files[body["input_file_id"]].splitlines()]
    beside = sum(
        each["request_counts"]["total"]
        for each in script.batches.values()
        if each["status"] == "in_progress" and "code" not in each["plan"]
    )
    if script.queue is not None and beside + len(lines) > script.queue:
        plan = {"status": "failed", "answered": 0, "code": "token_limit_exceeded"}
    assert len({line["body"]["model"] for line in lines}) == 1 and body["endpoint"] == lines[0]["url"]
    done, failed = [], []
    for number, line in enumerate(lines[: plan.get("answered", len(lines))]):
        question = question_of(line["body"])
        script.asked.append(question)
        status, message = plan.get("refused", {}).get(number, (200, ""))
        odd = plan.get("faults", {}).get(number, {})
        answer = completion(script, question, odd) if status == 200 else {"error": {"message": message}}
        response = {"status_code": status, "request_id": "r", "body": answer}
        said = {"id": "r", "custom_id": line["custom_id"], "response": response, "error": None}
        (done if status == 200 else failed).append(json.dumps(said, ensure_ascii=False))
    name = f"batch_{len(script.batches)}"
    for kind, rows in (("output", done), ("error", failed)):
        if rows and not (kind == "output" and plan.get("gone")):
            script.files[f"{name}-{kind}"] = "\n".join(rows[::-1]).encode()  # in any order
    script.batches[name] = {
        **{"id": name, "object": "batch", "status": "in_progress", "created_at": 0},
        **{each: body[each] for each in ("endpoint", "input_file_id", "completion_window", "metadata")},
        "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
        "plan": plan,
        "beside": beside,
    }
    return script.batches[name]


def _polled(script: Script, batch: dict[str, Any]) -> dict[str, Any]:
    """The batch as it is now: ended, if it was looked at often enough."""
    plan = batch["plan"]
    if plan.get("polls", 0) > 0:
        plan["polls"] -= 1
        return batch
    batch["status"] = plan.get("status", "completed")
    for kind in ("output", "error"):
        name = f"{batch['id']}-{kind}"
        batch[f"{kind}_file_id"] = (
            name if name in script.files or (kind == "output" and plan.get("gone") is True) else None
        )
    if plan.get("gone"):
        batch["request_counts"]["completed"] = 1
    if batch["status"] == "failed":
        batch["errors"] = {"object": "list", "data": [{"code": plan.get("code", "x"), "message": FULL}]}
    return batch


def _listed(script: Script) -> list[dict[str, Any]]:
    shown = [each for each in script.batches.values() if each["plan"].get("hidden", 0) == 0]
    for each in script.batches.values():
        each["plan"]["hidden"] = max(0, each["plan"].get("hidden", 0) - 1)
    return shown


@contextmanager
def serving(script: Script) -> Iterator[Script]:
    """Run the script on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            *_, kind, name = self.path.partition("?")[0].removesuffix("/content").split("/")
            with script.lock:
                script.keys_shown.append(self.headers.get("Authorization", ""))
                if name == "batches":
                    found: Any = {"object": "list", "data": _listed(script), "has_more": False}
                else:
                    found = (script.files if kind == "files" else script.batches).get(name)
                if kind == "batches" and found:
                    found = _polled(script, found)
            content = (
                found
                if isinstance(found, bytes)
                else json.dumps(found or {"error": {}}, default=repr).encode()
            )
            self._send(200 if found else 404, {}, content)

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.endswith("/files"):
                with script.lock:
                    name = f"file-{len(script.files)}"
                    script.files[name] = _uploaded(self.headers["Content-Type"], content)
                whole = {
                    "id": name,
                    "object": "file",
                    "bytes": len(content),
                    "created_at": 0,
                    "purpose": "batch",
                }
                self._send(200, {}, json.dumps(whole | {"filename": "x", "status": "processed"}).encode())
                return
            body = json.loads(content)
            if self.path.endswith("/batches"):
                with script.lock:
                    script.keys_shown.append(self.headers.get("Authorization", ""))
                    fault = script.faults.pop(0) if script.faults else {}
                    plan = {} if "status" in fault else script.plans.pop(0) if script.plans else {}
                    batch = None if "status" in fault else _batch(script, body, plan)
                if batch is None or plan.get("mute"):
                    self._answer(None, fault or plan["mute"])
                else:
                    self._send(200, {}, json.dumps(batch, default=repr).encode())
                return
            question = question_of(body)
            with script.lock:
                script.asked.append(question)
                script.times.append(time.monotonic())
                script.keys_shown.append(self.headers.get("Authorization", ""))
                script.at_once += 1
                script.most_at_once = max(script.most_at_once, script.at_once)
                fault = script.faults.pop(0) if script.faults else {}
            try:
                time.sleep(script.delay_s)
                self._answer(question, fault)
            finally:
                with script.lock:
                    script.at_once -= 1

        def _answer(self, question: Question | None, fault: dict[str, Any]) -> None:
            if "cut" in fault:
                self.close_connection = True
                self.connection.close()
                return
            if "status" in fault:
                self._send(
                    fault["status"], fault.get("headers", {}), json.dumps(fault.get("body", {})).encode()
                )
                return
            if "raw" in fault:
                self._send(200, {}, fault["raw"])
                return
            assert question is not None
            time.sleep(fault.get("stall_s", 0.0))
            answer = json.dumps(completion(script, question, fault)).encode()
            if "torn" in fault:
                self._send(200, {}, answer, answer[: len(answer) // 2])
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self._send(200, {}, answer)

        def _send(self, status: int, headers: dict[str, str], body: bytes, sent: bytes | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if sent is None else sent)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *args: object) -> None:
            pass  # a client that was killed

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    script.address = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
