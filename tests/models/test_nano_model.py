"""The runtime without transformers: the same model, whatever runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quasar.circuits.qasm import parse
from quasar.core.compiled import KERNEL, READER, build
from quasar.core.errors import InputError
from quasar.models.guide import Guide
from quasar.models.kernel import KernelForward, has_ten_bits, library
from quasar.models.nano_checkpoint import Checkpoint
from quasar.models.nano_model import NanoModel, NanoSettings
from quasar.models.protocol import Completion, Sampling
from quasar.models.registry import load_model, packaged_folder
from quasar.models.small_qwen import NumpyForward, Weights, read_shape
from quasar.models.transformers_model import TransformersModel
from quasar.prompts.vocabulary import END, HEADER

GREEDY = Sampling(temperature=0, max_tokens=60)


def chat(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


CHATS = [
    chat("converged any p? n3 s2.0\n@q0 1.0 q1 0.5;q0\n@q2 -1.0;q2"),
    chat("agent-q qaoa p2 n4 s1.5\n@q0 1.0;q0\n@q1 0.5 q2 0.5 q3 1.0;q1"),
    chat("anything else"),
    chat("converged vqe p? n5 s3.0\n@q4 0.5 q0 0.5;q4"),
]


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    if library() is None:
        library.cache_clear()
        build(KERNEL)


@pytest.fixture
def need_kernel() -> None:
    if library() is None:
        pytest.skip("no C compiler")


@pytest.fixture
def need_ten_bits() -> None:
    if not has_ten_bits():
        pytest.skip("no C compiler, or a processor without AVX2")


@pytest.fixture(params=["numpy", "kernel"])
def engine(request: pytest.FixtureRequest) -> str:
    """The engines that compute with the weights as they are stored."""
    if request.param == "kernel" and library() is None:
        pytest.skip("no C compiler")
    return str(request.param)


def save(folder: Path, dtype: str = "bfloat16", **sizes: int) -> Path:
    """An untrained model of the packaged one's form, small and with strong weights."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from quasar.models.nano_tokenizer import build_tokenizer

    torch.manual_seed(0)
    tokenizer = build_tokenizer(96)
    wanted = {
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "intermediate_size": 80,
    } | sizes
    config = transformers.Qwen3Config(
        vocab_size=len(tokenizer),
        max_position_embeddings=96,
        tie_word_embeddings=True,
        initializer_range=0.3,
        eos_token_id=3,
        pad_token_id=0,
        bos_token_id=None,
        **wanted,
    )
    model = transformers.Qwen3ForCausalLM(config).to(getattr(torch, dtype))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("tiny"))


def forward(folder: Path, engine: str) -> Any:
    shape = read_shape(folder)
    assert shape is not None
    weights = Weights(folder / "model.safetensors")
    if engine == "numpy":
        return NumpyForward(shape, weights)
    compiled = library()
    assert compiled is not None
    return KernelForward(shape, weights, compiled, ten_bits=engine == "ten-bits")


SIZES: list[dict[str, int]] = [
    {},
    {"num_key_value_heads": 4, "head_dim": 64, "hidden_size": 96, "intermediate_size": 48},
    {"num_key_value_heads": 1, "head_dim": 24, "hidden_size": 32},
]


@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "float16"])
@pytest.mark.parametrize("sizes", SIZES)
def test_scores_are_those_of_transformers(
    tmp_path: Path, engine: str, dtype: str, sizes: dict[str, int]
) -> None:
    torch = pytest.importorskip("torch")
    folder = save(tmp_path, dtype, **sizes)
    from transformers import AutoModelForCausalLM

    reference = AutoModelForCausalLM.from_pretrained(str(folder), dtype="float32")
    own = forward(folder, engine)
    rng = np.random.default_rng(1)
    rows = [[int(i) for i in rng.integers(4, 1500, n)] for n in (60, 7, 23)]
    with torch.inference_mode():
        wanted = [reference(torch.tensor([row])).logits[0].numpy() for row in rows]
    caches = [own.new_cache() for _ in rows]
    done = [0, 0, 0]
    # Prompts together, then the rest in pieces of different lengths.
    for pieces in ([50, 3, 1], [1, 1, 1], [9, 3, 21]):
        parts = [row[d : d + p] for row, d, p in zip(rows, done, pieces, strict=True)]
        scores = own.logits(own(parts, done, caches))
        done = [d + p for d, p in zip(done, pieces, strict=True)]
        for got, want, end in zip(scores, wanted, done, strict=True):
            assert np.abs(got - want[end - 1]).max() < 0.01 * np.abs(want[end - 1]).max()
    copy = own.new_cache()
    own.copy_cache(caches[0], copy, 55)
    again = own.logits(own([rows[0][55:]], [55], [copy]))
    assert np.allclose(again, own.logits(own([rows[0][55:]], [55], [caches[0]])), atol=1e-4)


@pytest.mark.usefixtures("need_ten_bits")
@pytest.mark.parametrize("kernel", ["kernel", "ten-bits"])
def test_the_kernel_gives_the_same_bits_whatever_the_batch(tiny: Path, kernel: str) -> None:
    own = forward(tiny, kernel)
    rng = np.random.default_rng(2)
    rows = [[int(i) for i in rng.integers(4, 1500, n)] for n in (5, 9, 3, 14, 40, 1, 2, 8, 8)]
    together = own(rows, [0] * len(rows), [own.new_cache() for _ in rows])
    alone = [own([row], [0], [own.new_cache()])[0] for row in rows]
    assert np.array_equal(together, alone)


def in_ten_bits(matrix: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The weights [out, in] as the kernel rounds them: 64 inputs of an output share a scale."""
    spare = -matrix.shape[1] % 64
    groups = np.pad(matrix, ((0, 0), (0, spare))).reshape(len(matrix), -1, 64)
    scales = np.abs(groups).max(axis=2, keepdims=True) / np.float32(511)
    bits = scales.astype(np.float32).view(np.uint32)
    scales = ((bits + np.uint32(0xFFFF)) & np.uint32(0xFFFF0000)).view(np.float32)
    whole = np.rint(groups / np.where(scales > 0, scales, 1))
    assert np.abs(whole).max() <= 511
    return (whole * scales).reshape(len(matrix), -1)[:, : matrix.shape[1]].astype(np.float32)


class RoundedWeights(Weights):
    """Weights of which the layers' matrices are of ten bits."""

    def floats(self, name: str) -> Any:
        found = super().floats(name)
        return in_ten_bits(found) if found.ndim == 2 and "layers" in name else found


@pytest.mark.usefixtures("need_ten_bits")
@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
@pytest.mark.parametrize("sizes", SIZES)
def test_ten_bits_are_the_rounded_weights_and_nothing_else(
    tmp_path: Path, dtype: str, sizes: dict[str, int]
) -> None:
    folder = save(tmp_path, dtype, **sizes)
    shape = read_shape(folder)
    assert shape is not None
    known = NumpyForward(shape, RoundedWeights(folder / "model.safetensors"))
    own, exact = forward(folder, "ten-bits"), forward(folder, "numpy")
    rng = np.random.default_rng(3)
    rows = [[int(i) for i in rng.integers(4, 1500, n)] for n in (60, 1, 2, 23)]

    def hidden(model: Any) -> Any:
        return model(rows, [0] * len(rows), [model.new_cache() for _ in rows])

    wanted = hidden(known)
    assert np.abs(hidden(own) - wanted).max() < 0.01 * np.abs(wanted).max()
    assert np.abs(hidden(own) - wanted).mean() < 0.5 * np.abs(hidden(exact) - wanted).mean()
    ids = np.array([5, 9, 1400])
    state = hidden(own)
    assert np.allclose(own.scores(state[1], ids), own.logits(state)[1, ids], rtol=1e-4, atol=1e-4)


@pytest.mark.usefixtures("need_ten_bits")
def test_ten_bits_hardly_move_the_packaged_model_s_scores() -> None:
    own, exact = forward(packaged_folder(), "ten-bits"), forward(packaged_folder(), "numpy")
    rng = np.random.default_rng(4)
    rows = [[int(i) for i in rng.integers(4, 1500, n)] for n in (90, 30)]
    got, want = (
        model.logits(model(rows, [0, 0], [model.new_cache() for _ in rows]))
        for model in (own, exact)
    )
    assert np.sqrt(np.mean((got - want) ** 2)) < 0.01 * np.sqrt(np.mean(want**2))


DRAWN = Sampling(samples=2, seed=5, max_tokens=20)


@pytest.fixture(scope="module")
def reference() -> tuple[TransformersModel, list[list[Completion]], list[list[Completion]]]:
    """The packaged model as transformers runs it, its greedy answers, and answers drawn."""
    pytest.importorskip("torch")
    settings = {"back_end": "transformers", "dtype": "float32"}
    model = load_model(str(packaged_folder()), settings)
    assert isinstance(model, TransformersModel)
    return model, model.complete(CHATS, GREEDY), model.complete(CHATS, DRAWN)


def test_greedy_answers_are_those_of_transformers(engine: str, reference: Any) -> None:
    own = load_model(str(packaged_folder()), {"engine": engine})
    reference, greedy, theirs_drawn = reference
    assert isinstance(own, NanoModel)
    assert own.complete(CHATS, GREEDY) == greedy
    assert (own.name, own.prompt_style) == (reference.name, reference.prompt_style)
    assert (own.max_qubits, own.multi_turn) == (reference.max_qubits, reference.multi_turn)
    assert own.resolved["context"] == reference.resolved["context"]
    same = [
        a == b
        for mine, theirs in zip(own.complete(CHATS, DRAWN), theirs_drawn, strict=True)
        for a, b in zip(mine, theirs, strict=True)
    ]
    assert sum(same) >= len(same) - 1  # rounding may draw another token once in a long while


@pytest.mark.usefixtures("need_kernel")
def test_an_answer_depends_on_its_seed_alone() -> None:
    drawn = Sampling(samples=5, seed=1, max_tokens=50)
    model = load_model("nano", {"threads": 2, "batch_size": 3})
    together = model.complete(CHATS, drawn)
    assert together == [model.complete([c], drawn)[0] for c in CHATS]
    assert together == load_model("nano", {"threads": 1, "batch_size": 20}).complete(CHATS, drawn)
    assert len({c.text for c in together[0]}) > 1
    twice = model.complete([CHATS[0], CHATS[0]], drawn)
    assert twice[0] == together[0]
    assert twice[1] != together[0]
    other = model.complete(CHATS, drawn.model_copy(update={"seed": 2}))
    assert other != together


def test_long_prompts_and_limits(tiny: Path, engine: str) -> None:
    model = NanoModel(tiny, NanoSettings(engine=engine))
    long, full, short = chat("~" * 93), chat("~" * 100), chat("~")
    answers = model.complete([long, full, short], Sampling(samples=2, temperature=1, top_p=1))
    assert all(a.finish_reason == "error" for a in answers[1])
    assert "the prompt takes 102 tokens, but the context of" in str(answers[1][0].error)
    assert all(a.completion_tokens <= 1 for a in answers[0])
    assert all(a.prompt_tokens == 95 for a in answers[0])
    (limited,) = model.complete([short], Sampling(temperature=0, max_tokens=2))
    assert limited[0].completion_tokens <= 2
    assert model.complete([], Sampling()) == []


def test_answers_held_to_the_grammar_are_programs() -> None:
    pytest.importorskip("llguidance")
    model = load_model("nano")
    held = Sampling(samples=2, seed=3, temperature=1.0, max_tokens=300)
    answers = model.complete(CHATS[:2], held, qubits=[3, None])
    for answer in answers[0]:
        if answer.finish_reason == "stop":
            assert parse(answer.text).n_qubits == 3
    assert answers[1] == model.complete(CHATS[:2], held)[1]
    with pytest.raises(InputError, match="qubits names 1 chats"):
        model.complete(CHATS[:2], held, qubits=[3])


class Steps:
    """A guide by a list of what is allowed at each step; then the rest."""

    def __init__(self, steps: list[tuple[str, ...] | None], rest: str | None) -> None:
        self.steps, self.end, self.came = steps, rest, list[str]()

    def allowed(self) -> tuple[str, ...] | None:
        return self.steps[len(self.came)] if len(self.came) < len(self.steps) else None

    def advance(self, text: str) -> None:
        self.came.append(text)

    def rest(self) -> str | None:
        return self.end if len(self.came) == len(self.steps) else None


REGISTERS = ("qubit[2] q;\n", "qubit[3] q;\n", "qubit[4] q;\n")


def back_ends() -> list[Callable[[], Any]]:
    folder = str(packaged_folder())
    return [
        lambda: load_model(folder, {"engine": "kernel" if library() is not None else "numpy"}),
        lambda: load_model(folder, {"engine": "numpy"}),
        lambda: load_model(folder, {"back_end": "transformers", "dtype": "float32"}),
    ]


def all_answers(guide: Callable[[], Guide], sampling: Sampling) -> list[list[Completion]]:
    pytest.importorskip("torch")
    found = [
        make().complete(CHATS, sampling, guides=[guide, None, guide, guide]) for make in back_ends()
    ]
    assert found[0] == found[1] == found[2]
    assert found[0][1] == back_ends()[0]().complete(CHATS, sampling)[1]
    return [found[0][i] for i in (0, 2, 3)]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_guide_forces_offers_and_completes(temperature: float) -> None:
    steps = [(HEADER,), REGISTERS, ("h q;\n",), ("h q;\n", "}\n"), ("rx(",), ("0.25",), None]
    sampling = Sampling(temperature=temperature, samples=2, max_tokens=30, seed=4)
    for row in all_answers(lambda: Steps(steps, "x q[0];\n"), sampling):
        for answer in row:
            register = next(r for r in REGISTERS if answer.text.startswith(f"{HEADER}{r}h q;\n"))
            last = answer.text.removeprefix(f"{HEADER}{register}h q;\n")
            assert last.startswith(("h q;\nrx(0.25", "}\nrx(0.25"))
            if answer.finish_reason == "stop" and answer.expanded:
                assert answer.text.endswith("x q[0];\n")
                assert (answer.expanded, answer.completion_tokens) == ("x q[0];\n", 7)


def test_a_guide_may_settle_everything_or_end_the_answer() -> None:
    short = GREEDY.model_copy(update={"max_tokens": 30})  # for the one without a guide
    nothing = all_answers(lambda: Steps([], "all of it"), short)
    assert {a.text for row in nothing for a in row} == {"all of it"}
    assert nothing[0][0].completion_tokens == 0
    ended = all_answers(lambda: Steps([(HEADER,), (END,)], None), short)
    assert {(a.text, a.finish_reason) for row in ended for a in row} == {(HEADER, "stop")}


def test_a_limit_cuts_a_guided_answer_too() -> None:
    short = Sampling(temperature=0, max_tokens=2)
    cut = all_answers(lambda: Steps([(HEADER,), ("h q;\n",), ("h q;\n",)], "r"), short)
    assert {(a.text, a.finish_reason) for row in cut for a in row} == {
        (f"{HEADER}h q;\n", "length")
    }


@pytest.mark.parametrize(
    ("steps", "said"),
    [([("nosuchtoken", "h q;\n")], "not one token"), ([()], "no token"), ([("é",)], "spell")],
)
def test_guides_must_speak_the_model_s_tokens(steps: Any, said: str) -> None:
    for make in back_ends()[:2]:
        with pytest.raises(InputError, match=said):
            make().complete(CHATS[:1], GREEDY, guides=[lambda: Steps(steps, "")])
        with pytest.raises(InputError, match="guides names 1 chats"):
            make().complete(CHATS[:2], GREEDY, guides=[None])


def test_other_checkpoints_are_left_to_transformers(tiny: Path, tmp_path: Path) -> None:
    assert Checkpoint.find(tiny) is not None
    assert Checkpoint.find(tmp_path / "absent") is None
    changes: list[tuple[str, dict[str, Any]]] = [
        ("config.json", {"model_type": "llama"}),
        ("config.json", {"tie_word_embeddings": False}),
        ("config.json", {"hidden_act": "gelu"}),
        ("config.json", {"attention_bias": True}),
        ("config.json", {"use_sliding_window": True}),
        ("config.json", {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}),
        ("tokenizer_config.json", {"chat_template": "{{ messages }}"}),
        ("tokenizer.json", {"normalizer": {"type": "Lowercase"}}),
    ]
    for number, (name, change) in enumerate(changes):
        folder = tmp_path / str(number)
        shutil.copytree(tiny, folder)
        content = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(content | change))
        assert Checkpoint.find(folder) is None, change
        with pytest.raises(InputError, match="back_end=transformers"):
            load_model(str(folder), {"back_end": "runtime"})


def test_which_back_end_runs_a_checkpoint(tiny: Path) -> None:
    pytest.importorskip("torch")
    assert isinstance(load_model(str(tiny)), NanoModel)
    assert isinstance(load_model(str(tiny), {"dtype": "float32"}), TransformersModel)
    assert isinstance(load_model(str(tiny), {"back_end": "transformers"}), TransformersModel)
    with pytest.raises(InputError, match="back_end must be runtime or transformers"):
        load_model(str(tiny), {"back_end": "magic"})


def test_weights_that_cannot_be_read(tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(tiny, folder)
    (folder / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    with pytest.raises(InputError, match="no usable tensor"):
        NanoModel(folder)
    (folder / "model.safetensors").write_bytes(b"junk")
    with pytest.raises(InputError, match="cannot read the weights"):
        NanoModel(folder)


def test_without_the_kernel_numpy_runs_the_model(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quasar.models.nano_model.library", lambda: None)
    monkeypatch.setattr("quasar.models.nano_model._running", _uncached())
    assert NanoModel(tiny).resolved["engine"] == "numpy"
    for engine in ("kernel", "ten-bits"):
        with pytest.raises(InputError, match="engine=numpy"):
            NanoModel(tiny, NanoSettings(engine=engine))


@pytest.mark.usefixtures("need_kernel")
def test_a_library_of_another_source_is_not_taken(tmp_path: Path) -> None:
    other, own = tmp_path / "other.so", tmp_path / "own.so"
    assert build(READER, other)
    assert library(other) is None
    assert build(KERNEL, own)
    assert library(own) is not None


@pytest.mark.usefixtures("need_kernel")
def test_where_the_processor_has_no_ten_bits_the_weights_stay_as_they_are(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quasar.models.nano_model.has_ten_bits", lambda: False)
    monkeypatch.setattr("quasar.models.nano_model._running", _uncached())
    assert NanoModel(tiny).resolved["engine"] == "kernel"
    with pytest.raises(InputError, match="AVX2"):
        NanoModel(tiny, NanoSettings(engine="ten-bits"))


def _uncached() -> Any:
    from quasar.models import nano_model

    return nano_model._running.__wrapped__


def test_generating_loads_no_framework(tmp_path: Path) -> None:
    problem = {
        "problem_type": "maxcut",
        "graph": {
            "nodes": [{"id": i} for i in range(3)],
            "edges": [{"source": 0, "target": 1}, {"source": 1, "target": 2}],
        },
    }
    code = (
        "import sys, quasar\n"
        f"made = quasar.generate({problem!r})\n"
        "assert made.best.report is not None\n"
        "print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert "quasar" in loaded
    assert not loaded & {
        "torch",
        "transformers",
        "jinja2",
        "tokenizers",
        "safetensors",
        "llguidance",
    }
