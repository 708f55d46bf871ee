"""What we hand to vLLM and make of its answers, with a stand-in: vLLM itself needs a GPU."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.models.protocol import Sampling
from quasar.models.vllm_model import VllmModel, VllmSettings
from quasar.prompts.chat import Message


def chat(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


class Engine:
    """Takes what vLLM's `LLM` takes; answers with the number of each sample."""

    made: Engine
    fault: Exception | None = None
    tokenizer: Any = None

    def __init__(self, **options: Any) -> None:
        if Engine.fault is not None:
            raise Engine.fault
        Engine.made = self
        self.options = options
        config = SimpleNamespace(max_model_len=options["max_model_len"] or 100)
        self.llm_engine = SimpleNamespace(model_config=config)
        self.asked: list[tuple[Any, Any]] = []

    def get_tokenizer(self) -> Any:
        return Engine.tokenizer

    def generate(self, prompts: list[Any], parameters: list[Any], use_tqdm: bool) -> list[Any]:
        self.asked += zip(prompts, parameters, strict=True)
        return [
            SimpleNamespace(
                prompt_token_ids=prompt["prompt_token_ids"],
                outputs=[
                    SimpleNamespace(text=f"{k}", token_ids=[1] * k, finish_reason=reason)
                    for k, reason in zip(range(p.n), ["stop", "length"] * p.n, strict=False)
                ],
            )
            for prompt, p in zip(prompts, parameters, strict=True)
        ]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, words: Any) -> type[Engine]:
    package, inner = ModuleType("vllm"), ModuleType("vllm.sampling_params")
    package.LLM, package.SamplingParams = Engine, SimpleNamespace  # type: ignore[attr-defined]
    inner.StructuredOutputsParams = SimpleNamespace  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm", package)
    monkeypatch.setitem(sys.modules, "vllm.sampling_params", inner)
    monkeypatch.setattr(Engine, "tokenizer", words)
    monkeypatch.setattr(Engine, "fault", None)
    return Engine


def test_asks_and_answers(engine: type[Engine]) -> None:
    model = VllmModel("owner/name", VllmSettings(context=90, tensor_parallel_size=2))
    sampling = Sampling(samples=2, temperature=0.5, top_p=0.9, max_tokens=70, seed=3)
    chats = [chat("short"), chat("x" * 90), chat("y" * 50)]
    first, over, third = model.complete(chats, sampling, qubits=[3, 3, None])
    assert (model.name, model.prompt_style) == ("owner/name", "few-shot")
    assert engine.made.options["structured_outputs_config"] == {"backend": "guidance"}
    assert engine.made.options["tensor_parallel_size"] == 2
    assert [(c.text, c.finish_reason, c.completion_tokens) for c in first] == [
        ("0", "stop", 0),
        ("1", "length", 1),
    ]
    assert ["context" in str(c.error) for c in over] == [True, True]
    (short, p), (longer, q) = engine.made.asked
    assert (p.n, p.temperature, p.top_p, p.max_tokens) == (2, 0.5, 0.9, 70)
    assert q.max_tokens == 90 - len(longer["prompt_token_ids"]) < 70
    assert third[0].prompt_tokens == len(longer["prompt_token_ids"])
    assert "qubit[3] q;" in p.structured_outputs.grammar
    assert q.structured_outputs is None
    assert p.seed != q.seed
    model.complete(chats[:1], sampling)
    assert engine.made.asked[-1][1].seed == p.seed
    assert short == engine.made.asked[-1][0]


def test_faults_of_the_engine(engine: type[Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "fault", ValueError("no such model"))
    with pytest.raises(InputError, match=r"owner/name.*no such model"):
        VllmModel("owner/name")
    monkeypatch.setattr(engine, "fault", RuntimeError("CUDA out of memory"))
    with pytest.raises(InfrastructureError, match="out of memory"):
        VllmModel("owner/name")


def test_without_vllm() -> None:
    if find_spec("vllm"):
        pytest.skip("vLLM is installed")
    with pytest.raises(InputError, match="pip install vllm"):
        VllmModel("owner/name")
