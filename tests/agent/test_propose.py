"""Asking a model: its style, its limits, what is in its answers, and who is at fault for none."""

from __future__ import annotations

from pathlib import Path

import pytest

from quasar.agent.propose import Proposer
from quasar.core.errors import InfrastructureError, InputError
from quasar.models.protocol import Completion, Sampling, failed
from quasar.models.registry import load_model
from quasar.models.scripted import ScriptedModel
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.prompts.chat import Request
from quasar.prompts.published import published_prompt
from support.chat_server import ChatServer, Reply, complains, says, serving

QASM = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nx q[0];\nx q[2];'


def ring(n: int = 4) -> EncodedProblem:
    return load_problem(
        {
            "problem_type": "maxcut",
            "graph": {
                "nodes": [{"id": i} for i in range(n)],
                "edges": [{"source": i, "target": (i + 1) % n} for i in range(n)],
            },
        }
    )


def test_the_prompt_is_in_the_models_style() -> None:
    model = ScriptedModel([], prompt_style="published")
    request = Request(layers=3)
    chat, n_qubits, *guides = Proposer(model).question(ring(), request)
    assert chat[-1]["content"] == published_prompt(ring(), request)
    assert n_qubits == 4
    assert guides == [None, None]


def test_answers_keep_their_text_and_give_their_program() -> None:
    model = ScriptedModel(
        [f"Here:\n```qasm\n{QASM}\n```\n", Completion("I cannot", "length", 7, 2), failed("why")]
    )
    proposer = Proposer(model)
    ((first, second, third),) = proposer.propose([proposer.question(ring())], 3)
    assert first.qasm == QASM
    assert first.text.startswith("Here:")
    assert second.qasm is None
    assert (second.finish_reason, second.prompt_tokens, second.completion_tokens) == (
        "length",
        7,
        2,
    )
    assert third.error == "why"
    assert [p.sample for p in (first, second, third)] == [1, 2, 3]


def test_more_qubits_than_the_model_knows_name_the_designer() -> None:
    model = ScriptedModel([], max_qubits=3)
    with pytest.raises(InputError, match=r"4 qubits.*up to 3.*--model designer"):
        Proposer(model).question(ring())
    assert not model.chats


def test_constrained_answers_are_held_to_the_problems_qubits() -> None:
    model = ScriptedModel(["a", "b"])
    proposer = Proposer(model, constrained=True)
    proposer.propose([proposer.question(ring(4)), proposer.question(ring(5))], 1)
    assert model.qubits == [4, 5]


def test_the_next_turn_holds_all_that_was_said() -> None:
    model = ScriptedModel(["one", "two"])
    proposer = Proposer(model)
    ((first,),) = proposer.propose([proposer.question(ring())], 1)
    (second,) = proposer.again([(first, "do better")], 4)
    assert [m["content"] for m in model.chats[1][-2:]] == ["one", "do better"]
    assert list(second.chat) == model.chats[1]
    assert (second.text, second.sample, second.turn) == ("two", 1, 2)


def test_a_real_checkpoint_writes_circuits_when_held_to_the_grammar(checkpoint: Path) -> None:
    model = load_model(str(checkpoint), {"prompt_style": "published", "chat_template": "raw"})
    # The tiny model's context holds no real prompt: a prompt too long is the model's own failure.
    proposer = Proposer(model, constrained=True)
    ((proposal,),) = proposer.propose([proposer.question(ring())], 1)
    assert proposal.error is not None
    assert "context" in proposal.error
    assert not proposal.outage
    question = proposer.question(ring())._replace(chat=({"role": "user", "content": "ring"},))
    ((proposal,),) = Proposer(
        model, Sampling(temperature=1.0, max_tokens=120), constrained=True
    ).propose([question], 1)
    assert proposal.error is None
    assert proposal.text.startswith("OPENQASM 3.0;")
    assert proposal.qasm is not None
    assert "qubit[4]" in proposal.qasm


# --- whose fault: the words of the back ends decide, so they are held to them here ----------------


def endpoint(server: ChatServer, **options: object) -> Proposer:
    fast = {"base_url": server.url, "retries": 0, "backoff_s": 0.0, "concurrency": 1}
    return Proposer(load_model("openai:m", {**fast, **options}))


@pytest.mark.parametrize(
    "trouble", [complains(500), complains(429), Reply(b"<html>"), Reply(b"{}", drop=True)]
)
def test_an_endpoint_in_trouble_is_no_fault_of_the_model(trouble: Reply) -> None:
    pytest.importorskip("openai")
    with serving(lambda number, _: says("fine") if number == 0 else trouble) as server:
        proposer = endpoint(server)
        questions = [proposer.question(ring(n)) for n in (4, 5)]
        (first,), (second,) = proposer.propose(questions, 1)
    assert (first.text, first.outage) == ("fine", False)
    assert second.error is not None
    assert second.outage


@pytest.mark.parametrize("refusal", [complains(400), says("")])
def test_a_refused_or_empty_answer_is_the_models(refusal: Reply) -> None:
    pytest.importorskip("openai")
    with serving(lambda *_: refusal) as server:
        proposer = endpoint(server)
        ((proposal,),) = proposer.propose([proposer.question(ring())], 1)
    assert proposal.error is not None
    assert not proposal.outage


def test_nothing_at_all_is_an_infrastructure_error() -> None:
    pytest.importorskip("openai")
    with serving(lambda *_: complains(500)) as server:
        proposer = endpoint(server)
        with pytest.raises(InfrastructureError, match="status 500"):
            proposer.propose([proposer.question(ring())], 1)


def test_too_little_memory_is_no_fault_of_the_model(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(str(checkpoint), {"chat_template": "raw"})
    real = model._model.generate  # type: ignore[attr-defined]

    def generate(**arguments: object) -> object:
        if arguments["input_ids"].shape[1] > 10:  # type: ignore[attr-defined]
            raise RuntimeError("CUDA out of memory")
        return real(**arguments)

    monkeypatch.setattr(model._model, "generate", generate)  # type: ignore[attr-defined]
    proposer = Proposer(model, Sampling(max_tokens=2))
    question = proposer.question(ring())
    chats = [({"role": "user", "content": "h" * size},) for size in (3, 30)]
    (small,), (large,) = proposer.propose([question._replace(chat=c) for c in chats], 1)
    assert small.error is None
    assert large.outage
