"""Keys, hosts and bodies, against an application that only says what reached it."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from quasar.service import middleware
from quasar.service.metrics import Metrics
from quasar.service.middleware import protect
from quasar.service.settings import ServiceSettings

KEY, OTHER = "0123456789abcdef-a", "0123456789abcdef-b"
LOCAL = "http://127.0.0.1"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Says who came and how many bytes they brought."""
    count = 0
    while True:
        message = await receive()
        count += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    if scope["path"] == "/breaks":
        raise RuntimeError("secret words at /some/path")
    body = f"{scope['state']['owner']}:{count}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def ask(
    settings: ServiceSettings, path: str = "/v1/verify", *, base: str = LOCAL, **request: Any
) -> httpx.Response:
    async def run() -> httpx.Response:
        app = protect(echo, settings, Metrics(), frozenset({"/v1/verify"}))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            method = request.pop("method", "POST")
            return await client.request(method, path, **request)

    return asyncio.run(run())


def code(response: httpx.Response) -> str:
    found: str = response.json()["error"]["code"]
    return found


# --- keys -----------------------------------------------------------------------------------------

KEYED = ServiceSettings(api_keys=(KEY, OTHER))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong-0123456789abcdef"},
        {"authorization": f"Bearer {KEY}x"},
        {"authorization": f"Bearer {KEY[:-1]}"},
        {"authorization": f"Basic {KEY}"},
        {"authorization": KEY},
        {"x-api-key": ""},
        {"cookie": f"key={KEY}"},
    ],
)
def test_without_a_right_key_nothing_gets_through(headers: dict[str, str]) -> None:
    response = ask(KEYED, headers=headers)
    assert (response.status_code, code(response)) == (401, "unauthorized")
    assert response.headers["www-authenticate"] == "Bearer"
    assert KEY not in response.text


@pytest.mark.parametrize("path", ["/v1/verify", "/metrics", "/openapi.json", "/healthz/../metrics"])
def test_every_path_but_the_health_is_closed(path: str) -> None:
    assert ask(KEYED, path, method="GET").status_code == 401


def test_the_health_is_open() -> None:
    assert ask(KEYED, "/healthz", method="GET").status_code == 200


@pytest.mark.parametrize(
    ("headers", "owner"),
    [
        ({"authorization": f"Bearer {KEY}"}, "key-0"),
        ({"authorization": f"bearer  {OTHER}"}, "key-1"),
        ({"x-api-key": OTHER}, "key-1"),
    ],
)
def test_a_right_key_has_an_owner(headers: dict[str, str], owner: str) -> None:
    assert ask(KEYED, headers=headers).text == f"{owner}:0"


def test_a_query_string_is_no_place_for_a_key() -> None:
    assert ask(KEYED, f"/v1/verify?api_key={KEY}").status_code == 401


def test_keys_are_compared_in_constant_time_and_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []
    constant_time = hmac.compare_digest

    def compare(a: bytes, b: bytes) -> bool:
        compared.append((len(a), len(b)))
        return constant_time(a, b)

    monkeypatch.setattr(middleware.hmac, "compare_digest", compare)
    ask(KEYED, headers={"authorization": f"Bearer {KEY}"})
    assert compared == [(32, 32), (32, 32)]  # digests: even the length of a key tells nothing


def test_a_preflight_needs_no_key_and_does_nothing() -> None:
    headers = {"origin": "https://a.org", "access-control-request-method": "POST"}
    assert ask(KEYED, method="OPTIONS", headers=headers).status_code == 200
    assert ask(KEYED, method="OPTIONS").status_code == 401


# --- hosts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:80"])
def test_loopback_answers_to_its_own_names(base: str) -> None:
    assert ask(ServiceSettings(), base=base).status_code == 200


@pytest.mark.parametrize(
    "base", ["http://evil.org", "http://127.0.0.1.evil.org", "http://localhos"]
)
def test_a_web_page_cannot_reach_loopback_under_its_own_name(base: str) -> None:
    response = ask(ServiceSettings(), base=base)
    assert (response.status_code, code(response)) == (400, "bad_request")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost:8000", "localhost"), ("LocalHost", "localhost"), (" a.org ", "a.org"),
        ("[::1]:8000", "[::1]"), ("[::1]", "[::1]"), ("::1", "::1"), ("", ""),
    ],
)  # fmt: skip
def test_a_host_is_named_without_its_port(header: str, name: str) -> None:
    assert middleware.host_name(header) == name


# --- bodies ---------------------------------------------------------------------------------------

SMALL = ServiceSettings(max_body_mib=1 / 1024, max_batch_mib=4 / 1024, max_bodies_mib=6 / 1024)


@pytest.mark.parametrize(("size", "status"), [(1024, 200), (1025, 413), (10**7, 413)])
def test_a_body_may_have_so_many_bytes(size: int, status: int) -> None:
    assert ask(SMALL, content=b"x" * size).status_code == status


def test_a_batch_may_have_more() -> None:
    assert ask(SMALL, "/v1/verify/batch", content=b"x" * 4096).text == ":4096"
    assert ask(SMALL, "/v1/verify/batch", content=b"x" * 4097).status_code == 413
    assert ask(SMALL, "/get_observation", content=b"x" * 4096).status_code == 200


def test_a_body_that_does_not_say_its_size_is_counted() -> None:
    sent = 0

    async def parts() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 100
            yield b"x" * 100

    response = ask(SMALL, content=parts())
    assert (response.status_code, code(response)) == (413, "too_large")


def test_a_lie_about_the_size_is_counted() -> None:
    response = ask(SMALL, content=b"x" * 5000, headers={"content-length": "10"})
    assert response.status_code == 413


def test_bodies_together_are_bounded_and_the_room_is_given_back() -> None:
    async def run() -> list[int]:
        app = protect(slow, SMALL, Metrics(), frozenset())
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as client:
            ask = [client.post("/v1/verify/batch", content=b"x" * 4000) for _ in range(2)]
            first = [r.status_code for r in await asyncio.gather(*ask)]
            return [
                *first,
                (await client.post("/v1/verify/batch", content=b"x" * 4000)).status_code,
            ]

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.1)
        await echo(scope, receive, send)

    assert asyncio.run(run()) == [200, 429, 200]


@pytest.mark.parametrize(("size", "status"), [(2048, 200), (2049, 429)])
def test_bodies_together_may_fill_the_room_exactly(size: int, status: int) -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.1)
        await echo(scope, receive, send)

    async def run() -> list[int]:
        app = protect(slow, SMALL, Metrics(), frozenset())
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as client:
            path = "/v1/verify/batch"
            asked = [client.post(path, content=b"x" * count) for count in (4096, size)]
            return [response.status_code for response in await asyncio.gather(*asked)]

    assert asyncio.run(run()) == [200, status]


def test_a_body_that_never_ends_is_given_up() -> None:
    async def drip() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(5)

    response = ask(ServiceSettings(max_body_seconds=0.1), content=drip())
    assert (response.status_code, code(response)) == (408, "timeout")


# --- answers --------------------------------------------------------------------------------------


def test_nothing_of_the_inside_is_in_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    response = ask(ServiceSettings(), "/breaks")
    assert (response.status_code, code(response)) == (500, "internal")
    for word in ("secret", "/some/path", "RuntimeError", "Traceback"):
        assert word not in response.text
    assert "secret words" in caplog.text  # the log has it


def test_answers_are_not_kept_or_guessed_at() -> None:
    headers = ask(ServiceSettings()).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_what_is_refused_is_counted_and_its_connection_closed() -> None:
    metrics = Metrics()

    async def run() -> list[httpx.Response]:
        app = protect(echo, SMALL, metrics, frozenset({"/v1/verify"}))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as client:
            return [
                await client.post("/v1/verify", content=b"x" * 1025),
                await client.post("/own", headers={"host": "evil.org"}),
                await client.post("/v1/verify", content=b"x"),
            ]

    large, host, fine = asyncio.run(run())
    assert [large.status_code, host.status_code, fine.status_code] == [413, 400, 200]
    assert large.headers["connection"] == "close"
    assert "connection" not in fine.headers
    value = metrics.registry.get_sample_value
    for reason in ("too_large", "host"):
        assert value("quasar_refused_total", {"reason": reason}) == 1
    for route, status in (("/v1/verify", "413"), ("/v1/verify", "200"), ("other", "400")):
        assert value("quasar_http_requests_total", {"route": route, "status": status}) == 1


def test_an_answer_that_breaks_off_is_not_made_whole() -> None:
    async def breaks_off(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="middle"):
        asyncio.run(call(breaks_off))


def test_a_client_that_goes_away_is_told_to_the_application() -> None:
    received: list[str] = []

    async def listens(scope: Any, receive: Any, send: Any) -> None:
        received.append((await receive())["type"])

    messages = [{"type": "http.request", "body": b"x", "more_body": True}]
    asyncio.run(call(listens, messages))
    assert received == ["http.disconnect"]


def test_other_protocols_go_nowhere() -> None:
    seen: list[str] = []

    async def notes(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    for kind in ("websocket", "lifespan"):
        asyncio.run(call(notes, kind=kind))
    assert seen == ["lifespan"]


async def call(app: Any, messages: Any = (), kind: str = "http") -> None:
    """One request by hand, whose client goes away after its messages."""
    waiting = list(messages)

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pass

    scope = {"type": kind, "method": "POST", "path": "/", "headers": [(b"host", b"localhost")]}
    await protect(app, ServiceSettings(), Metrics(), frozenset())(scope, receive, send)
