"""Time, memory, lost workers, the queue: what a request can do to the pool, and what not."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.core.errors import CircuitError, InfrastructureError, InputError
from quasar.problems.load import load_problem
from quasar.service import models
from quasar.service.errors import BusyError, ClosedError, LimitError
from quasar.service.settings import ServiceSettings
from quasar.service.workers import WorkerPool
from quasar.verifier.api import verify
from quasar.verifier.sandbox import SandboxLimits
from support.hostile import FOREVER

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
PROBLEM = models.EXAMPLE_PROBLEM
GOOD = models.EXAMPLE_QASM
LONG = {"hamiltonian": " + ".join(f"1.0 * (Z({i}) @ Z({i + 1}))" for i in range(15))}


def body(qasm: str | bytes = GOOD, problem: Any = PROBLEM, **more: Any) -> dict[str, Any]:
    request = models.VerifyRequest(problem=problem, **models.program(qasm), **more)
    return request.model_dump(mode="json")


def report(pool: WorkerPool, *args: Any, **more: Any) -> dict[str, Any]:
    return json.loads(pool.submit("verify", body(*args, **more)).result(timeout=60))


def without_times(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key != "cost_s"}


# --- verdicts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("qubit[1] q; bit c; while (c == false) { h q[0]; }", {"steps", "time"}),
        (FOREVER.removeprefix(HEAD), {"time"}),
        ("qubit[24] q; h q; reset q;", {"memory", "time"}),
        ("qubit[2000] q; h q;", {"qubits"}),
        ("bit[2000000000] c; qubit[1] q;", {"memory", "time"}),
        ("qubit[1] q; rx(" + "(" * 5000 + "1" + ")" * 5000 + ") q[0];", {"nesting"}),
        ("// " + "x" * 2_000_000, {"characters"}),
    ],
    ids=["loop", "doubling", "state", "qubits", "bits", "nesting", "length"],
)
def test_a_circuit_over_a_limit_gets_its_verdict_and_the_next_is_served(
    pool: WorkerPool, text: str, limits: set[str]
) -> None:
    started = time.monotonic()
    told = report(pool, HEAD + text)
    assert time.monotonic() - started < 20
    assert told["fault"]["kind"] == "limit"
    assert told["fault"]["limit"] in limits
    assert told["reward"]["value"] == -1.0
    assert report(pool)["feasible"]


def test_what_parsed_before_the_limit_is_said_to_parse(pool: WorkerPool) -> None:
    problem = {"hamiltonian": "1.0 * (Z(0) @ Z(19))"}
    told = report(
        pool, HEAD + "qubit[20] q; h q;" + "cx q[0], q[1]; ry(0.1) q[5];" * 20_000, problem
    )
    assert (told["parses"], told["n_qubits"], told["fault"]["limit"]) == (True, 20, "time")


@pytest.mark.parametrize("text", [b"\xff\xfe", HEAD.encode() + b"h \xe2\x28 q;", "h \ud800q;"])
def test_text_that_is_none_gets_a_verdict(pool: WorkerPool, text: str | bytes) -> None:
    assert report(pool, text)["fault"]["kind"] == "syntax"


@settings(max_examples=25, deadline=None)
@given(st.one_of(st.text(max_size=60).map(lambda t: HEAD + t), st.binary(max_size=60)))
def test_any_text_gets_the_verdict_of_the_verifier(pool: WorkerPool, text: str | bytes) -> None:
    direct = verify(text, PROBLEM)
    assert without_times(report(pool, text)) == without_times(direct.model_dump(mode="json"))


@pytest.mark.parametrize("depth", [20, 40, 44, 48, 60])
def test_nested_blocks_get_the_verdict_of_the_importer_called_directly(
    pool: WorkerPool, depth: int
) -> None:
    text = HEAD + "qubit[3] q; bit c; " + "if (c == true) { " * depth + "h q[0]; " + "}" * depth
    told = report(pool, text)
    assert told["parses"] == verify(text, PROBLEM).parses


def test_the_report_is_the_librarys(pool: WorkerPool) -> None:
    direct = verify(GOOD, PROBLEM, GOOD).model_dump(mode="json")
    for _ in range(2):  # the second from the worker's memory
        assert without_times(report(pool, reference=GOOD)) == without_times(direct)


# --- problems -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ({"problem_type": "no"}, "unknown problem type"),
        ({"hamiltonian": "1.0 * Z(9999)"}, "10,000 qubits"),
        ({"hamiltonian": "1e308 * Z(0) + 1e308 * Z(1)"}, "not finite"),
        ({"hamiltonian": "1.0 * X(0)"}, "X"),
        ({"problem_type": "maxcut", "graph": {"nodes": [{"id": "\ud800"}, {"id": 1}]}}, "Unicode"),
        ({"problem_type": "maxcut", "graph": "/etc/passwd"}, "graph"),
        ({"problem_type": "maxcut", "graph": "[" * 9000}, "nested"),
    ],
)
def test_a_problem_that_cannot_be_used_is_refused_with_a_sentence(
    pool: WorkerPool, problem: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        pool.submit("verify", body(problem=problem)).result(timeout=60)
    assert not isinstance(caught.value, LimitError)


def test_a_problem_nested_beyond_json_is_refused_before_any_worker(pool: WorkerPool) -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InputError, match="nested"):
        pool.submit("verify", {"problem": {"graph": deep}})


def test_a_problem_that_takes_too_long_or_too_much_is_at_fault_itself() -> None:
    limits = SandboxLimits(max_problem_seconds=0.3, max_memory_mib=200)
    pool = WorkerPool(ServiceSettings(workers=1, limits=limits))
    pool.start()
    try:
        many = " + ".join(f"1.0 * (Z({i}) @ Z({23 - i}))" for i in range(12))
        with pytest.raises(LimitError, match=r"0\.3 s to prepare|MiB"):
            pool.submit("verify", body(problem={"hamiltonian": many})).result(timeout=60)
        assert report(pool)["feasible"]
    finally:
        pool.close()


def test_an_unusable_reference_is_no_fault_of_the_circuit(pool: WorkerPool) -> None:
    with pytest.raises(InputError, match="reference"):
        report(pool, reference="no program")
    with pytest.raises(InputError, match="reference"):
        report(pool, reference=HEAD + "(" * 9000)


# --- the other operations -------------------------------------------------------------------------


def test_optimise_never_makes_it_worse(pool: WorkerPool) -> None:
    request = models.OptimiseRequest(problem=PROBLEM, qasm=GOOD, max_evaluations=100)
    raw = pool.submit("optimise", request.model_dump(mode="json")).result(timeout=60)
    told = models.OptimiseAnswer.model_validate_json(raw)
    assert told.improved
    assert told.report.energy < told.before.energy
    assert verify(told.qasm, PROBLEM).energy == pytest.approx(told.report.energy)
    again = request.model_copy(update={"qasm": told.qasm}).model_dump(mode="json")
    second = models.OptimiseAnswer.model_validate_json(pool.submit("optimise", again).result())
    assert not second.improved
    assert second.note
    assert second.report.energy == pytest.approx(told.report.energy)


@pytest.mark.parametrize("operation", ["optimise", "draw"])
@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        HEAD + "qubit[3] q; bit c; c = measure q[0]; if (c) { x q[1]; }",
        b"\xff",
        "(" * 999,
    ],
)
def test_a_circuit_of_no_use_is_refused(
    pool: WorkerPool, operation: str, text: str | bytes
) -> None:
    request = {"problem": PROBLEM, "max_evaluations": 5, "max_seconds": 1, "seed": 0}
    request |= {"width": 80, "max_gates": 10, "qasm": None, "qasm_base64": None}
    with pytest.raises(CircuitError):
        pool.submit(operation, request | models.program(text)).result(timeout=60)


def test_draw_counts_what_it_leaves_out(pool: WorkerPool) -> None:
    request = models.DrawRequest(qasm=HEAD + "qubit[2] q;" + "h q[0];" * 7, max_gates=5)
    raw = pool.submit("draw", request.model_dump(mode="json")).result(timeout=60)
    told = models.DrawAnswer.model_validate_json(raw)
    assert (told.n_qubits, told.gates) == (2, 7)
    assert "+2 gates" in told.drawing


def test_encode_is_the_librarys(pool: WorkerPool) -> None:
    request = models.EncodeRequest(problem=PROBLEM, encoding="exact")
    raw = pool.submit("encode", request.model_dump(mode="json")).result(timeout=60)
    told = models.EncodeAnswer.model_validate_json(raw)
    direct = load_problem(PROBLEM)
    assert told.hamiltonian == direct.hamiltonian.to_text()
    assert told.variables == list(direct.variables)


# --- workers and queue ----------------------------------------------------------------------------


def test_a_worker_killed_from_outside_costs_no_answer() -> None:
    pool = WorkerPool(ServiceSettings(workers=1, limits=SandboxLimits(max_seconds=1.5)))
    pool.start()
    try:
        assert report(pool)["feasible"]
        (pid,) = pool.pids
        slow = pool.submit("verify", body(FOREVER))
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        assert json.loads(slow.result(timeout=60))["fault"]["limit"] == "time"
        lost = pool.metrics.registry.get_sample_value("quasar_workers_ended_total", {"why": "lost"})
        assert lost == 1.0
        assert report(pool)["feasible"]
    finally:
        pool.close()


def test_a_worker_that_dies_again_and_again_is_no_verdict() -> None:
    pool = WorkerPool(ServiceSettings(workers=1, limits=SandboxLimits(retries=1)))
    pool.start()
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(0.02):
            for pid in pool.pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with pytest.raises(InfrastructureError, match="no worker lived"):
            pool.submit("verify", body(FOREVER)).result(timeout=60)
    finally:
        stop.set()
        killer.join()
    lost = pool.metrics.registry.get_sample_value("quasar_workers_ended_total", {"why": "lost"})
    assert lost == 2.0
    assert report(pool)["feasible"]
    pool.close()


def test_a_dead_fork_server_costs_no_answer() -> None:
    pool = WorkerPool(ServiceSettings(workers=1))
    pool.start()
    try:
        assert report(pool)["feasible"]
        server = pool._workers.fork_server
        assert server is not None
        os.kill(server._process.pid, signal.SIGKILL)
        assert report(pool)["feasible"]
    finally:
        pool.close()


def test_a_request_that_is_cancelled_while_it_waits_is_not_done() -> None:
    pool = WorkerPool(ServiceSettings(workers=1))
    first = pool.submit("verify", body())
    second = pool.submit("verify", body())
    assert second.cancel()
    pool.start()
    assert json.loads(first.result(timeout=60))["feasible"]
    pool.close()
    assert pool.waiting == 0


def test_a_full_queue_says_when_to_ask_again() -> None:
    pool = WorkerPool(
        ServiceSettings(workers=1, max_queue=3)
    )  # not started: nothing leaves the queue
    for _ in range(3):
        pool.submit("verify", body())
    with pytest.raises(BusyError) as caught:
        pool.submit("verify", body())
    assert 1 <= caught.value.retry_after_s <= 60
    pool.submit("verify", body(), bounded=False)


def test_closing_finishes_what_was_accepted_and_accepts_nothing_more() -> None:
    pool = WorkerPool(ServiceSettings(workers=2))
    pool.start()
    accepted = [pool.submit("verify", body()) for _ in range(40)]
    pool.close()
    assert all(json.loads(future.result(timeout=0))["feasible"] for future in accepted)
    with pytest.raises(ClosedError):
        pool.submit("verify", body())


def test_long_operations_leave_a_worker_to_the_others(pool: WorkerPool) -> None:
    request = models.OptimiseRequest(
        problem=LONG,
        qasm=HEAD + "qubit[16] q;" + "".join(f"ry(0.1) q[{i}]; " for i in range(16)) * 4,
        max_evaluations=10_000,
        max_seconds=3,
    ).model_dump(mode="json")
    slow = [pool.submit("optimise", request) for _ in range(2)]
    started = time.monotonic()
    assert report(pool)["feasible"]
    assert time.monotonic() - started < 2
    for future in slow:
        future.cancel() or future.result(timeout=60)


def test_requests_from_many_threads_are_answered_each_with_its_own(pool: WorkerPool) -> None:
    wrong = []

    def ask(number: int) -> None:
        text = f"{HEAD}qubit[3] q; rx({number}.0) q[0];"
        if without_times(report(pool, text)) != without_times(
            verify(text, PROBLEM).model_dump(mode="json")
        ):
            wrong.append(number)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_single_request_overtakes_a_batch(pool) -> None:
    shared = json.dumps({k: v for k, v in body().items() if k != "qasm"}).encode()
    order = json.dumps({"prepared": "ab", "qasm": body()["qasm"]}).encode()
    ended: list[int] = []

    def noted(future: Future[bytes], number: int) -> Future[bytes]:
        future.add_done_callback(lambda _: ended.append(number))
        return future

    items = [
        noted(pool.submit("verify", order, bounded=False, shared=shared), i) for i in range(200)
    ]
    single = noted(pool.submit("verify", body()), 200)
    for future in (*items, single):
        assert json.loads(future.result(timeout=60))["feasible"]
    assert sorted(ended) == [*range(201)]
    assert ended.index(200) < 200
