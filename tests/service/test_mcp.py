"""The MCP server, asked by the SDK's own client: in memory, over stdio, over HTTP."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import httpx
import pytest

pytest.importorskip("mcp")

import uvicorn
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from quasar.core.errors import InputError
from quasar.service import models
from quasar.service.mcp_server import http_app, mcp_server, run_http
from quasar.service.serve import config
from quasar.service.workers import WorkerPool
from quasar.verifier.api import verify
from support.small_service import small

PROBLEM, GOOD = models.EXAMPLE_PROBLEM, models.EXAMPLE_QASM
KEY = "0123456789abcdef-secret"
TOOLS = set(
    "list_problems list_tasks encode_problem verify_circuit verify_task optimise_circuit "
    "generate_circuit draw_circuit".split()
)
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, 60))


def told(result: Any) -> dict[str, Any]:
    assert not result.is_error, result.content
    found: dict[str, Any] = result.structured_content
    assert json.loads(result.content[0].text) == found
    return found


def test_the_tools_describe_themselves(pool: WorkerPool) -> None:
    async def work() -> Any:
        async with Client(mcp_server(small(), pool)[0]) as client:
            return (await client.list_tools()).tools, client.instructions

    tools, instructions = run(work())
    assert {tool.name for tool in tools} == TOOLS
    assert "selected" in instructions
    for tool in tools:
        assert tool.description
        assert tool.output_schema
        assert tool.annotations.read_only_hint
    by_name = {tool.name: tool for tool in tools}
    assert set(by_name["verify_circuit"].input_schema["required"]) == {"problem", "qasm"}


def test_every_tool_does_its_work(pool: WorkerPool) -> None:
    async def work() -> None:
        async with Client(mcp_server(small(), pool)[0]) as client:
            types = told(await client.call_tool("list_problems", {}))
            needs = {entry["problem_type"]: entry["required"] for entry in types["problems"]}
            assert needs["kclique"] == ["graph", "k"]
            one = told(await client.call_tool("list_problems", {"problem_type": "k-clique"}))
            (kclique,) = one["problems"]
            assert kclique["template"]["problem_specific_attributes"].keys() == {"k"}
            asked = {"problem": kclique["template"]}
            assert told(await client.call_tool("encode_problem", asked))["n_qubits"] == 6
            encoded = told(await client.call_tool("encode_problem", {"problem": PROBLEM}))
            assert encoded["n_qubits"] == 3
            asked = {"problem": PROBLEM, "qasm": GOOD}
            report = told(await client.call_tool("verify_circuit", asked))["report"]
            assert report["energy"] == verify(GOOD, PROBLEM).energy
            noisy = {**asked, "device": {"noise": "readout:0.1"}}
            found = told(await client.call_tool("verify_circuit", noisy))["report"]["device"]
            assert found["noisy"]["energy"] > report["energy"]
            better = told(await client.call_tool("optimise_circuit", {**noisy, "cvar": 0.9}))
            assert better["report"]["device"]["noisy"]["energy"] < found["noisy"]["energy"]
            assert better["report"]["energy"] < report["energy"]
            asked = {"problem": PROBLEM, "algorithm": "qaoa", "layers": 1, "device": "ions:3"}
            made = told(await client.call_tool("generate_circuit", asked))
            assert made["candidates"][0]["on_device"]["device"] == "ions:3"
            assert "rzz" in made["compiled"]
            drawn = told(await client.call_tool("draw_circuit", {"qasm": better["qasm"]}))
            assert "Ry" in drawn["drawing"]

    run(work())


def test_inputs_take_values(pool: WorkerPool) -> None:
    free = 'OPENQASM 3.0;\ninclude "stdgates.inc";\ninput float a;\nqubit[3] q;\nrx(a) q[1];'

    async def work() -> dict[str, Any]:
        async with Client(mcp_server(small(), pool)[0]) as client:
            asked = {"problem": PROBLEM, "qasm": free, "parameters": {"a": "pi/2"}}
            return told(await client.call_tool("verify_circuit", asked))

    assert run(work())["report"]["energy"] == verify(free, PROBLEM, parameters={"a": "pi/2"}).energy


def test_a_faulty_circuit_is_a_result_that_says_where(pool: WorkerPool) -> None:
    async def work() -> dict[str, Any]:
        async with Client(mcp_server(small(), pool)[0]) as client:
            asked = {"problem": PROBLEM, "qasm": "OPENQASM 3.0;\nqubit[3] q;\nhh q[0];"}
            return told(await client.call_tool("verify_circuit", asked))

    fault = run(work())["report"]["fault"]
    assert fault["line"] == 3


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("verify_circuit", {"problem": {"problem_type": "no"}, "qasm": GOOD}, "unknown problem"),
        ("verify_circuit", {"problem": PROBLEM}, "qasm"),
        ("verify_circuit", {"problem": PROBLEM, "qasm": GOOD, "max_stage": 9}, "max_stage"),
        ("encode_problem", {"problem": "/etc/passwd"}, "problem"),
        ("draw_circuit", {"qasm": "no program"}, "ends too soon"),
        ("optimise_circuit", {"problem": PROBLEM, "qasm": GOOD, "max_seconds": 1e9}, "max_seconds"),
        ("read_file", {"path": "/etc/passwd"}, "read_file"),
    ],
)
def test_arguments_that_cannot_be_used_are_told(
    pool: WorkerPool, tool: str, arguments: dict[str, Any], words: str
) -> None:
    async def work() -> str:
        async with Client(mcp_server(small(), pool)[0]) as client:
            try:
                result = await client.call_tool(tool, arguments)
            except Exception as error:  # the protocol's own error, for an unknown tool
                return str(error)
            assert result.is_error
            return str(result.content[0].text)

    message = run(work())
    assert words in message
    assert "Traceback" not in message
    assert "quasar/" not in message


def test_over_standard_input_and_output() -> None:
    async def work() -> dict[str, Any]:
        arguments = ["-m", "quasar", "mcp", "--workers", "1", "--max-seconds", "5"]
        server = stdio_client(StdioServerParameters(command=sys.executable, args=arguments))
        async with Client(server) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
            asked = {"problem": PROBLEM, "qasm": GOOD}
            results = [client.call_tool("verify_circuit", asked) for _ in range(5)]
            return [told(result) for result in await asyncio.gather(*results)][-1]

    assert run(work())["report"]["feasible"]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    settings = small(api_keys=(KEY,))
    server = uvicorn.Server(config(http_app(settings), settings))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
    server.should_exit = True
    thread.join(timeout=60)


def test_over_http_with_a_key(url: str) -> None:
    async def work() -> dict[str, Any]:
        headers = {"authorization": f"Bearer {KEY}"}
        async with (
            httpx.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
            asked = {"problem": PROBLEM, "qasm": GOOD}
            return told(await client.call_tool("verify_circuit", asked))

    assert run(work())["report"]["feasible"]


def test_http_stands_behind_the_guards(url: str) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert httpx.post(url, json=message).status_code == 401
    key = {"authorization": f"Bearer {KEY}"}
    assert httpx.post(url, content=b"x" * 5_000_000, headers=key).status_code == 413
    assert httpx.post(url, json=message, headers=key | {"host": "evil.org"}).status_code == 400


def test_http_refuses_strangers_without_a_key() -> None:
    with pytest.raises(InputError, match="no API key"):
        run_http(small(host="0.0.0.0"))
