"""A completions server whose answers a test writes: real commands talk to it as to any model."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Planted:
    """`reply` answers a prompt; `prompts`, `seeds` and `keys` collect what was asked, and with which keys."""

    def __init__(self, reply: Callable[[str], str]) -> None:
        self.reply = reply
        self.prompts: list[str] = []
        self.seeds: list[int] = []
        self.keys: set[str] = set()
        self.url = ""

    @property
    def engine(self) -> str:
        """The --engine option."""
        return json.dumps({"kind": "openai", "url": self.url, "batch_size": 1})


@contextmanager
def planted(reply: Callable[[str], str]) -> Iterator[Planted]:
    """Serve on a free port of this machine."""
    script = Planted(reply)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            model = {"id": "m", "object": "model", "created": 0, "owned_by": "test"}
            self._send({"object": "list", "data": [model]})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            script.prompts.append(body["prompt"])
            script.seeds.append(body["seed"])
            choice = {
                "index": 0,
                "text": script.reply(body["prompt"]),
                "finish_reason": "stop",
                "logprobs": None,
            }
            answer = {"id": "x", "object": "text_completion", "created": 0, "model": "m", "choices": [choice]}
            self._send(answer)

        def _send(self, answer: object) -> None:
            script.keys.add(self.headers.get("Authorization", ""))
            data = json.dumps(answer).encode()
            try:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):
                return  # the client was killed, as the test wants

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
