"""The routes over a real connection."""

from __future__ import annotations

import gzip
import json
import socket
from typing import Any

import httpx
import pytest

from quasar.service import models
from quasar.service.catalogue import IndexAnswer, ProblemsAnswer
from quasar.verifier.api import verify
from support.small_service import Running, serving, small

FREE = 'OPENQASM 3.0;\ninclude "stdgates.inc";\ninput float theta;\nqubit[3] q;\n'
PROBLEM, GOOD = models.EXAMPLE_PROBLEM, models.EXAMPLE_QASM


@pytest.fixture
def http(running: Running) -> Any:
    with httpx.Client(base_url=running.url, timeout=60) as client:
        yield client


def code(response: httpx.Response) -> str:
    found: str = response.json()["error"]["code"]
    return found


def test_verify_answers_with_the_librarys_report(http: httpx.Client) -> None:
    response = http.post("/v1/verify", json={"problem": PROBLEM, "qasm": GOOD})
    assert response.status_code == 200
    report = models.VerifyAnswer.model_validate_json(response.content).report
    assert report.energy == verify(GOOD, PROBLEM).energy
    assert report.quality is not None
    assert report.quality.top_states[0].solution == ["Grace"]


def test_a_circuit_is_judged_under_noise(http: httpx.Client) -> None:
    device = {"device": "generic:3:line", "mitigate": "readout", "shots": 500}
    body = {"problem": PROBLEM, "qasm": GOOD, "options": {"device": device, "max_stage": 1}}
    response = http.post("/v1/verify", json=body)
    assert response.status_code == 200, response.text
    found = response.json()["report"]["device"]
    assert found["noisy"]["energy"] > found["ideal"]["energy"]
    assert found["total_shots"] == 500


def test_angles_are_judged_under_noise_before_and_after(http: httpx.Client) -> None:
    body = {"problem": PROBLEM, "qasm": GOOD, "device": {"noise": "readout:0.1"}, "cvar": 0.8}
    response = http.post("/v1/optimise", json=body)
    assert response.status_code == 200, response.text
    told = models.OptimiseAnswer.model_validate_json(response.content)
    assert told.improved
    assert told.before.device is not None
    assert told.report.device is not None
    assert told.report.device.noisy.energy < told.before.device.noisy.energy
    assert told.device_note == ""


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ({"device": "fake_torno"}, "no device"),
        ({"device": "/etc/passwd"}, "device is a name"),
        ({"noise": "secret.json+idle"}, "noise begins with a model"),
        ({"noise": "readout:3"}, "from 0 to 1"),
        ({}, "give a device or noise"),
    ],
)
def test_what_is_no_device_is_said(http: httpx.Client, device: Any, said: str) -> None:
    body = {"problem": PROBLEM, "qasm": GOOD, "options": {"device": device}}
    response = http.post("/v1/verify", json=body)
    assert response.status_code == 422
    assert said in response.json()["error"]["message"]


@pytest.mark.parametrize("route", ["/v1/verify", "/v1/encode"])
def test_a_key_that_stands_twice_is_refused(http: httpx.Client, route: str) -> None:
    for problem in ('{"qubo": {"a": 1, "a": 2}}', '{"graph": {"edges": [], "edges": [1]}}'):
        body = f'{{"qasm": "", "problem": {problem}}}'
        response = http.post(route, content=body, headers={"content-type": "application/json"})
        assert response.status_code == 422
        assert code(response) == "bad_request"
        assert "twice in problem." in response.json()["error"]["message"]


def test_an_infeasible_circuit_is_an_answer(http: httpx.Client) -> None:
    response = http.post("/v1/verify", json={"problem": PROBLEM, "qasm": "OPENQASM 3.0; h q;"})
    assert response.status_code == 200
    report = response.json()["report"]
    assert not report["feasible"]
    assert report["fault"]["line"] == 1


def test_inputs_take_values(http: httpx.Client) -> None:
    qasm = f"{FREE}rx(theta) q[1];"
    body = {"problem": PROBLEM, "qasm": qasm, "parameters": {"theta": "pi/2"}}
    found = http.post("/v1/verify", json=body).json()["report"]
    assert found["energy"] == verify(qasm, PROBLEM, parameters={"theta": "pi/2"}).energy
    free = http.post("/v1/verify", json=body | {"parameters": {}}).json()["report"]
    assert free["fault"]["kind"] == "parameter"
    wrong = http.post("/v1/verify", json=body | {"parameters": {"thta": 1}})
    assert wrong.status_code in {400, 422}
    assert "Did you mean 'theta'" in wrong.text
    items = [
        {"id": str(i), "problem": PROBLEM, "qasm": qasm, "parameters": {"theta": i}}
        for i in range(2)
    ]
    lines = http.post("/v1/verify/batch", json={"items": items}).text.splitlines()
    energies = {line["id"]: line["report"]["energy"] for line in map(json.loads, lines)}
    assert energies["0"] != pytest.approx(energies["1"])


def test_options_choose_stages_and_reward(http: httpx.Client) -> None:
    options = {"max_stage": 1, "quality": False, "reward": {"scheme": "gated"}}
    body = {"problem": PROBLEM, "qasm": GOOD, "options": options}
    report = http.post("/v1/verify", json=body).json()["report"]
    assert report["stages"]["objective"] is None
    assert report["reward"]["scheme"] == "gated"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 422, "bad_request"),
        ({"problem": PROBLEM}, 422, "bad_request"),
        ({"problem": PROBLEM, "qasm": GOOD, "qasm_base64": "AA=="}, 422, "bad_request"),
        ({"problem": PROBLEM, "qasm_base64": "not base64!"}, 422, "bad_request"),
        ({"problem": PROBLEM, "qasm": GOOD, "limits": {"max_gates": 10**9}}, 422, "bad_request"),
        ({"problem": "/etc/passwd", "qasm": GOOD}, 422, "bad_request"),
        ({"problem": {"problem_type": "no"}, "qasm": GOOD}, 422, "bad_problem"),
        ([1], 422, "bad_request"),
    ],
)
def test_bad_requests(http: httpx.Client, body: Any, status: int, words: str) -> None:
    response = http.post("/v1/verify", json=body)
    assert (response.status_code, code(response)) == (status, words)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"a":' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"problem":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b',"qasm":"x"}',
        gzip.compress(b'{"qasm": "x"}'),
    ],
    ids=["empty", "torn", "no UTF-8", "huge number", "deep", "deep object", "gzip"],
)
def test_what_is_no_json_is_the_clients_fault(http: httpx.Client, raw: bytes) -> None:
    response = http.post("/v1/verify", content=raw, headers={"content-type": "application/json"})
    assert response.status_code in {400, 422}
    assert code(response) in {"bad_request", "bad_problem"}


def test_nothing_sent_comes_back_in_a_refusal(http: httpx.Client) -> None:
    body = {"problem": PROBLEM, "qasm": 5, "secret-field": "secret-value", "options": "other"}
    response = http.post("/v1/verify", json=body)
    assert "secret-value" not in response.text


def test_unknown_paths_and_methods(http: httpx.Client) -> None:
    assert (http.get("/etc/passwd").status_code, http.get("/v1/verify").status_code) == (404, 405)
    assert code(http.get("/v1/../../etc/passwd")) == "not_found"
    assert http.get("/redoc").status_code == 404
    assert "<script" not in http.get("/docs").text  # the page loads nothing from elsewhere


def test_scripts_of_other_origins_are_told_nothing(http: httpx.Client) -> None:
    headers = {"origin": "https://evil.org", "access-control-request-method": "POST"}
    response = http.options("/v1/verify", headers=headers)
    assert response.status_code == 405
    assert not [name for name in response.headers if name.startswith("access-control")]
    answer = http.get("/v1/problems", headers={"origin": "https://evil.org"})
    assert "access-control-allow-origin" not in answer.headers


def test_origins_that_are_named_are_let_in() -> None:
    with serving(small(workers=1, cors_origins=("https://ours.org",))) as running:
        for origin, allowed in (("https://ours.org", True), ("https://evil.org", False)):
            answer = httpx.get(f"{running.url}/v1/problems", headers={"origin": origin})
            assert ("access-control-allow-origin" in answer.headers) is allowed


def test_the_root_points_at_the_rest(http: httpx.Client) -> None:
    told = IndexAnswer.model_validate_json(http.get("/").content)
    assert "/v1/verify" in told.v1
    for path in (told.docs, told.openapi, told.health):
        assert http.get(path).status_code == 200
    page = http.get(told.docs)
    assert page.headers["content-type"].startswith("text/html")
    assert all(path in page.text for path in told.v1)
    assert "<script" not in page.text


def test_one_problem_type_comes_with_a_template(http: httpx.Client) -> None:
    answer = http.get("/v1/problems", params={"problem_type": "k-clique"})
    (told,) = ProblemsAnswer.model_validate_json(answer.content).problems
    assert told.required == ["graph", "k"]
    assert http.post("/v1/encode", json={"problem": told.template}).status_code == 200
    wrong = http.get("/v1/problems", params={"problem_type": "kclik"})
    assert wrong.status_code == 422
    assert "did you mean 'kclique'" in wrong.json()["error"]["message"]


def test_problems_and_health(http: httpx.Client) -> None:
    told = ProblemsAnswer.model_validate_json(http.get("/v1/problems").content)
    assert {"maxcut", "vertex_cover"} <= {entry.problem_type for entry in told.problems}
    assert models.HealthAnswer.model_validate_json(http.get("/healthz").content).workers == 2


def test_generate_designs_and_ranks(http: httpx.Client) -> None:
    body = {"problem": PROBLEM, "algorithm": "vqe", "seed": 3, "max_seconds": 5}
    told = models.GenerateAnswer.model_validate_json(http.post("/v1/generate", json=body).content)
    best = told.candidates[0]
    assert best.report.top_is_optimal
    assert verify(best.qasm, PROBLEM).energy == pytest.approx(best.report.energy)


def test_generate_ranks_on_a_device(http: httpx.Client) -> None:
    body = {"problem": PROBLEM, "algorithm": "qaoa", "layers": 1, "device": "generic:5:line"}
    told = models.GenerateAnswer.model_validate_json(http.post("/v1/generate", json=body).content)
    assert told.device == "generic:5:line"
    assert told.candidates[0].on_device.p_optimal < told.candidates[0].report.p_optimal
    assert "cz" in told.compiled
    for name, said in (("fake_torno", "no device"), ("/etc/passwd", "device is a name")):
        response = http.post("/v1/generate", json={**body, "device": name})
        assert response.status_code == 422
        assert said in response.json()["error"]["message"]


@pytest.mark.parametrize("model", ["/etc", "owner/name", "openai:gpt", "nano"])
def test_only_models_that_are_offered_are_looked_for(http: httpx.Client, model: str) -> None:
    response = http.post("/v1/generate", json={"problem": PROBLEM, "model": model})
    assert response.status_code == 422
    assert "available: designer" in response.json()["error"]["message"]


def test_metrics_count_what_happened(running: Running, http: httpx.Client) -> None:
    before = running.metric("quasar_orders_total", operation="verify", outcome="answered")
    http.post("/v1/verify", json={"problem": PROBLEM, "qasm": GOOD})
    counted = running.metric("quasar_http_requests_total", route="/v1/verify", status="200")
    http.post("/v1/verify", json={"problem": PROBLEM, "qasm": GOOD})
    told = running.metric("quasar_http_requests_total", route="/v1/verify", status="200")
    assert told == counted + 1
    other = running.metric("quasar_http_requests_total", route="other", status="404")
    http.get("/some/path/of/my/own")
    told = running.metric("quasar_http_requests_total", route="other", status="404")
    assert told == other + 1
    after = running.metric("quasar_orders_total", operation="verify", outcome="answered")
    assert after == before + 2
    page = http.get("/metrics").text
    assert "quasar_http_request_seconds_bucket" in page
    assert "of/my/own" not in page  # no request makes new series


def test_a_full_queue_is_429_with_a_time(running: Running, http: httpx.Client) -> None:
    pool = running.service.pool
    limit = pool.settings.max_queue
    pool.settings.__dict__["max_queue"] = 0
    try:
        response = http.post("/v1/verify", json={"problem": PROBLEM, "qasm": GOOD})
    finally:
        pool.settings.__dict__["max_queue"] = limit
    assert (response.status_code, code(response)) == (429, "busy")
    assert int(response.headers["retry-after"]) >= 1


def test_two_requests_in_one_are_not_smuggled_in(running: Running) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/verify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n"
        )
        answer = connection.recv(65536)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 422"))
    assert b"quasar_orders" not in answer


def test_openapi_names_every_route_with_an_example(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    posts = {path for path, entry in document["paths"].items() if "post" in entry}
    assert posts == {
        "/v1/verify", "/v1/verify/task", "/v1/verify/batch", "/v1/generate", "/v1/encode",
        "/v1/optimise", "/v1/draw", "/get_observation",
    }  # fmt: skip
    assert "examples" in json.dumps(document["components"]["schemas"]["VerifyRequest"])


def test_the_examples_of_the_document_work(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    for path, entry in document["paths"].items():
        if "post" not in entry:
            continue
        schema = entry["post"]["requestBody"]["content"]["application/json"]
        name = schema["schema"]["$ref"].rpartition("/")[2]
        example = schemas[name]["examples"][0]
        assert http.post(path, json=example).status_code == 200, path
