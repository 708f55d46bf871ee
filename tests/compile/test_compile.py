"""Compiled circuits are the original on the device's gates, and a wrong one is never given out."""

from __future__ import annotations

import dataclasses
import io
import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quasar
from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.emit import emit
from quasar.circuits.qasm import parse
from quasar.compile.compile import compile_circuit, finished, read_original
from quasar.compile.equivalence import NotEquivalentError
from quasar.compile.placed import Placed
from quasar.compile.result import CompiledCircuit
from quasar.compile.success import Scorer
from quasar.compile.text import read_layout
from quasar.core.errors import InputError
from quasar.devices.device import from_target
from quasar.devices.generic import SUPERCONDUCTING, build
from quasar.devices.load import device
from support.cases import cases
from support.random_circuits import random_circuit, state

NAMES = tuple("x y z h s sdg t tdg sx rx ry rz p U cx cy cz cp crx cry crz ch swap cu ccx".split())


def qaoa(n: int, layers: int, seed: int, degree: int = 3) -> Circuit:
    rng = np.random.default_rng(seed)
    gates = [Gate("h", (q,)) for q in range(n)]
    for _ in range(layers):
        for a, b in nx.random_regular_graph(degree, n, seed=seed).edges:
            turn = Gate("rz", (b,), (float(rng.uniform(0.1, 1)),))
            gates += [Gate("cx", (a, b)), turn, Gate("cx", (a, b))]
        gates += [Gate("rx", (q,), (float(rng.uniform(0.1, 1)),)) for q in range(n)]
    return Circuit(n, tuple(gates))


def random_device(rng: np.random.Generator, n: int):
    """A connected random map of n to n + 3 qubits with random errors and either native gate."""
    number = max(2, n + int(rng.integers(0, 4)))
    graph = nx.random_labeled_tree(number, seed=int(rng.integers(1 << 30)))
    more = [tuple(map(int, rng.permutation(number)[:2])) for _ in range(int(rng.integers(0, 4)))]
    graph.add_edges_from(pair for pair in more if len(pair) == 2)
    pair = str(rng.choice(["cz", "cx", "ecr", "rzz"]))
    single = ("rx", "ry") if pair == "rzz" else ("sx", "x")
    kind = dataclasses.replace(SUPERCONDUCTING, pair=(pair,), single=single)
    target = build(number, [tuple(sorted(edge)) for edge in graph.edges], kind)
    for gate in (pair, "measure"):
        for qargs, known in dict(target[gate]).items():
            known.error = float(rng.uniform(0, 0.05))
            target.update_instruction_properties(gate, qargs, known)
    return from_target(target, name=f"random {pair}", source="a test")


def answers(text: str) -> np.ndarray:
    """Distribution of a program's classical bits by the project's own simulation."""
    from quasar.simulate.engine import Readout, get_engine

    return (
        get_engine("qulacs")
        .run(parse(text, header="language"), Readout(max_qubits=24))
        .probabilities
    )


@settings(max_examples=cases(40))
@given(seed=st.integers(0, 2**32 - 1))
def test_random_circuits_on_random_devices_are_proved(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 6))
    circuit = random_circuit(rng, n, int(rng.integers(0, 15)), NAMES)
    machine = random_device(rng, n)
    found = compile_circuit(emit(circuit), machine, seeds=1, seed=seed % 1000)
    check(circuit, machine, found)


def check(circuit: Circuit, machine, found: CompiledCircuit) -> None:
    """What the proof says, by another simulation, and that the device has every gate."""
    assert found.proof.exact
    again = parse(found.qasm, header="language").circuit
    ends = dict.fromkeys(range(circuit.n_qubits))
    assert list(again.measurements.final.values()) == list(ends)
    overlap = np.vdot(state(circuit), state(again)[: 1 << circuit.n_qubits])
    assert abs(overlap) ** 2 > 1 - 1e-7
    for item in found.circuit.data:
        places = tuple(found.circuit.find_bit(q).index for q in item.qubits)
        assert machine.target.instruction_supported(item.operation.name, places)
    assert read_layout(found.qasm) == read_layout(found.physical_qasm) == found.layout


def broken(circuit, rng: np.random.Generator):
    """A copy with a gate dropped, changed, turned by 0.05 more, or on exchanged qubits."""
    out = circuit.copy()
    where = [i for i, item in enumerate(out.data) if item.operation.name not in ("measure",)]
    i = int(rng.choice(where))
    item = out.data[i]
    match int(rng.integers(4)):
        case 0:
            del out.data[i]
        case 1:
            gate = type(item.operation)
            from qiskit.circuit.library import CZGate, HGate, SwapGate

            other = (
                HGate() if len(item.qubits) == 1 else (SwapGate() if gate is CZGate else CZGate())
            )
            out.data[i] = item.replace(operation=other)
        case 2:
            turned = [j for j in where if out.data[j].operation.params]
            j = int(rng.choice(turned)) if turned else i
            operation = out.data[j].operation
            if turned:
                operation = type(operation)(float(operation.params[0]) + 0.05)
            out.data[j] = out.data[j].replace(operation=operation)
        case _:
            a, b = rng.permutation(out.num_qubits)[:2]
            names = {out.qubits[a]: out.qubits[b], out.qubits[b]: out.qubits[a]}
            out.data[i] = item.replace(qubits=[names.get(q, q) for q in item.qubits])
    return out


def break_and_judge(seed: int) -> bool | None:
    """Whether a broken compiled circuit is refused; None where it is no other circuit.

    That is decided by Qiskit's own simulation.
    """
    from qiskit.quantum_info import Statevector

    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 6))
    circuit = random_circuit(rng, n, int(rng.integers(6, 20)), NAMES)
    machine = random_device(rng, n)
    original = read_original(emit(circuit), None)
    good = compile_circuit(emit(circuit), machine, seeds=1)
    bare = good.circuit.remove_final_measurements(inplace=False)
    placed = Placed(bare, good.layout.initial, good.layout.final, "a test")
    if rng.integers(5):
        bad = dataclasses.replace(placed, circuit=broken(bare, rng))
    else:
        final = [*placed.final]
        final[0], final[1] = final[1], final[0]
        bad = dataclasses.replace(placed, final=tuple(final))
    one, two = Statevector(placed.compact()), None
    order = (
        [placed.active.index(q) for q in bad.active]
        if set(bad.active) == set(placed.active)
        else None
    )
    if order is not None:
        from qiskit import QuantumCircuit

        moved = QuantumCircuit(len(order))
        moved.compose(bad.compact(), range(len(order)), inplace=True)
        two = Statevector(moved)
        if abs(np.vdot(one.data, two.data)) ** 2 > 1 - 1e-6:
            return None
    success = Scorer(machine).success(bad, range(n))
    try:
        finished(original, machine, bad, success, ())
    except NotEquivalentError as error:
        return bool(error.compiled and error.original)
    return False


def test_broken_circuits_are_refused() -> None:
    judged = [break_and_judge(seed) for seed in range(12)]
    assert judged.count(False) == 0
    assert judged.count(True) >= 6


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_compiled_circuits_are_proved() -> None:
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 8))
        circuit = random_circuit(rng, n, int(rng.integers(0, 25)), NAMES)
        machine = random_device(rng, n)
        check(circuit, machine, compile_circuit(emit(circuit), machine, seeds=1, seed=seed))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_hundred_broken_circuits_are_refused() -> None:
    caught, seed = 0, 0
    while caught < 200:
        found = break_and_judge(seed)
        assert found is not False, seed
        caught += found is True
        seed += 1


def test_a_cost_layer_takes_fewer_gates_than_qiskit_alone() -> None:
    circuit, machine = qaoa(10, 2, 3), device("generic:27:heavy-hex")
    alone = quasar.compile_circuit(emit(circuit), machine, seeds=1, compilers=["qiskit"])
    best = quasar.compile_circuit(emit(circuit), machine, seeds=6)
    assert best.two_qubit_gates <= 0.9 * alone.two_qubit_gates
    assert best.esp > alone.esp
    np.testing.assert_allclose(answers(best.qasm), answers(emit(circuit)), atol=1e-9)
    assert [trial.esp for trial in best.trials] == sorted(
        (t.esp for t in best.trials), reverse=True
    )


def test_a_dense_layer_is_routed_on_a_line() -> None:
    best = compile_circuit(emit(qaoa(6, 1, 0, 5)), "generic:8:line", seeds=4)
    assert best.compiler.startswith(("swap network", "commuting"))
    # 15 terms, of which all but the first and last layers' come with a swap: 3 gates, not 5.
    assert best.two_qubit_gates <= 45


def test_swap_networks_are_moved_before_they_are_compared() -> None:
    pytest.importorskip("qiskit_ibm_runtime", reason="extra devices")
    best = compile_circuit(emit(qaoa(6, 1, 0, 5)), "fake_torino", seeds=6)
    assert best.compiler.startswith("swap network")
    assert best.esp > 0.755  # the other ways reach 0.751, and where it lies at first 0.59


def test_every_form_is_the_same_circuit(tmp_path) -> None:
    from qiskit import qpy
    from qiskit.quantum_info import Statevector

    circuit = qaoa(4, 1, 1)
    found = compile_circuit(emit(circuit), "generic:7:grid", seeds=2)
    wanted = answers(emit(circuit))
    for text in (found.qasm, found.physical_qasm, found.to_qasm2()):
        np.testing.assert_allclose(answers(text), wanted, atol=1e-9)
    names = found.save(tmp_path / "out")
    assert sorted(names) == sorted(path.name for path in (tmp_path / "out").iterdir())
    again = qpy.load(io.BytesIO((tmp_path / "out" / "compiled.qpy").read_bytes()))[0]
    assert again.layout.final_index_layout() == list(found.layout.final)
    assert again.layout.initial_index_layout(filter_ancillas=True) == list(found.layout.initial)
    bare = again.remove_final_measurements(inplace=False)
    np.testing.assert_allclose(
        Statevector(bare).probabilities(list(found.layout.final)), wanted, atol=1e-9
    )
    assert found.to_qiskit().num_clbits == 4


def test_classical_bits_stay_the_users() -> None:
    text = (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nbit[2] low;\nbit[1] high;\nqubit[3] q;\n'
        "x q[2];\nh q[0];\ncx q[0], q[1];\nhigh[0] = measure q[0];\nlow[0] = measure q[2];\n"
    )
    found = compile_circuit(text, "generic:5:line", seeds=2)
    assert [register.name for register in found.circuit.cregs] == ["low", "high"]
    np.testing.assert_allclose(answers(found.qasm), answers(text), atol=1e-9)


@pytest.mark.parametrize(
    ("text", "machine", "said"),
    [
        ("OPENQASM 3.0; qubit[6] q; U(1, 0, 0) q[0];", "generic:5:line", "needs 6 qubits"),
        ("OPENQASM 3.0; qubit[2] q; reset q[0]; U(1,0,0) q[0]; reset q[0];", "ions:3", "midway"),
        ("OPENQASM 3.0; qubit[2] q; U(1, 0, 0) q[0];", "fake_torin", "Did you mean fake_torino"),
    ],
)
def test_what_cannot_be_compiled_is_said(text: str, machine: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        compile_circuit(text, machine)


def test_a_layout_is_kept() -> None:
    wanted = (3, 0, 6, 1)
    found = compile_circuit(emit(qaoa(4, 1, 0)), "generic:7:heavy-hex", seeds=2, layout=wanted)
    assert found.layout.initial == wanted
    assert found.proof.exact


HALVES = {
    "name": "halves",
    "qubits": 7,
    "couplers": [[0, 1], [1, 2], [3, 4], [4, 5], [5, 6]],
    "gates": {"cz": {}, "sx": {}, "rz": {}},
}


def test_a_device_in_two_parts_takes_what_fits_one() -> None:
    text = emit(qaoa(4, 1, 0, degree=2))
    found = compile_circuit(text, HALVES, seeds=2)
    assert set(found.layout.active) == {3, 4, 5, 6}
    assert any("in separate parts: the circuit is in one of 4" in said for said in found.remarks)
    small = compile_circuit(emit(qaoa(3, 1, 0, degree=2)), HALVES, seeds=1, layout=(2, 1, 0))
    assert set(small.layout.active) == {0, 1, 2}


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"layout": (0, 1)}, "one different qubit for each of the circuit's 3"),
        ({"layout": (0, 1, 1)}, "one different qubit"),
        ({"layout": (2, 1, 3)}, "these are not: 3"),
        ({"layout": (0, 1, 2), "compilers": ("pytket",)}, "pytket chooses"),
        ({"seeds": 10**23}, "from 1 to 10,000"),
    ],
)
def test_other_choices_are_refused(how, said: str) -> None:
    with pytest.raises(InputError, match=said):
        compile_circuit(emit(qaoa(3, 1, 0, degree=2)), HALVES, **how)


def test_a_second_opinion_is_asked_for() -> None:
    pytest.importorskip("mqt.qcec", reason="extra equivalence")
    found = compile_circuit(
        emit(qaoa(4, 1, 0)), "generic:7:heavy-hex", seeds=1, second_opinion=True
    )
    assert found.proof.second_opinion.startswith("equivalent")


def test_separate_pairs_and_single_qubits_find_the_best_places() -> None:
    """Three pairs and a single qubit: of all their places together only a part can be looked at."""
    rng = np.random.default_rng(5)
    target = build(16, [(q, q + 1) for q in range(15)], SUPERCONDUCTING)
    for gate in ("cz", "measure"):
        for qargs, known in dict(target[gate]).items():
            known.error = float(rng.uniform(0.001, 0.05))
            target.update_instruction_properties(gate, qargs, known)
    machine = from_target(target, name="random line", source="a test")
    gates = [Gate("h", (q,)) for q in range(7)]
    gates += [Gate("cz", pair) for pair in ((0, 1), (2, 3), (4, 5))]
    found = compile_circuit(emit(Circuit(7, tuple(gates))), machine, seeds=1)
    errors = [sum(machine.readout[q]) / 2 for q in range(16)]
    cost = [machine.error("cz", (q, q + 1)) + errors[q] + errors[q + 1] for q in range(15)]
    best = min(
        sum(cost[q] for q in pairs) + min(errors[q] for q in range(16) if not {q, q - 1} & {*pairs})
        for pairs in itertools.combinations(range(15), 3)
        if all(b - a > 1 for a, b in itertools.pairwise(pairs))
    )
    places = found.layout.final
    used = sum(cost[min(places[i : i + 2])] for i in (0, 2, 4)) + errors[places[6]]
    assert used <= best + 0.004


def test_readout_errors_count_as_they_matter() -> None:
    machine = device(
        {
            "name": "two",
            "qubits": 2,
            "couplers": [[0, 1]],
            "gates": {"rz": {}, "sx": {}, "x": {}, "cz": {}},
            "qubit": {
                "0": {"p1_given_0": 0.2, "p0_given_1": 0.0},
                "1": {"p1_given_0": 0.0, "p0_given_1": 0.1},
            },
        }
    )
    text = emit(Circuit(1, (Gate("x", (0,)),)))
    assert compile_circuit(text, machine, seeds=1).layout.final == (1,)
    assert compile_circuit(text, machine, seeds=1, ones=(1.0,)).layout.final == (0,)
