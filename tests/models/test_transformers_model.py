from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from quasar.circuits.qasm import parse
from quasar.core.errors import InfrastructureError, InputError
from quasar.models.protocol import Completion, Sampling
from quasar.models.transformers_loading import TransformersSettings
from quasar.models.transformers_model import TransformersModel
from quasar.prompts.chat import Message
from support.tiny_model import CONTEXT

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")


def chat(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


CHATS = [chat("a"), chat("a longer question"), chat("cut?"), chat("the longest of the questions")]
SAMPLING = Sampling(samples=3, max_tokens=24, temperature=0.9, top_p=0.95, seed=7)


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> TransformersModel:
    return TransformersModel(str(checkpoint))


def load(folder: Path, **options: Any) -> TransformersModel:
    return TransformersModel(str(folder), TransformersSettings.parse(options))


def changed(checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint, tmp_path / "copy"))


def test_answers_every_chat_as_often_as_asked(model: TransformersModel) -> None:
    answers = model.complete(CHATS, SAMPLING)
    assert [len(some) for some in answers] == [3, 3, 3, 3]
    for some in answers:
        assert len({c.text for c in some}) > 1
        for completion in some:
            assert completion.error is None
            assert completion.completion_tokens <= 24
            assert (completion.finish_reason == "length") == (completion.completion_tokens == 24)
            assert "<eos>" not in completion.text


def test_equal_seeds_give_equal_answers_whatever_the_batch(
    checkpoint: Path, model: TransformersModel
) -> None:
    expected = model.complete(CHATS, SAMPLING)
    assert model.complete(CHATS, SAMPLING) == expected
    assert load(checkpoint, batch_size=1).complete(CHATS, SAMPLING) == expected
    assert load(checkpoint, batch_size=5).complete(CHATS[::-1], SAMPLING) == expected[::-1]
    assert model.complete(CHATS[1:2], SAMPLING) == expected[1:2]
    fewer = SAMPLING.model_copy(update={"samples": 1})
    assert model.complete(CHATS, fewer) == [some[:1] for some in expected]
    other = SAMPLING.model_copy(update={"seed": 8})
    assert model.complete(CHATS, other) != expected


def test_the_same_chat_twice_gives_two_answers(model: TransformersModel) -> None:
    first, second = model.complete([CHATS[1], CHATS[1]], SAMPLING)
    assert first != second


def test_temperature_zero_is_greedy(model: TransformersModel) -> None:
    greedy = Sampling(samples=2, max_tokens=12, temperature=0)
    (some,) = model.complete([CHATS[0]], greedy)
    assert some[0] == some[1]
    ids = model._chat_tokens.encode(CHATS[0])
    for _ in range(12):
        with torch.no_grad():
            logits = model._model(torch.tensor([ids])).logits[0, -1]
        ids.append(int(logits.argmax()))
        if ids[-1] in model._stop_ids:
            break
    made = [i for i in ids[-12:] if i not in model._stop_ids]
    assert some[0].text == model._tokenizer.decode(made, skip_special_tokens=True)


def test_answers_stay_in_the_context_and_long_prompts_are_told(model: TransformersModel) -> None:
    chats = [chat("short"), chat("x" * CONTEXT), chat("y" * (CONTEXT - 40))]
    short, over, tight = model.complete(chats, Sampling(max_tokens=500, seed=1))
    assert over[0].finish_reason == "error"
    assert "context" in str(over[0].error)
    assert over[0].prompt_tokens > CONTEXT
    for completion in (short[0], tight[0]):
        assert completion.error is None
        used = completion.prompt_tokens + completion.completion_tokens
        assert used <= CONTEXT
        assert (completion.finish_reason == "length") == (used == CONTEXT)


def test_answers_held_to_the_grammar_are_programs(model: TransformersModel) -> None:
    sampling = Sampling(samples=12, temperature=3.0, top_p=1.0, seed=3)
    held, free = model.complete(CHATS[:2], sampling, qubits=[4, None])
    finished = [c for c in held if c.finish_reason == "stop"]
    for completion in held:
        assert completion.text.startswith("OPENQASM 3.0;"[: len(completion.text)])
    assert finished
    for completion in finished:
        assert parse(completion.text).n_qubits == 4
    assert free == model.complete(CHATS[1:2], sampling)[0]
    assert held == model.complete(CHATS[:1], sampling, qubits=[4])[0]


def test_grammar_and_chats_must_fit(model: TransformersModel) -> None:
    with pytest.raises(InputError, match="2 chats"):
        model.complete(CHATS[:1], SAMPLING, qubits=[2, 3])
    with pytest.raises(InputError, match="1 to 32 qubits"):
        model.complete(CHATS[:1], SAMPLING, qubits=[99])


def starve(model: TransformersModel, monkeypatch: pytest.MonkeyPatch, fits: int) -> list[int]:
    """Let `generate` run out of memory on more than `fits` rows; returns the sizes tried."""
    sizes: list[int] = []
    real = model._model.generate

    def generate(**arguments: Any) -> Any:
        sizes.append(len(arguments["input_ids"]))
        if sizes[-1] > fits:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return real(**arguments)

    monkeypatch.setattr(model._model, "generate", generate)
    return sizes


def test_out_of_memory_halves_the_batch(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load(checkpoint, batch_size=8)
    expected = model.complete(CHATS, SAMPLING)
    sizes = starve(model, monkeypatch, fits=3)
    assert model.complete(CHATS, SAMPLING) == expected
    assert sizes == [8, 4, 2, 2, 2, 2, 2, 2]


def test_out_of_memory_on_single_rows(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load(checkpoint)
    starve(model, monkeypatch, fits=0)
    with pytest.raises(InfrastructureError, match="out of memory"):
        model.complete(CHATS, SAMPLING)
    real = model._model.generate
    monkeypatch.undo()
    plain = model._model.generate
    monkeypatch.setattr(
        model._model,
        "generate",
        lambda **a: (plain if a["input_ids"].shape[1] < 30 else real)(**a),
    )
    answers = model.complete(CHATS, SAMPLING)
    assert [some[0].error is None for some in answers] == [True, True, True, False]
    assert "4bit" in str(answers[3][0].error)


def test_other_faults_are_not_taken_for_memory(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load(checkpoint)

    def generate(**_: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(model._model, "generate", generate)
    with pytest.raises(RuntimeError, match="a bug"):
        model.complete(CHATS, SAMPLING)


def test_a_folder_says_how_to_ask_it(checkpoint: Path, tmp_path: Path) -> None:
    plain = load(checkpoint)
    assert (plain.name, plain.prompt_style, plain.max_qubits) == (checkpoint.name, "few-shot", None)
    folder = changed(checkpoint, tmp_path)
    own = {"name": "nano", "prompt_style": "published", "max_qubits": 12}
    (folder / "quasar.json").write_text(json.dumps(own))
    told = load(folder)
    assert (told.name, told.prompt_style, told.max_qubits) == ("nano", "published", 12)
    asked = load(folder, prompt_style="few-shot")
    assert (asked.name, asked.prompt_style, asked.max_qubits) == ("nano", "few-shot", 12)


def test_generation_settings_of_the_checkpoint_do_not_count(
    checkpoint: Path, tmp_path: Path, model: TransformersModel
) -> None:
    folder = changed(checkpoint, tmp_path)
    path = folder / "generation_config.json"
    settings = json.loads(path.read_text()) if path.exists() else {}
    settings |= {"repetition_penalty": 5.0, "top_k": 1, "do_sample": True, "num_beams": 1}
    path.write_text(json.dumps(settings))
    assert load(folder).complete(CHATS, SAMPLING) == model.complete(CHATS, SAMPLING)


def test_a_checkpoint_without_a_chat_template(checkpoint: Path, tmp_path: Path) -> None:
    folder = changed(checkpoint, tmp_path)
    template = (folder / "chat_template.jinja").read_text()
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(InputError, match=r"no chat template.*chat_template=raw"):
        load(folder)
    given = tmp_path / "mine.jinja"
    given.write_text(template)
    again = load(folder, chat_template=str(given))
    assert again.complete(CHATS, SAMPLING) == load(checkpoint).complete(CHATS, SAMPLING)
    raw = load(folder, chat_template="raw")
    (answer,) = raw.complete([[*CHATS[0], *CHATS[2]]], Sampling(max_tokens=2))
    assert answer[0].prompt_tokens == len("a\n\ncut?")
    with pytest.raises(InputError, match=r"nothing\.jinja"):
        load(folder, chat_template=str(tmp_path / "nothing.jinja"))


def test_a_template_that_refuses_the_chat(checkpoint: Path, tmp_path: Path) -> None:
    picky = tmp_path / "picky.jinja"
    picky.write_text("{{ raise_exception('no system turn, please') }}")
    with pytest.raises(InputError, match="no system turn, please"):
        load(checkpoint, chat_template=str(picky)).complete(CHATS, SAMPLING)


def test_an_adapter_changes_the_answers(
    checkpoint: Path, tmp_path: Path, model: TransformersModel
) -> None:
    peft = pytest.importorskip("peft")
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    base = AutoModelForCausalLM.from_pretrained(checkpoint)
    config = peft.LoraConfig(
        r=2, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM"
    )
    peft.get_peft_model(base, config).save_pretrained(tmp_path / "adapter")
    adapted = load(checkpoint, adapter=str(tmp_path / "adapter"))
    assert adapted.complete(CHATS, SAMPLING) != model.complete(CHATS, SAMPLING)
    with pytest.raises(InputError, match="no_adapter"):
        load(checkpoint, adapter=str(tmp_path / "no_adapter"))


def test_other_types_of_weights(checkpoint: Path) -> None:
    half = load(checkpoint, dtype="bfloat16")
    assert half._model.dtype == torch.bfloat16
    (some,) = half.complete(CHATS[:1], SAMPLING)
    assert all(isinstance(c, Completion) and c.error is None for c in some)


def test_4_bits_need_bitsandbytes(checkpoint: Path) -> None:
    from importlib.util import find_spec

    if find_spec("bitsandbytes"):
        pytest.skip("bitsandbytes is installed")
    with pytest.raises(InputError, match="pip install bitsandbytes"):
        load(checkpoint, load_in_4bit=True)


def test_unknown_models_and_devices(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match=r"hub id 'nobody/nothing'.*network"):
        TransformersModel("nobody/nothing")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match=r"folder.*checkpoint"):
        TransformersModel(str(empty))
    broken = changed(checkpoint, tmp_path)
    (broken / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0nonsense")
    with pytest.raises(InputError, match=r"folder.*checkpoint"):
        TransformersModel(str(broken))
    with pytest.raises(InputError, match="device 'cuda:77' is not available"):
        load(checkpoint, device="cuda:77")


def test_without_the_libraries(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr(
        "quasar.models.transformers_loading.find_spec",
        lambda name: None if name == "torch" else name,
    )
    with pytest.raises(InputError, match="models need torch: pip install"):
        TransformersModel(str(checkpoint))
