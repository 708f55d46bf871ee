"""A small OpenAI-compatible server on the loopback interface, which misbehaves on request.

What it does with each request is a script: a function of the request's number (from 0) and body
that says which `Reply` to give.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """An answer: any bytes, after a pause; `drop` closes the connection half way through them."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause_s: float = 0.0
    drop: bool = False


def says(*texts: str | None, finish: str = "stop", usage: tuple[int, int] = (10, 5)) -> Reply:
    """A well-formed answer with one choice a text."""
    choices = [
        {"index": i, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
        for i, text in enumerate(texts)
    ]
    counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
    body = {"id": "1", "object": "chat.completion", "choices": choices, "usage": counts}
    return Reply(json.dumps(body).encode())


def complains(status: int, message: str = "no", **headers: str) -> Reply:
    body = {"error": {"message": message, "type": "error"}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps(body).encode(), status, named)


Script = Callable[[int, dict[str, Any]], Reply]


class ChatServer(ThreadingHTTPServer):
    """Attributes: `url` up to /v1; `seen`: bodies, headers and times of all requests so far."""

    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.lock = threading.Lock()
        self.seen: list[dict[str, Any]] = []
        self.at_a_time = self.most_at_a_time = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, *_: Any) -> None:
        """Clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        with server.lock:
            number = len(server.seen)
            headers = {k.lower(): v for k, v in self.headers.items()}
            server.seen.append(
                {"path": self.path, "body": body, "headers": headers, "time": time.monotonic()}
            )
            server.at_a_time += 1
            server.most_at_a_time = max(server.most_at_a_time, server.at_a_time)
        reply = server.script(number, body)
        time.sleep(reply.pause_s)
        with server.lock:
            server.at_a_time -= 1
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.drop else reply.body)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def serving(script: Script) -> Iterator[ChatServer]:
    """A running server."""
    server = ChatServer(script)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
