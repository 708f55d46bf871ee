"""The clients against a service, and against connections that break."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import dimod
import httpx
import networkx as nx
import pytest
from qiskit import QuantumCircuit, qasm3

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.retries import TransientError
from quasar.problems.load import load_problem
from quasar.service import AsyncClient, Client, models
from quasar.service.client_batch import BatchItem, PendingBatch, split_batch
from quasar.verifier.api import verify
from support.small_service import Running, serving, small

PROBLEM, GOOD = models.EXAMPLE_PROBLEM, models.EXAMPLE_QASM
QUICK = {"retries": 3, "backoff_s": 0.01}


def items(count: int) -> list[BatchItem]:
    head = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\n'
    return [BatchItem(f"i{n}", f"{head}rx({n}.5) q[{n % 3}];", "p") for n in range(count)]


class CuttingProxy:
    """Passes connections on to a service, and cuts the first few off after so many bytes."""

    def __init__(self, port: int, cuts: list[int]) -> None:
        self.target = port
        self.cuts = cuts
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                ours, _ = self._listener.accept()
                limit = self.cuts[self.connections] if self.connections < len(self.cuts) else None
                self.connections += 1
                threading.Thread(target=self._serve, args=(ours, limit), daemon=True).start()

    def _serve(self, ours: socket.socket, limit: int | None) -> None:
        theirs = socket.create_connection(("127.0.0.1", self.target))
        threading.Thread(target=self._pump, args=(ours, theirs, None), daemon=True).start()
        self._pump(theirs, ours, limit)
        for connection in (ours, theirs):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        passed = 0
        with suppress(OSError):
            while data := source.recv(1024):
                if limit is not None and passed + len(data) > limit:
                    sink.sendall(data[: limit - passed])
                    return
                sink.sendall(data)
                passed += len(data)


@contextmanager
def proxy(running: Running, cuts: list[int]) -> Iterator[CuttingProxy]:
    made = CuttingProxy(running.port, cuts)
    try:
        yield made
    finally:
        made.close()


def verifications(running: Running) -> float:
    return running.metric("quasar_orders_total", operation="verify", outcome="answered")


def collect(
    url: str, asked: list[BatchItem], asynchronous: bool, retries: int = 3, **more: Any
) -> list[Any]:
    options: dict[str, Any] = {**QUICK, "retries": retries}
    if not asynchronous:
        with Client(url, **options) as client:
            return list(client.verify_many(asked, problems={"p": PROBLEM}, **more))

    async def run() -> list[Any]:
        async with AsyncClient(url, **options) as client:
            stream = client.verify_many(asked, problems={"p": PROBLEM}, **more)
            return [result async for result in stream]

    return asyncio.run(run())


# --- batches --------------------------------------------------------------------------------------


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_batch_answers_each_item_once(running: Running, asynchronous: bool) -> None:
    asked = items(60)
    found = collect(running.url, asked, asynchronous, batch_size=25)
    assert sorted(result.id for result in found) == sorted(item.id for item in asked)
    energies = {result.id: result.report.energy for result in found}
    for item in asked[:5]:
        assert energies[item.id] == verify(item.qasm, PROBLEM).energy


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("cuts", [[3000], [700, 20_000, 9000], [100], [150_000, 0, 0]])
def test_a_broken_batch_is_taken_up_and_nothing_is_scored_twice(
    running: Running, cuts: list[int], asynchronous: bool
) -> None:
    asked = items(80)
    before = verifications(running)
    with proxy(running, cuts) as between:
        found = collect(f"http://127.0.0.1:{between.port}", asked, asynchronous)
        assert between.connections == len(cuts) + 1
    assert sorted(result.id for result in found) == sorted(item.id for item in asked)
    assert verifications(running) - before == len(asked)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_progress_starts_the_count_of_failures_again(running: Running, asynchronous: bool) -> None:
    asked = items(80)
    with proxy(running, [12_000] * 6) as between:
        url = f"http://127.0.0.1:{between.port}"
        found = collect(url, asked, asynchronous, retries=1)
        assert between.connections == 7
    assert len(found) == len(asked)


def test_only_unanswered_items_are_sent_again() -> None:
    (batch,) = split_batch(items(3), None, {"p": PROBLEM}, 10)
    first = json.loads(batch.request()["content"])
    error = models.Failure(code="internal", message=".")
    line = models.BatchLine(id="i1", error=error).model_dump_json().encode() + b"\n"
    assert not list(batch.take(line[:20]))
    assert [result.id for result in batch.take(line[20:])] == ["i1"]
    assert not list(batch.take(line))  # known already
    second = json.loads(batch.request()["content"])
    assert [item["id"] for item in first["items"]] == ["i0", "i1", "i2"]
    assert [item["id"] for item in second["items"]] == ["i0", "i2"]
    assert first["batch_id"] == second["batch_id"]
    models.BatchRequest.model_validate(second)


def test_a_torn_line_is_sent_again() -> None:
    (batch,) = split_batch(items(1), None, {"p": PROBLEM}, 10)
    assert not list(batch.take(b'{"api_version":1,"id":"i0","rep'))
    with pytest.raises(TransientError, match="within a line"):
        batch.require_complete()
    with pytest.raises(TransientError, match="cannot be read"):
        list(batch.take(b"\n"))
    batch.request()  # what was torn is not put before the next answer
    line = models.BatchLine(id="i0", error=models.Failure(code="internal", message="."))
    assert list(batch.take(line.model_dump_json().encode() + b"\n\n"))
    batch.require_complete()


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\u2029"])
def test_labels_may_hold_what_separates_lines(running: Running, separator: str) -> None:
    name = f"Ada{separator}L"
    nodes = [{"id": name}, {"id": "Grace"}, {"id": "Emmy"}]
    edges = [{"source": name, "target": "Grace"}, {"source": "Grace", "target": "Emmy"}]
    problem = {"problem_type": "maxcut", "graph": {"nodes": nodes, "edges": edges}}
    flipped = GOOD.replace("x q[1];", "x q[0];\nx q[2];")
    with Client(running.url, **QUICK) as client:
        (found,) = client.verify_many([BatchItem(name, flipped, problem)])
    assert found.id == name
    assert [name] in [state.solution for state in found.report.quality.top_states]


def test_a_stream_that_ends_too_early_is_no_success() -> None:
    (batch,) = split_batch(items(2), None, {"p": PROBLEM}, 10)
    with pytest.raises(InfrastructureError, match="2 items unanswered"):
        batch.require_complete()


def test_an_item_with_a_bad_problem_does_not_spoil_the_others(running: Running) -> None:
    asked = [
        *items(5),
        BatchItem("bad", GOOD, {"problem_type": "no"}),
        BatchItem("bytes", b"\xff\xfe", "p"),
        BatchItem("surrogate", "h \ud800", "p"),
    ]
    found = {result.id: result for result in collect(running.url, asked, False)}
    assert found["bad"].error.code == "bad_problem"
    for name in ("bytes", "surrogate"):
        assert found[name].report.fault.kind == "syntax"
    assert all(found[f"i{n}"].report.feasible for n in range(5))


def test_an_item_too_large_to_be_sent_is_answered_here(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quasar.service.client_batch._LARGEST_ITEM", 5000)
    asked = [*items(2), BatchItem("huge", "//" + "x" * 9_000_000, "p"), *items(4)[2:]]
    found = {result.id: result for result in collect(running.url, asked, False)}
    assert found["huge"].error.code == "too_large"
    assert len(found) == 5


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([BatchItem("a", GOOD, PROBLEM)] * 2, "two items"),
        ([BatchItem("", GOOD, PROBLEM)], "1 to 200"),
        ([BatchItem("a", GOOD, "other")], "'problems' has no such name"),
    ],
)
def test_a_malformed_batch_is_refused_before_it_is_sent(asked: list[BatchItem], words: str) -> None:
    with pytest.raises(InputError, match=words):
        collect("http://127.0.0.1:9", asked, False)


def test_requests_are_cut_by_number_and_by_bytes() -> None:
    def sizes(asked: list[BatchItem], count: int) -> list[int]:
        return [len(batch.waiting) for batch in split_batch(asked, None, {"p": PROBLEM}, count)]

    assert sizes(items(7), 3) == [3, 3, 1]
    large = [BatchItem(str(n), "x" * 3_000_000, "p") for n in range(5)]
    assert sizes(large, 100) == [2, 2, 1]
    assert PendingBatch(models.VerifyOptions(), {}).waiting == {}


# --- what is taken --------------------------------------------------------------------------------


def test_circuits_and_problems_in_every_form(running: Running, tmp_path: Path) -> None:
    circuit = QuantumCircuit(3)
    circuit.x(1)
    program, problem = tmp_path / "c.qasm", tmp_path / "p.json"
    program.write_text(qasm3.dumps(circuit))
    problem.write_text(json.dumps(PROBLEM))
    encoded = load_problem(PROBLEM)
    graph = load_problem(nx.path_graph(3), problem_type="maxcut")
    bqm = dimod.BinaryQuadraticModel({"a": -1.0, "b": 0.3, "c": 0}, {"ab": 1.0}, 0.5, "SPIN")
    with Client(running.url) as client:
        for source in (PROBLEM, problem, str(problem), encoded, encoded.problem, graph, bqm):
            assert source is not None
            for made in (program, str(program), circuit):
                report = client.verify(made, source, made, {"max_stage": 3})
                assert report.p_optimal == verify(circuit, source).p_optimal
                assert report.relative_entropy == 0
        items = [BatchItem("a", circuit, encoded), BatchItem("b", program, "p", circuit)]
        items.append(BatchItem("c", str(program), str(problem)))
        found = {done.id: done.report for done in client.verify_many(items, problems={"p": graph})}
        kinds = {key: report is not None and report.feasible for key, report in found.items()}
        assert kinds == {"a": True, "b": True, "c": False}  # a text may come from a stranger
        assert client.encode(bqm).constant == 0.5
        for bad in (None, 3, nx.path_graph(3), [PROBLEM]):
            with pytest.raises(InputError, match="problem"):
                client.verify(program, bad)  # type: ignore[arg-type]
            with pytest.raises(InputError, match="item 'a'"):
                list(client.verify_many([BatchItem("a", program, bad)]))  # type: ignore[arg-type]
        with pytest.raises(InputError, match="the circuit must be"):
            client.verify(None, PROBLEM)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="max_stage"):
            client.verify(program, PROBLEM, options={"max_stage": 9})


# --- single requests ------------------------------------------------------------------------------


def test_all_methods(running: Running) -> None:
    with Client(running.url) as client:
        assert client.health().status == "ok"
        assert client.verify(GOOD, PROBLEM, GOOD).relative_entropy == pytest.approx(0.0)
        assert client.encode(PROBLEM).n_qubits == 3
        assert "Ry" in client.draw(GOOD, width=60).drawing
        assert client.optimise(GOOD, PROBLEM).improved
        assert client.generate(PROBLEM, algorithm="qaoa", layers=1).candidates
        assert len(client.problems().problems) > 20
        assert client.problems("kclique").problems[0].required == ["graph", "k"]


def test_all_methods_asynchronously(running: Running) -> None:
    async def run() -> None:
        async with AsyncClient(running.url) as client:
            assert (await client.health()).status == "ok"
            reports = await asyncio.gather(*[client.verify(GOOD, PROBLEM) for _ in range(8)])
            assert all(report.feasible for report in reports)
            assert (await client.encode(PROBLEM)).n_qubits == 3
            assert "Ry" in (await client.draw(GOOD, width=60)).drawing
            assert (await client.optimise(GOOD, PROBLEM)).improved
            assert (await client.generate(PROBLEM, algorithm="qaoa", layers=1)).candidates
            assert len((await client.problems()).problems) > 20

    asyncio.run(run())


def test_faults_are_told_apart(running: Running) -> None:
    with Client(running.url, **QUICK) as client:
        with pytest.raises(InputError, match="unknown problem type"):
            client.verify(GOOD, {"problem_type": "no"})
        with pytest.raises(InputError, match="seed"):
            client.generate(PROBLEM, seed=-1)
        with pytest.raises(InputError, match="colour"):
            client.draw(GOOD, colour="red")
    with (
        Client("http://127.0.0.1:9", **QUICK) as nobody,
        pytest.raises(InfrastructureError, match="4 attempts"),
    ):
        nobody.health()


def test_a_key_opens_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "0123456789abcdef-secret"
    monkeypatch.delenv("QUASAR_API_KEY", raising=False)
    with serving(small(workers=1, api_keys=(key,))) as running:
        with Client(running.url) as client, pytest.raises(InputError, match="API key"):
            client.problems()
        with Client(running.url, api_key=key) as client:
            assert client.problems().problems
        monkeypatch.setenv("QUASAR_API_KEY", key)
        with Client(running.url) as client:
            assert client.verify(GOOD, PROBLEM).feasible


class Scripted:
    """A transport that answers as it is told, and notes when it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked_s: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked_s.append(time.monotonic())
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def health(*answers: httpx.Response | Exception) -> Scripted:
    script = Scripted(*answers)
    with Client("http://service", **QUICK) as client:
        client._http = httpx.Client(
            base_url="http://service", transport=httpx.MockTransport(script)
        )
        client.health()
    return script


OK = {"version": "1", "workers": 1, "waiting": 0, "status": "ok", "a_key_of_tomorrow": 1}


def test_passing_failures_are_tried_again() -> None:
    script = health(
        httpx.ConnectError("no"),
        httpx.ReadTimeout("slow"),
        httpx.Response(503),
        httpx.Response(200, json=OK),
    )
    assert len(script.asked_s) == 4


def test_the_service_says_when_to_ask_again() -> None:
    busy = httpx.Response(429, headers={"retry-after": "1"})
    script = health(busy, httpx.Response(200, json=OK))
    assert script.asked_s[1] - script.asked_s[0] >= 1.0


@pytest.mark.parametrize(("status", "kind"), [(500, InfrastructureError), (404, InputError)])
def test_other_failures_are_not_tried_again(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        health(httpx.Response(status, text="<html>"))
