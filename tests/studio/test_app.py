from __future__ import annotations

import base64
import json
import re
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio.conftest import Running

ROOT = Path(__file__).resolve().parents[2]
SQUARE: dict[str, Any] = {
    "problem_type": "maxcut",
    "graph": {
        "nodes": [{"id": i} for i in range(4)],
        "edges": [{"source": i, "target": (i + 1) % 4} for i in range(4)],
    },
}


@pytest.fixture(scope="module")
def client(studio: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=studio.url, timeout=60) as found:
        yield found


def ask(client: httpx.Client, path: str, **body: Any) -> Any:
    answer = client.post(f"/studio/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def run(client: httpx.Client, **body: Any) -> list[dict[str, Any]]:
    body = {"run": uuid.uuid4().hex, "problem": SQUARE, **body}
    with client.stream("POST", "/studio/generate", json=body) as stream:
        assert stream.status_code == 200, stream.read()
        return [json.loads(line) for line in stream.iter_lines()]


def test_browsers_get_the_page_and_programs_the_index(client: httpx.Client) -> None:
    page = client.get("/", headers={"accept": "text/html,*/*"})
    assert "<title>Quasar studio</title>" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert len(page.headers.get_list("content-security-policy")) == 1
    index = client.get("/").json()
    assert index["service"] == "quasar"
    assert "/v1/verify" in index["v1"]


def test_every_file_of_the_page_is_there_and_nothing_is_loaded_from_elsewhere(
    client: httpx.Client,
) -> None:
    text = client.get("/", headers={"accept": "text/html"}).text
    paths = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert paths
    for path in paths:
        assert path.startswith("/studio/")
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.content
    assert client.get("/studio/..%2f__init__.py").status_code == 404


def test_about_offers_models_examples_and_types(client: httpx.Client) -> None:
    found = client.get("/studio/about").json()
    assert [model["name"] for model in found["models"]] == ["nano", "designer"]
    assert found["endpoints"]
    assert {"maxcut", "knapsack"} <= {t["problem_type"] for t in found["types"]}
    for example in found["examples"]:
        facts = ask(client, "read", problem=example["problem"])["facts"]
        assert 1 <= facts["n_qubits"] <= 24, example["name"]


def test_a_problem_is_read_with_its_size_and_limits(client: httpx.Client) -> None:
    answer = ask(client, "read", problem=SQUARE, models={"nano": None, "designer": None})
    facts = answer["facts"]
    assert (facts["n_qubits"], facts["terms"], facts["refused"]) == (4, 4, {})
    assert facts["sliders"]
    large = {
        "problem_type": "maxcut",
        "graph": {
            "nodes": [{"id": i} for i in range(40)],
            "edges": [{"source": i, "target": (i + 1) % 40} for i in range(40)],
        },
    }
    facts = ask(client, "read", problem=large)["facts"]
    assert not facts["exact"]
    assert "estimated" in facts["notes"][0]


def test_files_of_other_formats_and_words_are_read(client: httpx.Client) -> None:
    dimacs = b"p edge 3 3\ne 1 2\ne 2 3\ne 1 3\n"
    answer = ask(
        client,
        "read",
        name="triangle.txt",
        content_base64=base64.b64encode(dimacs).decode(),
        problem_type="maxcut",
    )
    assert len(answer["problem"]["graph"]["edges"]) == 3
    words = "Maximum cut on a graph with edges [(0, 1), (1, 2), (2, 0)]"
    assert ask(client, "read", prompt=words)["facts"]["n_qubits"] == 3
    refused = client.post("/studio/read", json={"content_base64": "QUJD", "name": "x.txt"})
    assert refused.status_code == 422
    assert "/tmp" not in refused.text


def test_a_run_streams_its_candidates_and_ends_with_the_ranking(client: httpx.Client) -> None:
    events = run(client, refine=True, seed=3)
    kinds = [event["event"] for event in events]
    assert kinds[0] == "step"
    assert kinds[-1] == "done"
    candidates = [event["candidate"] for event in events if event["event"] == "candidate"]
    assert {c["name"] for c in candidates} == {c["name"] for c in events[-1]["result"]["ranking"]}
    best = next(c for c in candidates if c["name"] == events[-1]["result"]["ranking"][0]["name"])
    assert best["report"]["feasible"]
    view = best["view"]
    assert view["answers"][0]["title"].startswith("Cut of")
    assert {node["key"] for node in view["answers"][0]["nodes"]} == {"0", "1", "2", "3"}
    total = sum(bar["probability"] for bar in view["bars"]) + view["rest"]["probability"]
    assert total == pytest.approx(1.0, abs=1e-6)
    assert events[-1]["result"]["comparison"]["classical"]


def test_a_run_gives_what_quasar_generate_gives(client: httpx.Client) -> None:
    import quasar

    events = run(client, model="designer", algorithm="qaoa", layers=1)
    assert events[-1]["event"] == "done", events[-1]
    settings = {"algorithm": "qaoa", "layers": 1}
    found = quasar.generate(SQUARE, "designer", settings=settings)
    ranking = events[-1]["result"]["ranking"]
    assert [row["qasm"] for row in ranking] == [c.qasm for c in found.candidates]


def test_a_cancelled_run_keeps_what_is_there(client: httpx.Client) -> None:
    name = uuid.uuid4().hex
    ring = {
        "problem_type": "maxcut",
        "graph": {
            "nodes": [{"id": i} for i in range(14)],
            "edges": [
                {"source": i, "target": (i + d) % 14, "weight": 1 + i} for i in range(14)
                for d in (1, 3)
            ],
        },
    }  # fmt: skip
    got: list[dict[str, Any]] = []

    def watch() -> None:
        got.extend(run(client, run=name, problem=ring, model="designer", samples=16))

    thread = threading.Thread(target=watch)
    thread.start()
    end = time.monotonic() + 40
    while time.monotonic() < end and not ask(client, "cancel", run=name)["cancelled"]:
        time.sleep(0.3)
    thread.join(60)
    assert got[-1]["event"] in {"done", "cancelled"}
    if got[-1]["event"] == "done":
        assert got[-1]["result"]["interrupted"]
    assert not ask(client, "cancel", run=name)["cancelled"]


def test_faults_of_a_run_are_said(client: httpx.Client) -> None:
    events = run(client, problem={"problem_type": "no such thing"})
    assert events[-1]["event"] == "failed"
    assert events[-1]["error"]["code"] == "bad_problem"
    events = run(client, device="no_such_device")
    assert "device" in events[-1]["error"]["message"].lower()
    unknown = {"run": uuid.uuid4().hex, "problem": SQUARE, "model": "/etc/passwd"}
    assert client.post("/studio/generate", json=unknown).status_code == 422


def test_a_circuit_is_examined_with_the_place_of_its_fault(client: httpx.Client) -> None:
    qasm = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nhh q[0];\n'
    found = ask(client, "examine", problem=SQUARE, qasm=qasm)["report"]["fault"]
    assert found["line"] == 4
    good = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nx q[0];\nx q[2];\nid q[1];\n'
    answer = ask(client, "examine", problem=SQUARE, qasm=good)
    assert answer["report"]["p_optimal"] == pytest.approx(1.0)
    items = answer["view"]["circuit"]["items"]
    assert [item["idle"] for item in items] == [False, False, True]


def test_angles_and_their_map(client: httpx.Client) -> None:
    found = ask(client, "angles", problem=SQUARE, layers=1, landscape=9)
    grid = found["landscape"]
    assert len(grid["energies"]) == 81
    assert min(grid["energies"]) >= found["e_min"] - 1e-9
    at = [grid["gammas"][3], grid["betas"][5]]
    again = ask(client, "angles", problem=SQUARE, layers=1, theta=at)
    assert again["energy"] == pytest.approx(grid["energies"][5 * 9 + 3], abs=1e-5)
    wrong = client.post("/studio/angles", json={"problem": SQUARE, "layers": 2, "theta": [1.0]})
    assert wrong.status_code == 422


def test_a_circuit_in_other_forms_is_the_same_circuit(client: httpx.Client) -> None:
    import numpy as np
    from qiskit.quantum_info import Statevector

    from quasar.circuits.exports import to_qiskit

    qasm = (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[3] c;\nh q[0];\n'
        "ry(0.3) q[1];\ncx q[0], q[1];\ncrz(-0.7) q[1], q[2];\nu2(0.1, 0.2) q[2];\n"
        "U(1.0, 2.0, 3.0) q[0];\nccx q[0], q[1], q[2];\nc = measure q;\n"
    )
    texts = ask(client, "export", qasm=qasm)["texts"]
    assert texts["qasm2"].startswith("OPENQASM 2.0;")
    made: dict[str, Any] = {}
    exec(texts["qiskit"], made)
    want = to_qiskit(qasm).remove_final_measurements(inplace=False)
    got = made["circuit"].remove_final_measurements(inplace=False)
    assert Statevector(got).equiv(Statevector(want))
    pytest.importorskip("pennylane", reason="needs pennylane")
    scope: dict[str, Any] = {"print": lambda _: None}
    exec(texts["pennylane"], scope)
    assert np.allclose(scope["circuit"](), Statevector(want).probabilities())


def test_a_device_is_part_of_the_ranking(client: httpx.Client) -> None:
    triangle = {
        "problem_type": "maxcut",
        "graph": {"nodes": [{"id": 0}, {"id": 1}], "edges": [{"source": 0, "target": 1}]},
    }
    asked = {"model": "designer", "algorithm": "qaoa", "layers": 1, "device": "ions:3"}
    events = run(client, problem=triangle, **asked)
    assert events[-1]["event"] == "done", events[-1]
    result = events[-1]["result"]
    assert "ions" in result["device"]
    assert result["compiled"].startswith("OPENQASM 3.0;")
    assert 0 < result["ranking"][0]["on_device"]["p_optimal"] <= 1


def test_a_problem_of_every_kind_is_read_as_its_type_is_chosen(client: httpx.Client) -> None:
    for name in ("tfim", "molecule", "observable", "knapsack", "min_cut"):
        found = client.get("/v1/problems", params={"problem_type": name}).json()["problems"]
        facts = ask(client, "read", problem=found[0]["template"])["facts"]
        assert facts["terms"] > 0, name
        assert facts["diagonal"] == (name in {"knapsack", "min_cut"})


def test_energies_are_sent_while_angles_are_optimised(client: httpx.Client) -> None:
    ring = {**SQUARE, "graph": {
        "nodes": [{"id": i} for i in range(6)],
        "edges": [{"source": i, "target": (i + 1) % 6, "weight": i + 1} for i in range(6)],
    }}  # fmt: skip
    events = run(client, problem=ring, model="designer", algorithm="qaoa", layers=2)
    curve = [event for event in events if event["event"] == "curve"]
    assert curve[0]["first"] == 0
    assert all(event["energies"] for event in curve)


class _Endpoint(BaseHTTPRequestHandler):
    """A model that writes one circuit for whoever has the key."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        known = self.headers["authorization"] == "Bearer good"
        qasm = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nx q[0];\nx q[2];\n'
        said = {"message": {"role": "assistant", "content": qasm}, "finish_reason": "stop"}
        body = json.dumps({"choices": [{"index": 0, **said}]}).encode()
        self.send_response(200 if known else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def test_a_model_behind_an_address_is_asked_for_a_confined_run(client: httpx.Client) -> None:
    pytest.importorskip("openai", reason="needs openai")
    with HTTPServer(("127.0.0.1", 0), _Endpoint) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = {"model": "small", "base_url": f"http://127.0.0.1:{server.server_port}/v1"}
        good = run(client, model="openai:small", endpoint={**where, "api_key": "good"})
        bad = run(client, model="openai:small", endpoint={**where, "api_key": "bad key"})
        server.shutdown()
    assert good[-1]["event"] == "done", good[-1]
    assert good[-1]["result"]["model"] == "small"
    assert good[-1]["result"]["ranking"][0]["qasm"].startswith("OPENQASM 3.0;")
    assert "refuses the API key" in bad[-1]["error"]["message"]
    assert "bad key" not in json.dumps(bad)
