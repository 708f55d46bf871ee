"""Circuits beyond 24 qubits over HTTP and MCP, and what is answered where a limit is in the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import networkx as nx
import pytest

from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.optimize.qaoa_large import transferred_angles
from quasar.problems.load import load_problem
from quasar.service.settings import ServiceSettings
from support.small_service import Running, serving

pytest.importorskip("quimb", reason="samples of large circuits need quimb")
pytest.importorskip("ortools", reason="bounds need OR-Tools")

LARGE = {"shots": 200, "max_width": 16, "sample_seconds": 20}


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    limits = {"max_problem_seconds": 20}
    settings = {"port": 0, "workers": 1, "max_qubits": 60, "large": LARGE, "limits": limits}
    with serving(ServiceSettings.parse(settings)) as running:
        yield running


def ladder(n: int = 15, layers: int = 1) -> dict[str, Any]:
    graph = nx.ladder_graph(n)
    problem = {"problem_type": "maxcut", "graph": nx.node_link_data(graph, edges="edges")}
    h = load_problem(problem).hamiltonian
    return {"problem": problem, "qasm": emit(qaoa(h, layers).bind(transferred_angles(h, layers)))}


def post(service: Running, path: str, body: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{service.url}{path}", json=body, timeout=120)


def test_the_report_has_estimates(service: Running) -> None:
    answer = post(service, "/v1/verify", ladder())
    assert answer.status_code == 200, answer.text
    report = answer.json()["report"]
    assert report["estimates"]["energy_known"] == "exact"
    assert report["estimates"]["samples"]["shots"] == 200
    assert report["estimates"]["optimum"]["status"] == "proven"
    assert report["estimates"]["optimum"]["value"] == 43
    assert 0 < report["approximation_ratio"] < 1


def test_a_request_may_ask_for_less_and_not_for_more(service: Running) -> None:
    less = {"large": {"shots": 50, "solve": False}}
    answer = post(service, "/v1/verify", {**ladder(), "options": less})
    estimates = answer.json()["report"]["estimates"]
    assert estimates["samples"]["shots"] == 50
    assert estimates["optimum"] is None
    more = {"large": {"shots": 10_000, "max_width": 28}}
    answer = post(service, "/v1/verify", {**ladder(), "options": more})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "limit"
    assert "shots 10,000 (at most 200), max_width 28 (at most 16)" in error["message"]
    assert "Ask for less" in error["message"]
    answer = post(service, "/v1/verify", {**ladder(), "options": {"large": {"depth": 3}}})
    assert answer.json()["error"]["code"] == "bad_request"


def test_a_problem_over_the_limit_is_refused_and_the_worker_goes_on(service: Running) -> None:
    answer = post(service, "/v1/verify", {**ladder(), "problem": ladder(31)["problem"]})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "limit"
    assert "the problem has 62 variables; this service takes up to 60" in answer.text
    before = service.service.pool.pids
    answer = post(service, "/v1/verify", {"problem": {"hamiltonian": "1.0 * Z(99)"}, "qasm": ""})
    assert "100 variables" in answer.json()["error"]["message"]
    assert service.service.pool.pids == before


def test_a_circuit_too_wide_is_a_verdict_with_both_reasons(service: Running) -> None:
    body = ladder()
    n = 30
    pairs = "".join(f"cz q[{i}], q[{j}]; " for j in range(n) for i in range(j))
    dense = (pairs + "".join(f"rx(0.7) q[{i}]; " for i in range(n))) * 3
    body["qasm"] = f'OPENQASM 3.0; include "stdgates.inc"; qubit[{n}] q; h q; {dense}'
    body["options"] = {"large": {"sample_seconds": 0.01, "solve": False}}
    report = post(service, "/v1/verify", body).json()["report"]
    assert report["fault"]["kind"] == "unsimulable"
    assert "tensors of more than 16 binary variables" in report["fault"]["message"]
    assert "Matrix product states would take about 14 s" in report["fault"]["message"]


def test_batches_hold_problems_of_both_sizes(service: Running) -> None:
    large, over = ladder(), ladder(31)
    small = {"hamiltonian": "1.0 * (Z(0) @ Z(1))"}
    items = [
        {"id": "large", **large},
        {"id": "over", **over},
        {"id": "small", "problem": small, "qasm": "OPENQASM 3.0; qubit[2] q;"},
    ]
    answer = post(service, "/v1/verify/batch", {"items": items})
    lines = {line["id"]: line for line in map(json.loads, answer.text.splitlines())}
    assert lines["large"]["report"]["estimates"]["energy_known"] == "exact"
    assert lines["over"]["error"]["code"] == "limit"
    assert lines["small"]["report"]["energy"] == 1.0
    assert lines["small"]["report"]["estimates"] is None


def test_generate_writes_qaoa_and_optimise_says_what_it_cannot(service: Running) -> None:
    body = ladder()
    asked = {"problem": body["problem"], "layers": 1, "max_seconds": 20}
    answer = post(service, "/v1/generate", asked)
    assert answer.status_code == 200, answer.text
    (candidate,) = answer.json()["candidates"]
    assert candidate["name"] == "qaoa p=1"
    assert candidate["report"]["estimates"]["samples"]["shots"] == 200
    answer = post(service, "/v1/optimise", body)
    assert answer.status_code == 422
    assert "angles are optimised up to 24 qubits; this problem has 30" in answer.text
    assert "POST /v1/generate polish" in answer.text
    answer = post(service, "/v1/draw", {"qasm": body["qasm"]})
    assert answer.status_code == 422
    assert "the limit is 24: `quasar draw` on your own machine draws larger ones." in answer.text


def test_the_settings_file_of_an_operator(tmp_path) -> None:
    from quasar.service.settings import read_settings

    path = tmp_path / "service.toml"
    path.write_text("max_qubits = 24\n[large]\nshots = 100\n[limits]\nmax_large_seconds = 5\n")
    found = read_settings(path, None)
    assert (found.max_qubits, found.large.shots) == (24, 100)
    assert (found.large.solver_threads, found.large.max_width) == (1, 22)
    assert found.limits.max_large_seconds == 5


def test_the_mcp_tool_takes_them_too(service: Running) -> None:
    pytest.importorskip("mcp")
    import asyncio

    from mcp import Client

    from quasar.service.mcp_server import mcp_server

    async def work() -> tuple[Any, Any]:
        server = mcp_server(service.service.settings, service.service.pool)[0]
        async with Client(server) as client:
            asked = {**ladder(), "large": {"shots": 60}}
            good = await client.call_tool("verify_circuit", asked)
            asked["large"] = {"shots": 10_000}
            return good, await client.call_tool("verify_circuit", asked)

    good, refused = asyncio.run(work())
    assert good.structured_content["report"]["estimates"]["samples"]["shots"] == 60
    assert refused.is_error
    assert "shots 10,000 (at most 200)" in refused.content[0].text
