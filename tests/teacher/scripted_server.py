"""A server that speaks as much of the OpenAI protocol as the teacher uses, and misbehaves on command."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from semcoder.teacher.store import Question

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
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def serving(script: Script) -> Iterator[Script]:
    """Run the script on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            question = Question(
                model=body["model"],
                messages=tuple((each["role"], each["content"]) for each in body["messages"]),
                temperature=body["temperature"],
                max_tokens=body["max_tokens"],
                stop=tuple(body.get("stop", ())),
                sample=body["seed"],
            )
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

        def _answer(self, question: Question, fault: dict[str, Any]) -> None:
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
            time.sleep(fault.get("stall_s", 0.0))
            text = fault.get("content", script.reply(question))
            message = {"role": "assistant", "content": text}
            if "refusal" in fault:
                message |= {"content": None, "refusal": fault["refusal"]}
            answer = {
                "id": "x",
                "object": "chat.completion",
                "created": 0,
                "model": question.model,
                "choices": [{"index": 0, "message": message, "finish_reason": fault.get("finish", "stop")}],
                "usage": fault.get(
                    "usage", {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
                ),
            }
            body = json.dumps(answer).encode()
            if "torn" in fault:
                self._send(200, {}, body, body[: len(body) // 2])
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self._send(200, {}, body)

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
