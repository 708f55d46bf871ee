"""The ways that `benchmarks.runtime` measures, each behind one function; run as a process each.

A way takes the checkpoint's folder and a number of threads, and gives a function that reads a batch
of random prompts and returns what makes so many more tokens of each, greedily.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from quasar.models.small_qwen import (
    GATE_UP,
    QKV,
    NumpyForward,
    Shape,
    Weights,
    layer_name,
    read_shape,
    rotations,
)

BATCHES = (1, 8, 16)
PROMPT = 64
"""Tokens of the prompt; the packaged model's have 30 to 120."""
ANSWER = 48
"""Tokens made."""

Make = Callable[[int, int], Callable[[int], None]]


def _parts(folder: Path) -> tuple[Shape, Weights]:
    shape = read_shape(folder)
    if shape is None:
        raise SystemExit(f"{folder} holds no small Qwen3 model.")
    return shape, Weights(folder / "model.safetensors")


def _random(batch: int, prompt: int, vocabulary: int) -> list[list[int]]:
    rng = np.random.default_rng(0)
    return [[int(i) for i in row] for row in rng.integers(4, vocabulary, (batch, prompt))]


def _by_forward(forward: Any, threads: int, vocabulary: int) -> Make:
    """With one of this project's forward passes, rows spread over threads as in `nano_model`."""

    def make(batch: int, prompt: int) -> Callable[[int], None]:
        ids = _random(batch, prompt, vocabulary)
        caches = [forward.new_cache() for _ in ids]
        hidden = forward(ids, [0] * batch, caches)
        parts = np.array_split(np.arange(batch), max(1, min(threads, batch // 3)))

        def generate(rows: Any, count: int) -> None:
            made = forward.logits(hidden[rows]).argmax(axis=1)
            own = [caches[i] for i in rows]
            for k in range(count):
                states = forward([[int(i)] for i in made], [prompt + k] * len(rows), own)
                made = forward.logits(states).argmax(axis=1)

        def run(count: int) -> None:
            with ThreadPoolExecutor(len(parts)) as pool:
                list(pool.map(lambda rows: generate(rows, count), parts))

        return run

    return make


def _kernel(folder: Path, threads: int, ten_bits: bool = False) -> Make:
    from quasar.models.kernel import KernelForward, library

    compiled = library()
    if compiled is None:
        raise SystemExit("the kernel is not built: make kernel.")
    shape, weights = _parts(folder)
    forward = KernelForward(shape, weights, compiled, ten_bits=ten_bits)
    return _by_forward(forward, threads, shape.vocabulary)


def _ten_bits(folder: Path, threads: int) -> Make:
    return _kernel(folder, threads, ten_bits=True)


def _numpy(folder: Path, threads: int) -> Make:
    shape, weights = _parts(folder)
    return _by_forward(NumpyForward(shape, weights), 1, shape.vocabulary)


def _transformers(folder: Path, threads: int) -> Make:
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig

    from quasar.models.growing_cache import growing_cache

    torch.set_num_threads(threads)
    model = AutoModelForCausalLM.from_pretrained(str(folder), dtype="float32")
    model.eval()

    def make(batch: int, prompt: int) -> Callable[[int], None]:
        ids = torch.tensor(_random(batch, prompt, model.config.vocab_size))

        def run(count: int) -> None:
            config = GenerationConfig(
                do_sample=False, max_new_tokens=count, min_new_tokens=count, pad_token_id=0
            )
            with torch.inference_mode():
                model.generate(
                    input_ids=ids, generation_config=config, past_key_values=growing_cache()
                )

        return run

    return make


def _numba(folder: Path, threads: int) -> Make:
    import numba

    # Products alone: what lies between them is NumPy's.
    @numba.njit(fastmath=True, parallel=threads > 1)  # type: ignore[untyped-decorator]
    def product(x: Any, matrix: Any) -> Any:
        rows, inner = x.shape
        out = np.empty((rows, matrix.shape[0]), dtype=np.float32)
        for n in numba.prange(matrix.shape[0]):
            row = matrix[n]
            for r in range(rows):
                total = np.float32(0)
                for k in range(inner):
                    total += x[r, k] * row[k]
                out[r, n] = total
        return out

    class Matrix:
        def __init__(self, values: Any) -> None:
            self.values = np.ascontiguousarray(values)

        __array_ufunc__ = None

        def __rmatmul__(self, x: Any) -> Any:
            return product(np.ascontiguousarray(x), self.values)

        @property
        def T(self) -> Matrix:  # noqa: N802 - NumPy's name
            return self

    shape, weights = _parts(folder)
    forward = NumpyForward(shape, weights)
    for layer in forward._layers:
        for name in ("qkv", "out", "gate_up", "down"):
            object.__setattr__(layer, name, Matrix(getattr(layer, name).T))
    return _by_forward(forward, 1, shape.vocabulary)


class _Graph:
    """The decoding step as an ONNX graph: ids [B, T], position, keys and values of the past."""

    def __init__(self, shape: Shape, weights: Weights) -> None:
        from onnx import TensorProto, helper, numpy_helper

        self._helper, self._to_tensor = helper, numpy_helper.from_array
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []
        self._count = 0
        s = shape
        embedding = self.constant(weights.floats("model.embed_tokens.weight"))
        cosine, sine = map(self.constant, rotations(s))
        c = self.op("Unsqueeze", self.op("Gather", cosine, "places"), self.ints([0, 1]))
        sn = self.op("Unsqueeze", self.op("Gather", sine, "places"), self.ints([0, 1]))
        x = self.op("Gather", embedding, "ids")
        inputs, outputs = [], []
        for i in range(s.layers):

            def get(*names: str, layer: int = i) -> Any:
                found = [weights.floats(layer_name(layer, name)) for name in names]
                return np.concatenate(found)

            y = self.norm(x, get("input_layernorm"), s.epsilon)
            qkv = self.op("MatMul", y, self.constant(get(*QKV).T.copy()))
            width = s.heads * s.head
            kv = s.kv_heads * s.head
            q, k, v = self.split(qkv, [width, kv, kv])
            q = self.turn(q, get("self_attn.q_norm"), c, sn, s)
            k = self.turn(k, get("self_attn.k_norm"), c, sn, s)
            v = self.heads(v, s)
            k = self.op("Concat", f"k{i}", k, axis=2, name=f"new_k{i}")
            v = self.op("Concat", f"v{i}", v, axis=2, name=f"new_v{i}")
            scores = self.op("MatMul", q, self.op("Transpose", k, perm=[0, 1, 3, 2]))
            scores = self.op("Mul", scores, self.constant(np.float32(s.head**-0.5)))
            scores = self.op("Softmax", self.op("Add", scores, "mask"), axis=-1)
            mixed = self.op("Transpose", self.op("MatMul", scores, v), perm=[0, 2, 1, 3])
            mixed = self.op("Reshape", mixed, self.ints([0, 0, -1]))
            out = self.constant(get("self_attn.o_proj").T.copy())
            x = self.op("Add", x, self.op("MatMul", mixed, out))
            y = self.norm(x, get("post_attention_layernorm"), s.epsilon)
            both = self.op("MatMul", y, self.constant(get(*GATE_UP).T.copy()))
            gate, up = self.split(both, [s.inner, s.inner])
            y = self.op("Mul", self.op("Mul", gate, self.op("Sigmoid", gate)), up)
            down = self.constant(get("mlp.down_proj").T.copy())
            x = self.op("Add", x, self.op("MatMul", y, down))
            shape_kv = ["B", s.kv_heads, "past", s.head]
            for name in (f"k{i}", f"v{i}"):
                inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape_kv))
                outputs.append(
                    helper.make_tensor_value_info(f"new_{name}", TensorProto.FLOAT, None)
                )
        x = self.norm(x, weights.floats("model.norm.weight"), s.epsilon)
        head = self.constant(weights.floats("model.embed_tokens.weight").T.copy())
        self.op("MatMul", x, head, name="logits")
        inputs += [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["B", "T"]),
            helper.make_tensor_value_info("places", TensorProto.INT64, ["T"]),
            helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["T", "all"]),
        ]
        outputs.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, None))
        graph = helper.make_graph(self.nodes, "nano", inputs, outputs, self.tensors)
        self.model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        self.model.ir_version = 9

    def op(self, kind: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        self._count += 1
        out = name or f"t{self._count}"
        self.nodes.append(self._helper.make_node(kind, inputs, [out], **attributes))
        return out

    def constant(self, value: Any) -> str:
        self._count += 1
        name = f"c{self._count}"
        self.tensors.append(self._to_tensor(np.asarray(value), name))
        return name

    def ints(self, values: list[int]) -> str:
        return self.constant(np.array(values, dtype=np.int64))

    def split(self, x: str, sizes: list[int]) -> list[str]:
        self._count += 1
        names = [f"s{self._count}_{i}" for i in range(len(sizes))]
        node = self._helper.make_node("Split", [x, self.ints(sizes)], names, axis=-1)
        self.nodes.append(node)
        return names

    def norm(self, x: str, weight: Any, epsilon: float) -> str:
        square = self.op("ReduceMean", self.op("Mul", x, x), axes=[-1])
        root = self.op("Sqrt", self.op("Add", square, self.constant(np.float32(epsilon))))
        return self.op("Mul", self.op("Div", x, root), self.constant(weight))

    def heads(self, x: str, s: Shape) -> str:
        x = self.op("Reshape", x, self.ints([0, 0, -1, s.head]))
        return self.op("Transpose", x, perm=[0, 2, 1, 3])

    def turn(self, x: str, weight: Any, c: str, sn: str, s: Shape) -> str:
        a, b = self.split(self.norm(self.heads(x, s), weight, s.epsilon), [s.head // 2] * 2)
        first = self.op("Sub", self.op("Mul", a, c), self.op("Mul", b, sn))
        second = self.op("Add", self.op("Mul", b, c), self.op("Mul", a, sn))
        return self.op("Concat", first, second, axis=-1)


def _onnx(folder: Path, threads: int, quantised: bool = False) -> Make:
    """ONNX Runtime on a file written beforehand (its time counts in the start)."""
    import onnx
    import onnxruntime

    shape, weights = _parts(folder)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "model.onnx"
        onnx.save(_Graph(shape, weights).model, str(path))
        if quantised:
            from onnxruntime.quantization import QuantType, quantize_dynamic

            small = Path(directory) / "int8.onnx"
            quantize_dynamic(
                path, small, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8
            )
            path = small
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    names = [f"{kind}{i}" for i in range(shape.layers) for kind in "kv"]
    wanted = [f"new_{name}" for name in names] + ["logits"]

    def make(batch: int, prompt: int) -> Callable[[int], None]:
        ids = np.array(_random(batch, prompt, shape.vocabulary), dtype=np.int64)
        past: list[Any] = [
            np.empty((batch, shape.kv_heads, 0, shape.head), dtype=np.float32) for _ in names
        ]

        def step(tokens: Any, begin: int) -> Any:
            nonlocal past
            count = tokens.shape[1]
            places = np.arange(begin, begin + count, dtype=np.int64)
            later = np.arange(begin + count) > places[:, None]
            mask = np.where(later, np.float32(-1e30), np.float32(0))
            feed = dict(zip(names, past, strict=True))
            *past, logits = session.run(
                wanted, {**feed, "ids": tokens, "places": places, "mask": mask}
            )
            return logits[:, -1].argmax(axis=1)[:, None]

        made = step(ids, 0)

        def run(count: int) -> None:
            nonlocal made
            for k in range(count):
                made = step(made, prompt + k)

        return run

    return make


def _onnx_int8(folder: Path, threads: int) -> Make:
    return _onnx(folder, threads, quantised=True)


def _llama_cpp(folder: Path, threads: int) -> Make:
    """llama.cpp by xllamacpp, weights in bfloat16; batches are requests at the same time."""
    import gguf
    import xllamacpp

    shape, weights = _parts(folder)
    path = Path(tempfile.mkdtemp()) / "nano.gguf"
    writer = gguf.GGUFWriter(str(path), "qwen3")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head)
    writer.add_value_length(shape.head)
    writer.add_rope_freq_base(shape.theta)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([f"t{i}" for i in range(shape.vocabulary)])
    writer.add_token_types([1] * shape.vocabulary)
    writer.add_token_merges(["t 0"])
    writer.add_eos_token_id(shape.stop_ids[0])
    writer.add_add_bos_token(False)

    def add(name: str, source: str) -> None:
        values = weights.floats(source)
        if values.ndim == 1:
            writer.add_tensor(name, values)
        else:
            kind = gguf.GGMLQuantizationType.BF16
            writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)

    add("token_embd.weight", "model.embed_tokens.weight")
    add("output_norm.weight", "model.norm.weight")
    parts = {
        "attn_q": QKV[0],
        "attn_k": QKV[1],
        "attn_v": QKV[2],
        "attn_output": "self_attn.o_proj",
        "attn_q_norm": "self_attn.q_norm",
        "attn_k_norm": "self_attn.k_norm",
        "attn_norm": "input_layernorm",
        "ffn_norm": "post_attention_layernorm",
        "ffn_gate": GATE_UP[0],
        "ffn_up": GATE_UP[1],
        "ffn_down": "mlp.down_proj",
    }
    for i in range(shape.layers):
        for name, source in parts.items():
            add(f"blk.{i}.{name}.weight", layer_name(i, source))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = 512 * 16
    params.n_parallel = 16
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.warmup = False
    server = xllamacpp.Server(params)

    def ask(ids: list[int], count: int) -> None:
        server.handle_completions(
            {
                "prompt": ids,
                "n_predict": count,
                "ignore_eos": True,
                "temperature": 0,
                "cache_prompt": True,
            }
        )

    def make(batch: int, prompt: int) -> Callable[[int], None]:
        rows = _random(batch, prompt, shape.vocabulary)
        with ThreadPoolExecutor(batch) as pool:
            list(pool.map(lambda ids: ask(ids, 1), rows))

        def run(count: int) -> None:
            with ThreadPoolExecutor(batch) as pool:
                list(pool.map(lambda ids: ask(ids, count), rows))

        return run

    return make


WAYS_TO_RUN: dict[str, Callable[[Path, int], Make]] = {
    "kernel": _kernel,
    "ten-bits": _ten_bits,
    "numpy": _numpy,
    "transformers": _transformers,
    "onnx": _onnx,
    "onnx-int8": _onnx_int8,
    "numba": _numba,
    "llama.cpp": _llama_cpp,
}


def one(folder: str, way: str, threads: int) -> dict[str, Any]:
    """Start-up, tokens a second, and memory of one way in this process."""
    begun = time.perf_counter()
    make = WAYS_TO_RUN[way](Path(folder), threads)
    make(1, 8)(1)
    row: dict[str, Any] = {"start s": round(time.perf_counter() - begun, 2)}
    for batch in BATCHES:
        best = frugal = 0.0
        for _ in range(2):
            generate = make(batch, PROMPT)
            clock, processor = time.perf_counter(), time.process_time()
            generate(ANSWER)
            best = max(best, batch * ANSWER / (time.perf_counter() - clock))
            frugal = max(frugal, batch * ANSWER / (time.process_time() - processor))
        row[f"tokens/s x{batch}"] = round(best)
        row[f"a core s x{batch}"] = round(frugal)
    row["memory MiB"] = round(_peak_mib())
    row["note"] = ""
    return row


def _peak_mib() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(one(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
