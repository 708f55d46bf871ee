"""Middleware before every route: who may ask, and how much they may send.

Plain ASGI, so that the MCP server has the same. From the outside in: `Boundary` (metrics, headers,
unexpected errors), `AllowedHosts`, `ApiKey`, `BodyLimit`, which reads the body completely before
anything behind it runs. Starlette's own host check answers in plain text and knows no IPv6.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import time
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quasar.service.failures import INTERNAL, error_response
from quasar.service.metrics import Metrics
from quasar.service.settings import ServiceSettings

OPEN_PATHS = frozenset({"/healthz"})
"""Answered without a key; tells only that the service is up."""
BATCH_PATHS = frozenset({"/v1/verify/batch", "/get_observation"})
"""Allowed the larger body."""
_ANSWER_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_MIB = 1 << 20
_log = logging.getLogger(__name__)


def protect(
    app: ASGIApp,
    settings: ServiceSettings,
    metrics: Metrics,
    routes: frozenset[str],
    open_paths: frozenset[str] = frozenset(),
) -> ASGIApp:
    """An application behind all middleware of this module.

    Args:
        routes: paths that metrics tell apart; all others count as one.
        open_paths: answered without an API key, beside `OPEN_PATHS`.
    """
    app = ApiKey(BodyLimit(app, settings, metrics), settings, metrics, open_paths)
    return Boundary(AllowedHosts(app, settings, metrics), metrics, routes)


class Boundary:
    """Counts requests, adds headers where an answer has none of its own, and answers for unexpected
    errors.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: frozenset[str]) -> None:
        self.app = app
        self.metrics = metrics
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        started = time.monotonic()
        status, begun = 500, False

        async def watched(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                own = [*message.get("headers", ())]
                named = {name.lower() for name, _ in own}
                message["headers"] = own + [h for h in _ANSWER_HEADERS if h[0] not in named]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            _log.exception("a request failed")
            if begun:
                raise  # the server cuts the answer off, so that nobody takes it for complete
            await error_response(500, "internal", INTERNAL)(scope, receive, watched)
        finally:
            route = scope["path"] if scope["path"] in self.routes else "other"
            self.metrics.request(route, status, time.monotonic() - started)


class _Check:
    """Base of middleware that refuses some requests."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings, metrics: Metrics) -> None:
        self.app = app
        self.settings = settings
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.check(scope, receive, send, Headers(scope=scope))
        else:
            await self.app(scope, receive, send)

    async def check(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """Pass the request on, or refuse it."""
        raise NotImplementedError


class AllowedHosts(_Check):
    """Refuses requests to other host names, so that no web page reaches loopback by DNS."""

    async def check(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """See the class."""
        allowed = self.settings.hosts
        if not allowed or host_name(headers.get("host", "")) in allowed:
            await self.app(scope, receive, send)
            return
        self.metrics.refused("host")
        refusal = error_response(400, "bad_request", "the Host header is not allowed.")
        await refusal(scope, receive, send)


class ApiKey(_Check):
    """Asks for a key, where there is any; `scope["state"]["owner"]` then names the key."""

    def __init__(
        self,
        app: ASGIApp,
        settings: ServiceSettings,
        metrics: Metrics,
        open_paths: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(app, settings, metrics)
        self.open_paths = OPEN_PATHS | open_paths
        self._keys = [_digest(key.get_secret_value()) for key in settings.api_keys]

    async def check(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """See the class."""
        owner = self._owner(headers)
        if (
            owner is None
            and scope["path"] not in self.open_paths
            and not _preflight(scope, headers)
        ):
            self.metrics.refused("key")
            words = "an API key is needed: send 'Authorization: Bearer KEY'."
            refusal = error_response(401, "unauthorized", words, {"www-authenticate": "Bearer"})
            await refusal(scope, receive, send)
            return
        scope.setdefault("state", {})["owner"] = owner or ""
        await self.app(scope, receive, send)

    def _owner(self, headers: Mapping[str, str]) -> str | None:
        """A name for the key that was sent; None without a valid one, empty where none is asked."""
        if not self._keys:
            return ""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            given = headers.get("x-api-key", "")
        digest = _digest(given.strip())
        found = None
        for number, key in enumerate(self._keys):  # all of them, so that time tells nothing
            if hmac.compare_digest(digest, key):
                found = f"key-{number}"
        return found


class BodyLimit(_Check):
    """Reads each body, limited in size and time, and all bodies together in memory."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings, metrics: Metrics) -> None:
        super().__init__(app, settings, metrics)
        self._held_bytes = 0

    async def check(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """See the class."""
        batch = scope["path"] in BATCH_PATHS
        mib = self.settings.max_batch_mib if batch else self.settings.max_body_mib
        body = _Body(int(mib * _MIB))
        try:
            await self._read(body, headers, receive)
            await self.app(scope, body.replay(receive), send)
        except _Refusal as refusal:
            self.metrics.refused(refusal.code)
            await refusal.response(scope, receive, send)
        finally:
            self._held_bytes -= body.size

    async def _read(self, body: _Body, headers: Mapping[str, str], receive: Receive) -> None:
        """Read a body until it is complete or the client goes away.

        Raises:
            _Refusal: it is too large, or comes too slowly, or there is no room for it.
        """
        announced = headers.get("content-length", "")
        body.require_room(int(announced) if announced.isdecimal() else 0)
        try:
            async with asyncio.timeout(self.settings.max_body_seconds):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        body.gone = True
                        return
                    part = message.get("body", b"")
                    body.require_room(len(part))
                    if self._held_bytes + len(part) > self.settings.max_bodies_mib * _MIB:
                        words = "too many requests are being received: try again later."
                        raise _Refusal(429, "busy", words, {"retry-after": "1"})
                    self._held_bytes += len(part)
                    body.add(part)
                    more = message.get("more_body", False)
        except TimeoutError:
            raise _Refusal(408, "timeout", "the body took too long to arrive.") from None


class _Body:
    """One body of at most `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.gone = False
        self._parts: list[bytes] = []

    def require_room(self, count: int) -> None:
        """Check that this many more bytes are allowed.

        Raises:
            _Refusal: they are not.
        """
        if self.size + count > self.limit:
            words = f"the body is larger than {self.limit / _MIB:g} MiB: send less at once."
            raise _Refusal(413, "too_large", words)

    def add(self, part: bytes) -> None:
        """Append a part."""
        self.size += len(part)
        self._parts.append(part)

    def replay(self, receive: Receive) -> Receive:
        """What the application receives instead: the body in one piece."""
        pending: bytes | None = b"".join(self._parts)
        self._parts.clear()

        async def replayed() -> Message:
            nonlocal pending
            if self.gone:
                return {"type": "http.disconnect"}
            if pending is not None:
                body, pending = pending, None
                return {"type": "http.request", "body": body, "more_body": False}
            return await receive()

        return replayed


class _Refusal(Exception):
    """An answer to a request that is not read any further; its connection is closed."""

    def __init__(
        self, status: int, code: str, words: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(words)
        self.code = code
        self.response = error_response(
            status, code, words, {**(headers or {}), "connection": "close"}
        )


def host_name(host: str) -> str:
    """The Host header without its port."""
    text = host.strip().lower()
    if text.startswith("["):
        return text.partition("]")[0] + "]"
    return text.rpartition(":")[0] if text.count(":") == 1 else text


def _preflight(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Whether a browser asks if it may ask (CORS); browsers send no key with that."""
    return scope["method"] == "OPTIONS" and "access-control-request-method" in headers


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
