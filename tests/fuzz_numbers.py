"""What the compiled libraries compute, against NumPy; `fuzz_compiled.py` runs it, sanitizers too.

Random sizes, the odd ones among them: energies of circuits and of QAOA with their gradients, what
distributions say of energies and of each other, the depth of brackets, and the packaged model's
forward pass. Reading and simulating programs is `fuzz_compiled.py`'s own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fuzz_compiled import circuits
from quasar.circuits.ansatz import tie_equal_angles
from quasar.circuits.circuit import GATES, Circuit, Gate
from quasar.circuits.flat_compiled import CODES, FlatCircuit, code_of, deepest_nesting
from quasar.circuits.measurement import NO_MEASUREMENTS
from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import parse
from quasar.core.compiled import KERNEL, library_of
from quasar.core.errors import CircuitError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.kernel import KernelForward, covers
from quasar.models.kernel import library as kernel
from quasar.models.small_qwen import GATE_UP, QKV, NumpyForward, Shape, Weights, layer_name
from quasar.simulate.distributions import SolutionReader, shape_in_python, shape_of
from quasar.simulate.gate_energy import GateEnergy
from quasar.simulate.qaoa_energy import QaoaEnergy
from quasar.simulate.qaoa_kernel import CompiledQaoaEnergy
from quasar.simulate.qaoa_kernel import library as qaoa_library
from quasar.simulate.qulacs_engine import QulacsEngine
from quasar.simulate.small_energy import SmallEnergy
from quasar.simulate.small_state import (
    EnergyReader,
    LikenessReader,
    divergences,
    library,
    simulate,
)
from quasar.simulate.state_facts import impurities, impurities_in_python

Generator = np.random.Generator
EXACT, SIXTEEN_BITS = 1e-9, 5e-2


def ising(draw: Generator, n: int) -> IsingHamiltonian:
    """Terms of up to four qubits; half of the time with weights that repeat."""
    terms = {}
    for _ in range(int(draw.integers(1, 3 * n + 2))):
        k = int(draw.integers(1, min(n, 4) + 1))
        qubits = tuple(sorted(int(q) for q in draw.choice(n, k, replace=False)))
        terms[qubits] = float(draw.normal())
    if draw.random() < 0.5:
        terms = {qubits: float(np.sign(weight)) for qubits, weight in terms.items()}
    return IsingHamiltonian(n, terms)


def qaoa_energies(draw: Generator) -> str:
    """Energy and gradient of QAOA, of its own Hamiltonian and of another."""
    if qaoa_library() is None:
        return "no library"
    n, layers = int(draw.integers(1, 13)), int(draw.integers(1, 5))
    hamiltonian = ising(draw, n)
    ansatz = qaoa(hamiltonian, layers)
    fast = CompiledQaoaEnergy(ansatz, hamiltonian.diagonal)
    slow = QaoaEnergy(ansatz, hamiltonian.diagonal)
    if draw.random() < 0.3:
        other = draw.normal(size=1 << n)
        fast.measure(other)
        slow.measure(other)
    theta = draw.uniform(-7, 7, 2 * layers)
    energy, gradient = fast.value_and_gradient(theta)
    expected, slope = slow.value_and_gradient(theta)
    return _apart([fast.value(theta), energy, *gradient], [expected, expected, *slope])


def circuit_energies(draw: Generator) -> str:
    """Energies of a random circuit at its angles and others."""
    try:
        circuit = parse(next(circuits(1, int(draw.integers(1 << 40))))).circuit
    except CircuitError:
        return ""
    if circuit is None:
        return ""
    ansatz, theta = tie_equal_angles(circuit)
    if not SmallEnergy.covers(ansatz):
        return ""
    diagonal = draw.normal(size=1 << circuit.n_qubits)
    fast, slow = SmallEnergy(ansatz, diagonal), GateEnergy(ansatz, diagonal)
    places = theta, theta + draw.normal(size=theta.shape)
    return _apart([fast.value(a) for a in places], [slow.value(a) for a in places])


def sums(draw: Generator) -> str:
    """Energies, optima and likeness of distributions, those with zeros and ties among them."""
    size = 1 << int(draw.integers(0, 12))
    p, q = (_distribution(draw, size) for _ in range(2))
    energies = draw.integers(-3, 4, size).astype(float)
    reader = EnergyReader(energies, energies[::-1].copy(), energies == energies.min(), 1e-9)
    unlike = _apart(reader.read(p), reader._in_python(p))
    return unlike or _apart(LikenessReader(q).read(p), divergences(p, q))


def states_in_blocks(draw: Generator) -> str:
    """States that are passed over in blocks, of gates of every kind on any qubits."""
    if library() is None:
        return "no library"
    n = int(draw.integers(12, 16))
    gates, code = [], []
    for name in draw.choice([*GATES], int(draw.integers(1, 200))):
        spec = GATES[name]
        qubits = tuple(int(q) for q in draw.permutation(n)[: spec.n_qubits])
        if spec.n_qubits == 2 and gates and draw.random() < 0.5:
            qubits = (*gates[-1].qubits, *qubits)[:2]
            qubits = qubits if len({*qubits}) == 2 else (0, n - 1)
        angles = tuple(float(a) for a in draw.uniform(-7, 7, spec.n_params))
        gates.append(Gate(str(name), qubits, angles))
        code.append((CODES[name], qubits, angles))
    found = simulate(FlatCircuit.of_code(n, code_of(code), 0, NO_MEASUREMENTS))
    if found is None or found[0] is None:
        return "not simulated"
    expected = QulacsEngine().state(Circuit(n, tuple(gates)))
    overlap = abs(np.vdot(found[0], expected))
    return _apart([overlap, found[2]], [1.0, 1.0]) or _apart(
        found[1][::7], np.abs(expected[::7]) ** 2
    )


def shapes(draw: Generator) -> str:
    """Shape and most probable answers of a distribution, its solutions, impurities of a state."""
    n = int(draw.integers(1, 12))
    p = _distribution(draw, 1 << n)
    count = int(draw.integers(0, 12))
    fast, slow = shape_of(p, count), shape_in_python(p, count)
    unlike = _apart(fast[:3], slow[:3])
    if unlike or fast.top != slow.top:
        return unlike or f"{fast.top}, not {slow.top}"
    n_levels = int(draw.integers(1, 6))
    level = draw.integers(0, n_levels + 1, p.size).astype(np.int32)
    reader = SolutionReader(level, np.sort(draw.normal(size=n_levels)), draw.normal(size=n_levels))
    shots = [1, 10, 1000][: int(draw.integers(0, 4))]
    one, other = reader.read(p, shots), reader.in_python(p, shots)
    unlike = _apart([*one[:2], *one.best], [*other[:2], *other.best])
    state = np.sqrt(p) * np.exp(1j * draw.uniform(-7, 7, p.size))
    return unlike or _apart(impurities(state), impurities_in_python(state))


def _distribution(draw: Generator, size: int) -> Any:
    p = draw.random(size) ** draw.choice([1, 8, 400])
    p[draw.random(size) < draw.choice([0.0, 0.5])] = 0.0
    if draw.random() < 0.3:
        p = np.round(p, 1)
    total = p.sum()
    return p / total if total > 0 else np.full(size, 1 / size)


def nesting(draw: Generator) -> str:
    """The depth of brackets."""
    text = bytes(draw.choice(list(b"([{}]) a"), int(draw.integers(0, 70))).astype(np.uint8))
    least = depth = deepest = 0
    for letter in text:
        depth += (letter in b"([{") - (letter in b")]}")
        least = min(least, depth)
        deepest = max(deepest, depth - least)
    found = deepest_nesting(text)
    return "" if found in (None, deepest) else f"{text!r}: {found}, not {deepest}"


class _Drawn(Weights):
    """Weights of a shape, kept as the checkpoint would: float32, float16, or bfloat16's bits."""

    def __init__(self, draw: Generator, shape: Shape, kind: str) -> None:
        width, head = shape.width, shape.head
        sizes: dict[str, tuple[int, ...]] = {
            "model.embed_tokens.weight": (shape.vocabulary, width),
            "model.norm.weight": (width,),
        }
        for i in range(shape.layers):
            q, k = shape.heads * head, shape.kv_heads * head
            sizes |= {
                layer_name(i, name): (n, width) for name, n in zip(QKV, (q, k, k), strict=True)
            }
            sizes |= {layer_name(i, name): (shape.inner, width) for name in GATE_UP}
            sizes[layer_name(i, "self_attn.o_proj")] = (width, q)
            sizes[layer_name(i, "mlp.down_proj")] = (width, shape.inner)
            for norm in ("input_layernorm", "post_attention_layernorm"):
                sizes[layer_name(i, norm)] = (width,)
            for norm in ("self_attn.q_norm", "self_attn.k_norm"):
                sizes[layer_name(i, norm)] = (head,)
        self._tensors = {}
        for name, size in sizes.items():
            values = (draw.normal(size=size) * 0.1).astype(np.float32)
            if kind == "bfloat16":
                self._tensors[name] = (values.view(np.uint32) >> 16).astype(np.uint16)
            else:
                self._tensors[name] = values.astype(kind)

    def stored(self, name: str) -> np.ndarray[Any, Any]:
        return self._tensors[name]


def forward_passes(draw: Generator) -> str:
    """Prompts together, then a token at a time, and a copied cache."""
    compiled = kernel(library_of(KERNEL))
    if compiled is None:
        return "no library"
    heads = int(draw.choice([1, 2, 4]))
    shape = Shape(
        layers=int(draw.integers(1, 3)),
        width=32 * int(draw.integers(1, 4)),
        heads=heads,
        kv_heads=int(draw.choice([k for k in (1, 2, 4) if heads % k == 0])),
        head=8 * int(draw.integers(1, 5)),
        inner=16 * int(draw.integers(1, 6)),
        vocabulary=int(draw.integers(2, 100)),
        context=int(draw.integers(2, 90)),
        epsilon=1e-6,
        theta=10_000.0,
        stop_ids=(1,),
    )
    if not covers(shape):
        return f"not covered: {shape}"
    weights = _Drawn(draw, shape, str(draw.choice(["bfloat16", "float32", "float16"])))
    fast, slow = KernelForward(shape, weights, compiled), NumpyForward(shape, weights)
    rows = [
        [int(i) for i in draw.integers(0, shape.vocabulary, int(draw.integers(1, shape.context)))]
        for _ in range(int(draw.integers(1, 5)))
    ]
    caches = [fast.new_cache() for _ in rows], [slow.new_cache() for _ in rows]
    starts = [0] * len(rows)
    for tokens in (rows, [[0]] * len(rows)):
        hidden, expected = (
            run(tokens, starts, own) for run, own in zip((fast, slow), caches, strict=True)
        )
        unlike = _apart(fast.logits(hidden).ravel(), slow.logits(expected).ravel(), SIXTEEN_BITS)
        if unlike:
            return f"{shape}: {unlike}"
        starts = [len(row) for row in rows]
    spare = fast.new_cache()
    fast.copy_cache(caches[0][0], spare, starts[0])
    same = fast([[0]], starts[:1], [spare]) == fast([[0]], starts[:1], [caches[0][0]])
    return "" if same.all() else f"{shape}: a copied cache gives something else"


def _apart(found: Any, expected: Any, most: float = EXACT) -> str:
    """How far numbers are apart, if they are."""
    for a, b in zip(found, expected, strict=True):
        close = a == b or abs(a - b) <= most * max(1.0, abs(b))
        if not (close or (math.isnan(a) and math.isnan(b))):
            return f"{a}, not {b}"
    return ""


KINDS: tuple[Callable[[Generator], str], ...] = (
    qaoa_energies,
    circuit_energies,
    sums,
    states_in_blocks,
    shapes,
    nesting,
    forward_passes,
)


def compare(inputs: int, seed: int) -> list[str]:
    """What differs, over `inputs` draws of each kind."""
    wrong = []
    for number, kind in enumerate(KINDS):
        for i in range(inputs):
            unlike = kind(np.random.default_rng([seed, number, i]))
            if unlike:
                wrong.append(f"{kind.__name__}, draw {i}: {unlike}")
    return wrong
