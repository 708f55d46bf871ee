"""Target tasks over HTTP, through the client and as a tool: the reports are the library's."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

import quasar
from quasar.core.errors import InputError
from quasar.service.allowance import Allowance
from quasar.service.client import Client
from quasar.service.operations import WorkerContext, verify_task
from quasar.service.settings import ServiceSettings
from quasar.service.tasks import TasksAnswer, tasks_answer
from quasar.service.workers import WorkerPool
from quasar.tasks.registry import TASKS, read_task
from quasar.verifier.sandbox.refusal import Refusal
from quasar.verifier.stages.feasibility import Fault
from support.qcircuitbench import SIMON, small_copy
from support.small_service import Running, small

GHZ = {"task": "ghz", "qubits": 3}
GOOD = read_task(GHZ).reference()


@pytest.fixture
def http(running: Running) -> Any:
    with httpx.Client(base_url=running.url, timeout=60) as client:
        yield client


def compared(report: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name != "cost_s"}


def test_the_report_is_the_librarys(http: httpx.Client) -> None:
    answer = http.post("/v1/verify/task", json={"task": GHZ, "qasm": GOOD})
    assert answer.status_code == 200
    own = quasar.verify(GOOD, task=GHZ).model_dump(mode="json")
    assert compared(answer.json()["report"]) == compared(own)
    assert answer.json()["report"]["solved"]


def test_a_broken_rule_is_an_answer(http: httpx.Client) -> None:
    task = {"task": "bernstein_vazirani", "secret": "10"}
    program = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nx q[1];\n'
    report = http.post("/v1/verify/task", json={"task": task, "qasm": program}).json()["report"]
    assert report["fault"]["kind"] == "rule"
    assert report["reward"] == -0.5


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ({"qubits": 3}, "a task is written"),
        ({"task": "nothing"}, "unknown task"),
        ({"task": "ghz"}, "qubits is missing"),
        ({"task": "ghz", "qubits": 40}, "qubits"),
        ({"task": "grover", "marked": []}, "no item is marked"),
        ({"task": "qcircuitbench", "file": "/etc/passwd"}, "reads files"),
        ({"task": "QCircuit-Bench", "file": "/etc"}, "reads files"),
        ({"task": ["ghz"]}, "a task is written"),
    ],
)
def test_what_states_no_task_is_the_clients_fault(http: httpx.Client, task: Any, said: str) -> None:
    answer = http.post("/v1/verify/task", json={"task": task, "qasm": GOOD})
    assert answer.status_code == 422
    assert said in answer.json()["error"]["message"]


def test_tasks_are_listed(http: httpx.Client) -> None:
    found = TasksAnswer.model_validate_json(http.get("/v1/tasks").content)
    assert [task.task for task in found.tasks] == list(TASKS)
    (one,) = http.get("/v1/tasks", params={"task": "Graph-State"}).json()["tasks"]
    assert one["task"] == "graph_state"
    assert one["parameters"]["edges"]
    assert http.get("/v1/tasks", params={"task": "grovr"}).status_code == 422


def test_the_client_asks_the_same(running: Running, tmp_path: Path) -> None:
    with Client(running.url) as client:
        assert client.verify_task(GOOD, GHZ).solved
        assert client.verify_task(GOOD, read_task(GHZ)).task == GHZ
        assert len(client.tasks("w").tasks) == 1
        with pytest.raises(InputError, match="reads files"):
            client.verify_task(GOOD, str(small_copy(tmp_path) / SIMON))


def test_a_circuit_that_took_too_long_has_a_report_too() -> None:
    context = WorkerContext(Allowance.of(ServiceSettings()))
    context.refusal = Refusal(Fault.over("time", "it took too long.", "Write less."), 3)
    report = json.loads(verify_task(context, {"task": GHZ, "qasm": GOOD}))
    assert report["fault"]["kind"] == "limit"
    assert (report["n_qubits"], report["reward"]) == (3, -0.5)
    nested = f"OPENQASM 3.0;\nqubit q;\nrz({'(' * 3000}1{')' * 3000}) q;\n"
    context.refusal = None
    assert not json.loads(verify_task(context, {"task": GHZ, "qasm": nested}))["feasible"]


def test_tools_of_the_mcp_server(pool: WorkerPool) -> None:
    pytest.importorskip("mcp")
    from mcp import Client as McpClient

    from quasar.service.mcp_server import mcp_server

    async def asked() -> tuple[Any, Any, Any]:
        server, _ = mcp_server(small(), pool)
        async with McpClient(server) as client:
            good = await client.call_tool("verify_task", {"task": GHZ, "qasm": GOOD})
            bad = await client.call_tool("verify_task", {"task": {"task": "x"}, "qasm": GOOD})
            known = await client.call_tool("list_tasks", {"task": "simon"})
            return good, bad, known

    good, bad, known = asyncio.run(asked())
    assert good.structured_content["report"]["solved"]
    assert bad.is_error
    assert "unknown task" in bad.content[0].text
    assert known.structured_content == tasks_answer("simon").model_dump(mode="json")
