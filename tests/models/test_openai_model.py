from __future__ import annotations

import itertools
import socket
import time
from typing import Any

import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.models.openai_model import OpenAIModel, OpenAISettings, Usage
from quasar.models.protocol import Sampling
from quasar.prompts.chat import Message
from support.chat_server import ChatServer, Reply, complains, says, serving

pytest.importorskip("openai")

KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def model_at(url: str, **options: Any) -> OpenAIModel:
    options = {"backoff_s": 0.001, "retries": 3, "timeout_s": 5, **options}
    return OpenAIModel("some-model", OpenAISettings.parse({"base_url": url, **options}))


def chat(text: str) -> list[Message]:
    return [{"role": "system", "content": "Write QASM."}, {"role": "user", "content": text}]


ONE = Sampling(temperature=0.25, top_p=0.5, max_tokens=77, seed=5)


def question(body: dict[str, Any]) -> str:
    return str(body["messages"][-1]["content"])


def test_sends_the_chat_and_how_to_draw() -> None:
    with serving(lambda i, body: says("h q[0];")) as server:
        model = model_at(server.url)
        ((completion,),) = model.complete([chat("hello")], ONE)
        model.complete([chat("hello")], ONE)
    assert (completion.text, completion.finish_reason) == ("h q[0];", "stop")
    assert (completion.prompt_tokens, completion.completion_tokens) == (10, 5)
    first, again = server.seen
    assert first["path"] == "/v1/chat/completions"
    assert first["headers"]["authorization"] == f"Bearer {KEY}"
    assert first["body"] == again["body"]
    assert isinstance(first["body"].pop("seed"), int)
    assert first["body"] == {
        "model": "some-model",
        "messages": chat("hello"),
        "temperature": 0.25,
        "top_p": 0.5,
        "max_tokens": 77,
        "n": 1,
    }


def test_what_an_endpoint_does_not_take_can_be_left_out() -> None:
    with serving(lambda i, body: says("a", "b")) as server:
        options = {
            "omit": ["temperature", "top_p", "seed", "n"],
            "max_tokens_field": "max_completion_tokens",
            "extra_body": {"reasoning_effort": "low"},
        }
        (some,) = model_at(server.url, **options).complete(
            [chat("x")], ONE.model_copy(update={"samples": 2})
        )
    assert [c.text for c in some] == ["a", "a"]
    assert server.seen[0]["body"] == {
        "model": "some-model",
        "messages": chat("x"),
        "max_completion_tokens": 77,
        "reasoning_effort": "low",
    }


def test_samples_by_n_where_the_server_knows_it() -> None:
    with serving(lambda i, body: says(*(f"{k}" for k in range(body["n"])))) as server:
        (some,) = model_at(server.url).complete([chat("x")], Sampling(samples=4))
    assert [c.text for c in some] == ["0", "1", "2", "3"]
    assert len(server.seen) == 1


def test_samples_by_repeated_requests_where_n_is_ignored() -> None:
    with serving(lambda i, body: says(f"{question(body)} {body['seed']}")) as server:
        model = model_at(server.url)
        answers = model.complete([chat("x"), chat("y")], Sampling(samples=5))
        assert len(server.seen) == 10
        repeated = model.complete([chat("x")], Sampling(samples=3))
        assert [r["body"]["n"] for r in server.seen[10:]] == [1, 1, 1]
    for some, letter in zip(answers, "xy", strict=True):
        assert len({c.text for c in some}) == 5
        assert all(c.text.startswith(letter) for c in some)
    assert len({c.text for c in repeated[0]}) == 3


def test_samples_by_repeated_requests_where_n_is_refused() -> None:
    def script(i: int, body: dict[str, Any]) -> Reply:
        if body["n"] > 1 or question(body) == "bad":
            return complains(400, "not so")
        return says(f"{question(body)} {i}")

    asked = ["x", "bad", "y", "z"]
    with serving(script) as server:
        model = model_at(server.url)
        answers = model.complete([chat(text) for text in asked], Sampling(samples=3))
    for text, some in zip(asked, answers, strict=True):
        if text == "bad":
            assert ["not so" in str(c.error) for c in some] == [True] * 3
        else:
            assert len({c.text for c in some}) == 3
            assert all(c.text.startswith(text) for c in some)


def test_a_refused_prompt_does_not_cost_the_others_their_n() -> None:
    def script(i: int, body: dict[str, Any]) -> Reply:
        return complains(400) if question(body) == "bad" else says(*["a"] * body["n"])

    with serving(script) as server:
        model = model_at(server.url)
        model.complete([chat("bad")], Sampling(samples=4))
        model.complete([chat("good")], Sampling(samples=4))
    assert [seen["body"]["n"] for seen in server.seen] == [4, 1, 4]


def test_answers_keep_the_order_of_the_chats() -> None:
    def script(i: int, body: dict[str, Any]) -> Reply:
        reply = says(question(body))
        reply.pause_s = 0.02 * (9 - int(question(body)))
        return reply

    with serving(script) as server:
        model = model_at(server.url, concurrency=3)
        answers = model.complete([chat(str(i)) for i in range(9)], ONE)
    assert [some[0].text for some in answers] == [str(i) for i in range(9)]
    assert server.most_at_a_time == 3


@pytest.mark.parametrize(
    "trouble",
    [
        complains(500, "sorry"),
        complains(503),
        complains(429),
        Reply(b"<html>bad gateway</html>"),
        Reply(b'{"choices": "none"}'),
        Reply(b"[]"),
        Reply(b""),
        says(),
        Reply(says("cut").body, drop=True),
    ],
    ids="500 503 429 html shape list nothing choiceless dropped".split(),
)
def test_trouble_that_passes_is_tried_again(trouble: Reply) -> None:
    with serving(lambda i, body: trouble if i < 2 else says("fine")) as server:
        model = model_at(server.url)
        ((completion,),) = model.complete([chat("x")], ONE)
    assert completion.text == "fine"
    assert len(server.seen) == 3
    assert model.usage.requests == 3


def test_a_slow_answer_is_tried_again() -> None:
    late = says("late")
    late.pause_s = 1.0
    with serving(lambda i, body: late if i == 0 else says("fine")) as server:
        ((completion,),) = model_at(server.url, timeout_s=0.2).complete([chat("x")], ONE)
        assert completion.text == "fine"
        assert len(server.seen) == 2


def test_the_wait_that_the_server_asks_for_is_kept() -> None:
    with serving(
        lambda i, body: complains(429, retry_after="1") if i == 0 else says("a")
    ) as server:
        model_at(server.url).complete([chat("x")], ONE)
        assert server.seen[1]["time"] - server.seen[0]["time"] >= 1.0
    with serving(lambda i, b: complains(429, retry_after="999") if i == 0 else says("a")) as server:
        model_at(server.url, max_wait_s=0.3).complete([chat("x")], ONE)
        assert 0.3 <= server.seen[1]["time"] - server.seen[0]["time"] < 5


def test_what_never_comes_right_is_that_answers_error_only() -> None:
    def script(i: int, body: dict[str, Any]) -> Reply:
        what = question(body)
        if what == "bad":
            return Reply(b"garbage")
        if what == "refused":
            return complains(400, "maximum context length is 4096")
        if what == "empty":
            return says("  \n")
        if what == "null":
            return says(None, finish="content_filter")
        if what == "long":
            return says("cut", finish="length")
        return says("good")

    asked = ["good", "bad", "refused", "empty", "null", "long"]
    with serving(script) as server:
        model = model_at(server.url, concurrency=2)
        answers = {
            text: some[0]
            for text, some in zip(asked, model.complete([chat(t) for t in asked], ONE), strict=True)
        }
    assert answers["good"].text == "good"
    assert (answers["long"].text, answers["long"].finish_reason) == ("cut", "length")
    for text, said in {
        "bad": "4 attempts: not a chat completion: 'garbage'",
        "refused": "maximum context length is 4096",
        "empty": "empty answer",
        "null": "content_filter",
    }.items():
        assert answers[text].finish_reason == "error"
        assert said in str(answers[text].error)


def test_an_endpoint_that_is_down() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    start = time.monotonic()
    with pytest.raises(InfrastructureError, match="no connection") as caught:
        model_at(url, concurrency=4).complete([chat(str(i)) for i in range(500)], ONE)
    assert time.monotonic() - start < 20
    assert url in str(caught.value)


def test_an_endpoint_that_only_fails() -> None:
    with serving(lambda i, body: complains(500, "overloaded")) as server:
        with pytest.raises(InfrastructureError, match=r"status 500 .*overloaded"):
            model_at(server.url, concurrency=1).complete([chat("x")] * 50, Sampling(samples=2))
        assert len(server.seen) == 3 * 4


def test_a_bad_start_is_not_the_end() -> None:
    with serving(lambda i, body: Reply(b"?") if question(body) == "0" else says("ok")) as server:
        model = model_at(server.url, concurrency=1)
        answers = model.complete([chat(str(i)) for i in range(4)], ONE)
    assert [some[0].text for some in answers] == ["", "ok", "ok", "ok"]


def test_an_endpoint_that_dies_half_way_keeps_what_it_gave() -> None:
    with serving(lambda i, body: says("ok") if i < 5 else complains(503)) as server:
        model = model_at(server.url, concurrency=1)
        answers = model.complete([chat(str(i)) for i in range(40)], ONE)
        assert [some[0].text for some in answers[:5]] == ["ok"] * 5
        assert all("status 503" in str(some[0].error) for some in answers[5:])
        assert len(server.seen) == 5 + 3 * 4


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_named_by_its_variable_only(status: int) -> None:
    with serving(lambda i, body: complains(status, f"Incorrect API key: {KEY}.")) as server:
        with pytest.raises(InputError, match=r"OPENAI_API_KEY.*\*\*\*") as caught:
            model_at(server.url, concurrency=2).complete([chat("x")] * 100, ONE)
        assert len(server.seen) <= 4
    error: BaseException | None = caught.value
    while error is not None:
        assert KEY not in f"{error!s} {error!r}"
        error = error.__cause__ or error.__context__


def test_the_key_is_in_no_other_message() -> None:
    with serving(lambda i, body: complains(400, f"you sent {KEY}")) as server:
        model = model_at(server.url)
        ((completion,),) = model.complete([chat("x")], ONE)
    assert "you sent ***" in str(completion.error)
    assert KEY not in repr(model)
    with serving(lambda i, body: Reply(KEY.encode())) as server:
        url = server.url.replace("//", "//user:password@")
        with pytest.raises(InfrastructureError) as caught:
            model_at(url).complete([chat("x")], ONE)
    assert KEY not in str(caught.value)
    assert "password" not in str(caught.value)


def test_an_unknown_model() -> None:
    with (
        serving(lambda i, body: complains(404, "model not found")) as server,
        pytest.raises(InputError, match=r"does not know the model 'some-model'"),
    ):
        model_at(server.url).complete([chat("x")], ONE)


def test_requests_are_spaced() -> None:
    with serving(lambda i, body: says("a")) as server:
        model = model_at(server.url, requests_per_minute=600, concurrency=8)
        model.complete([chat(str(i)) for i in range(6)], ONE)
    times = sorted(seen["time"] for seen in server.seen)
    assert times[-1] - times[0] >= 0.45
    # Six starts, 0.1 s apart; each may reach the server a little late.
    assert sum(b - a > 0.03 for a, b in itertools.pairwise(times)) >= 4


def test_counts_tokens_and_cost() -> None:
    with serving(lambda i, body: says("a", "b", usage=(1000, 400))) as server:
        model = model_at(server.url, price_prompt=2.0, price_completion=10.0)
        (some,) = model.complete([chat("x")], Sampling(samples=2))
        assert [c.completion_tokens for c in some] == [0, 0]
        model.complete([chat("y")], Sampling(samples=2))
    assert model.usage == Usage(2, 2000, 800, pytest.approx(2 * (0.002 + 0.004)))


def test_answers_without_counts() -> None:
    with serving(lambda i, b: Reply(b'{"choices": [{"message": {"content": "x"}}]}')) as server:
        ((completion,),) = model_at(server.url).complete([chat("x")], ONE)
    assert (completion.text, completion.finish_reason) == ("x", "stop")
    assert (completion.prompt_tokens, completion.completion_tokens) == (0, 0)


def test_the_grammar_goes_to_vllm_servers_only() -> None:
    with serving(lambda i, body: says("OPENQASM 3.0;")) as server:
        model_at(server.url, grammar="vllm").complete([chat("x"), chat("y")], ONE, qubits=[3, None])
        sent = {question(s["body"]): s["body"].get("structured_outputs") for s in server.seen}
        assert "qubit[3] q;" in sent["x"]["grammar"]
        assert sent["y"] is None
        with pytest.raises(InputError, match="cannot be held to the circuit grammar"):
            model_at(server.url).complete([chat("x")], ONE, qubits=[3])


def test_keys_and_addresses_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda i, body: says("a")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OTHER_KEY", "other")
        settings = OpenAISettings(api_key_env="OTHER_KEY", name="mine", prompt_style="published")
        model = OpenAIModel("m", settings)
        model.complete([chat("x")], ONE)
        assert server.seen[0]["headers"]["authorization"] == "Bearer other"
        assert (model.name, model.prompt_style, model.max_qubits) == ("mine", "published", None)
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(InputError, match="OPENAI_API_KEY"):
        OpenAIModel("m")


def test_nothing_to_ask() -> None:
    with serving(lambda i, body: says("a")) as server:
        assert model_at(server.url).complete([], ONE) == []
        assert isinstance(server, ChatServer)
        assert server.seen == []
