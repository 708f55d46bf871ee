from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from quasar.core.errors import InputError
from quasar.models import registry
from quasar.models.protocol import Sampling
from quasar.models.registry import load_model


def test_a_folder(checkpoint: Path) -> None:
    model = load_model(str(checkpoint), {"batch_size": "2", "name": "tiny"})
    assert model.name == "tiny"
    (some,) = model.complete(
        [[{"role": "user", "content": "hi"}]], Sampling(samples=3, max_tokens=3)
    )
    assert len(some) == 3


def test_the_packaged_model(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "packaged_folder", lambda _: checkpoint)
    assert load_model("nano").prompt_style == "few-shot"
    monkeypatch.setattr(registry, "packaged_folder", lambda _: checkpoint / "absent")
    with pytest.raises(InputError, match="no packaged model 'nano'"):
        load_model("nano")


def test_an_endpoint() -> None:
    pytest.importorskip("openai")
    model = load_model("openai:gpt-x", {"base_url": "http://127.0.0.1:9/v1", "max_qubits": 8})
    assert (model.name, model.prompt_style, model.max_qubits) == ("gpt-x", "few-shot", 8)


def test_short_names_and_hub_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for spec in ("rl_quantum_4b", "Benyucong/rl_quantum_4b"):
        with pytest.raises(InputError, match="hub id 'Benyucong/rl_quantum_4b'"):
            load_model(spec)


@pytest.mark.parametrize(
    ("spec", "options", "said"),
    [
        ("designer", {}, "no model 'designer': name a folder.*hub id.*openai:NAME"),
        ("./no/such/folder", {}, "no model"),
        ("openai:", {}, "openai:NAME"),
        ("openai:m", {"key": "x"}, "key: no such setting"),
        ("vllm:some", {}, "no model 'some'"),
        ("Qwen/Qwen3-4B-Instruct-2507", {"batch_size": 0}, "batch_size"),
    ],
)
def test_mistakes_are_explained(spec: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_model(spec, options)


def test_importing_it_loads_no_heavy_library() -> None:
    code = (
        "import sys, quasar.models.registry, quasar.models.transformers_model, "
        "quasar.models.openai_model, quasar.models.vllm_model, quasar.models.scripted; "
        "print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert not loaded & {"torch", "transformers", "openai", "vllm", "llguidance", "peft"}
