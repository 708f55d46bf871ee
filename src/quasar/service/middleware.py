"""What stands before every route: who may come in, and how much they may bring.

Plain ASGI, so that the MCP server stands behind the same guards. In this order: the Host header,
the API key, then the body, which is read completely before anything behind the guards runs.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from quasar.service.metrics import Metrics
from quasar.service.models import ErrorAnswer, Failure
from quasar.service.settings import ServiceSettings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS = frozenset({"/healthz"})
"""Answered without a key: it says nothing but that the service is up."""
BATCH_PATHS = frozenset({"/v1/verify/batch", "/get_observation"})
"""Allowed the larger body."""
_MIB = 1 << 20
_log = logging.getLogger(__name__)


def error_body(code: str, message: str) -> bytes:
    """The JSON of an `ErrorAnswer`, in ASCII: messages may quote what no UTF-8 can hold."""
    answer = ErrorAnswer(error=Failure(code=code, message=_clean(message)))
    return json.dumps(answer.model_dump(mode="json")).encode("ascii")


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


class Guards:
    """Stands before an application.

    Args:
        routes: paths that metrics tell apart; all others count as one.
    """

    def __init__(
        self, app: App, settings: ServiceSettings, metrics: Metrics, routes: frozenset[str]
    ) -> None:
        self.app = app
        self.settings = settings
        self.metrics = metrics
        self.routes = routes
        self._hosts = frozenset(settings.hosts)
        self._keys = [_digest(k.get_secret_value().encode()) for k in settings.api_keys]
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        started = time.monotonic()
        path = scope["path"]
        status = 500
        begun = False

        async def watched(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        try:
            await self._guarded(scope, receive, watched)
        except Exception:
            _log.exception("a request failed")
            if begun:
                raise  # the server cuts the answer off, so that nobody takes it for complete
            await _answer(watched, 500, "internal", "the service failed; it says nothing of you.")
        finally:
            route = path if path in self.routes else "other"
            self.metrics.request(route, status, time.monotonic() - started)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        if self._hosts and _name(headers.get(b"host", b"")) not in self._hosts:
            self.metrics.refused("host")
            await _answer(send, 400, "bad_request", "this service does not go by that host name.")
            return
        owner = self._owner(headers)
        if owner is None and scope["path"] not in OPEN_PATHS and not _preflight(scope, headers):
            self.metrics.refused("key")
            challenge = [(b"www-authenticate", b"Bearer")]
            words = "an API key is needed: send 'Authorization: Bearer KEY'."
            await _answer(send, 401, "unauthorized", words, challenge)
            return
        scope.setdefault("state", {})["owner"] = owner or ""
        batch = scope["path"] in BATCH_PATHS
        limit = int((self.settings.max_batch_mib if batch else self.settings.max_body_mib) * _MIB)
        body = _Body(self, limit)
        try:
            refusal = await body.read(headers, receive)
            if refusal is None:
                await self.app(scope, body.replay(receive), send)
            else:
                self.metrics.refused(refusal[1])
                extra = [(b"retry-after", b"1")] if refusal[0] == 429 else []
                await _answer(send, *refusal, [*extra, (b"connection", b"close")])
        finally:
            self._held_bytes -= body.held

    def _owner(self, headers: dict[bytes, bytes]) -> str | None:
        """A name for the key that came; None without a right one, empty where none is needed."""
        if not self._keys:
            return ""
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            given = headers.get(b"x-api-key", b"")
        digest = _digest(given.strip())
        found = None
        for number, key in enumerate(self._keys):  # all of them, so that time tells nothing
            if hmac.compare_digest(digest, key):
                found = f"key-{number}"
        return found

    def hold(self, count: int) -> bool:
        """Make room for so many bytes of a body; False if there is none."""
        if self._held_bytes + count > self.settings.max_bodies_mib * _MIB:
            return False
        self._held_bytes += count
        return True


class _Body:
    """Reads one body within the limits, and hands it on."""

    def __init__(self, guards: Guards, limit: int) -> None:
        self.guards = guards
        self.limit = limit
        self.held = 0
        self._parts: list[bytes] = []
        self._gone = False

    async def read(
        self, headers: dict[bytes, bytes], receive: Receive
    ) -> tuple[int, str, str] | None:
        """Read it all; status, code and message if it is refused."""
        announced = headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self.limit:
            return self._too_large()
        try:
            async with asyncio.timeout(self.guards.settings.max_body_seconds):
                return await self._read(receive)
        except TimeoutError:
            return 408, "timeout", "the body took too long to arrive."

    async def _read(self, receive: Receive) -> tuple[int, str, str] | None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self._gone = True
                return None
            part = message.get("body", b"")
            if self.held + len(part) > self.limit:
                return self._too_large()
            if not self.guards.hold(len(part)):
                return 429, "busy", "too many requests are being received: ask again later."
            self.held += len(part)
            self._parts.append(part)
            if not message.get("more_body", False):
                return None

    def _too_large(self) -> tuple[int, str, str]:
        words = f"the body is larger than {self.limit / _MIB:g} MiB: send less at once."
        return 413, "too_large", words

    def replay(self, receive: Receive) -> Receive:
        """What the application receives."""
        pending: bytes | None = b"".join(self._parts)
        self._parts.clear()

        async def replayed() -> Message:
            nonlocal pending
            if self._gone:
                return {"type": "http.disconnect"}
            if pending is not None:
                body, pending = pending, None
                return {"type": "http.request", "body": body, "more_body": False}
            return await receive()

        return replayed


_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """By name; where one comes twice, the first counts."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        found.setdefault(bytes(name).lower(), bytes(value))
    return found


def _name(host: bytes) -> str:
    """The Host header without its port."""
    text = host.decode("latin-1").strip().lower()
    if text.startswith("["):
        return text.partition("]")[0] + "]"
    return text.rpartition(":")[0] if text.count(":") == 1 else text


def _preflight(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    """A browser's question whether it may ask; browsers send no key with it."""
    return scope["method"] == "OPTIONS" and b"access-control-request-method" in headers


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


async def _answer(
    send: Send,
    status: int,
    code: str,
    message: str,
    headers: list[tuple[bytes, bytes]] | None = None,
) -> None:
    body = error_body(code, message)
    start = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *(headers or []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
