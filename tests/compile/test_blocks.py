"""The proof block by block finds routed circuits right at any size, and no wrong one."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.to_qiskit import from_qiskit, to_qiskit
from quasar.compile.blocks import matched_blocks
from quasar.compile.by_qiskit import NativeGates, by_qiskit
from quasar.compile.commuting import by_commuting
from quasar.compile.equivalence import NotEquivalentError, prove
from quasar.compile.part import usable_part
from quasar.compile.placed import Placed
from quasar.devices.load import device

N = 26


@pytest.fixture(scope="module")
def large() -> tuple[Circuit, list[Placed]]:
    """A cost layer and mixer on 26 qubits, compiled in two ways."""
    rng = np.random.default_rng(0)
    gates = [Gate("h", (q,)) for q in range(N)]
    for a, b in nx.random_regular_graph(3, N, seed=0).edges:
        turn = Gate("rz", (b,), (float(rng.uniform(0.1, 1)),))
        gates += [Gate("cx", (a, b)), turn, Gate("cx", (a, b))]
    gates += [Gate("rx", (q,), (0.3 + q / 100,)) for q in range(N)]
    circuit = Circuit(N, tuple(gates))
    part = usable_part(device("generic:40:heavy-hex"), N)
    first = next(iter(by_qiskit(to_qiskit(circuit), part, [0])))
    routed = next(iter(by_commuting(circuit, part, [first.initial], [0])))
    native = NativeGates(part)(routed.circuit())
    return circuit, [first, Placed(native, routed.initial, routed.final, routed.compiler)]


@pytest.mark.parametrize("way", [0, 1])
def test_routed_circuits_are_proved_at_any_size(large, way: int) -> None:
    circuit, found = large
    compiled, initial = compact(found[way])
    proof = prove(circuit, compiled, initial)
    assert (proof.method, proof.exact) == ("blocks", True)
    assert proof.infidelity < 1e-12


@pytest.mark.parametrize("way", [0, 1])
def test_any_change_is_noticed(large, way: int) -> None:
    circuit, found = large
    compiled, initial = compact(found[way])
    rng = np.random.default_rng(way)
    for place in rng.choice(len(compiled.gates), 12, replace=False):
        gate = compiled.gates[place]
        if not gate.params or len(gate.qubits) == 2:
            other = ()
        else:
            other = (gate._replace(params=(gate.params[0] + 0.05,)),)
        gates = (*compiled.gates[:place], *other, *compiled.gates[place + 1 :])
        changed = Circuit(compiled.n_qubits, gates)
        distance = matched_blocks(circuit, changed, initial, range(N))
        assert distance is None or distance > 0.01
    final = [1, 0, *range(2, N)]
    assert matched_blocks(circuit, compiled, initial, final) is None


def chain(*gates: Gate) -> Circuit:
    links = [Gate("cx", (q, q + 1)) for q in range(2, N - 1)]
    return Circuit(N, (Gate("h", (0,)), Gate("h", (2,)), *links, *gates))


def test_matrix_product_states_estimate_what_blocks_cannot_show() -> None:
    pytest.importorskip("quimb", reason="extra mps")
    one, two = Gate("cx", (0, 1)), Gate("cx", (0, 2))
    proof = prove(chain(one, two, one), chain(two), range(N))
    assert (proof.method, proof.exact) == ("matrix product states", False)
    assert proof.infidelity < 1e-6
    with pytest.raises(NotEquivalentError, match="differ by an infidelity"):
        prove(chain(one, two, one), chain(one), range(N))


def compact(placed: Placed) -> tuple[Circuit, list[int]]:
    number = {q: i for i, q in enumerate(placed.active)}
    return from_qiskit(placed.compact()), [number[q] for q in placed.initial]
