"""The report on a state against numbers from dense matrices, made by Qiskit."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp, Statevector

import quasar
from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.emit import emit
from quasar.core.seeds import generator
from quasar.problems.quantum.observable import EncodedObservable
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.stages.ground import Ground

HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def problem(problem_type: str, **attributes: object) -> EncodedObservable:
    found = quasar.load_problem(
        {"problem_type": problem_type, "problem_specific_attributes": attributes}
    )
    assert isinstance(found, EncodedObservable)
    return found


def ground(report: Report) -> Ground:
    assert report.stages.ground is not None
    return report.stages.ground


def random_circuit(n: int, seed: int) -> Circuit:
    rng = generator(seed, "ground")
    gates = []
    for _ in range(2):
        gates += [Gate("ry", (q,), (float(rng.normal()),)) for q in range(n)]
        gates += [Gate("rx", (q,), (float(rng.normal()),)) for q in range(n)]
        gates += [Gate("cx", (q, q + 1)) for q in range(n - 1)]
    return Circuit(n, tuple(gates), n_measured=n)


def dense_variance(operator: SparsePauliOp, state: Statevector) -> float:
    matrix = operator.to_matrix()
    applied = matrix @ state.data
    return float(np.vdot(applied, applied).real - np.vdot(state.data, applied).real ** 2)


CASES = [
    ("tfim", {"n": 5, "h": 0.7}),
    ("heisenberg", {"n": 5, "J": 1.3, "h": 0.2}),
    ("xxz", {"n": 4, "lattice": "ring", "delta": 0.4}),
    ("fermi_hubbard", {"n": 2, "U": 3, "mu": 0.5}),
    ("molecule", {"molecule": "lih"}),
]


@pytest.mark.parametrize(("problem_type", "attributes"), CASES, ids=[name for name, _ in CASES])
def test_every_number_agrees_with_dense_matrices(
    problem_type: str, attributes: dict[str, object]
) -> None:
    encoded = problem(problem_type, **attributes)
    circuit = random_circuit(encoded.n_qubits, 3)
    text = emit(circuit)
    report = quasar.verify(text, encoded, settings={"max_stage": 3, "precision": 0.01})
    from qiskit import qasm3

    state = Statevector(qasm3.loads(text).remove_final_measurements(inplace=False))
    operator = encoded.hamiltonian.to_sparse_pauli_op()
    energies, vectors = np.linalg.eigh(operator.to_matrix())
    if encoded.sector_states is not None:
        keep = encoded.sector_states
        energies, inside = np.linalg.eigh(operator.to_matrix()[np.ix_(keep, keep)])
        vectors = np.zeros((1 << encoded.n_qubits, keep.size), dtype=complex)
        vectors[keep] = inside
    found = ground(report)
    energy = float(state.expectation_value(operator).real)
    assert found.energy_total == pytest.approx(energy)
    assert report.energy == pytest.approx(energy - report.problem.constant)
    assert found.ground_energy_total == pytest.approx(energies[0])
    assert report.ground_energy == pytest.approx(energies[0] - report.problem.constant)
    assert report.energy_error == pytest.approx(energy - energies[0])
    level = energies < energies[0] + 1e-7
    assert found.degeneracy == level.sum()
    overlaps = vectors[:, level].conj().T @ state.data
    assert report.ground_space_fidelity == pytest.approx(float((abs(overlaps) ** 2).sum()))
    assert found.variance == pytest.approx(dense_variance(operator, state))
    for value, symmetry in zip(found.symmetries, encoded.problem.symmetries(), strict=True):
        own = symmetry.observable.to_sparse_pauli_op()
        assert value.value == pytest.approx(state.expectation_value(own).real)
        assert value.spread**2 == pytest.approx(dense_variance(own, state), abs=1e-9)
        a, b = operator.to_matrix(), own.to_matrix()
        assert value.conserved == np.allclose(a @ b, b @ a)
    # Shots: the sum of the groups' standard deviations by the precision, squared.
    groups = Verifier(encoded).facts.groups  # type: ignore[attr-defined]
    assert found.measurement_groups == len(groups)
    deviations = [math.sqrt(dense_variance(g.to_sparse_pauli_op(), state)) for g in groups]
    assert found.shots == math.ceil((sum(deviations) / 0.01) ** 2)


def test_qiskit_finds_as_many_commuting_groups_or_fewer_by_little() -> None:
    encoded = problem("molecule", molecule="h4_chain")
    own = len(Verifier(encoded).facts.groups)  # type: ignore[attr-defined]
    operator = encoded.hamiltonian.to_sparse_pauli_op()
    assert own <= 1.2 * len(operator.group_commuting(qubit_wise=True))


def test_the_ground_state_itself_is_accurate() -> None:
    encoded = problem("heisenberg", n=2)
    singlet = f"{HEADER}qubit[2] q;\nx q[0];\nx q[1];\nh q[0];\ncx q[0], q[1];\n"
    report = quasar.verify(singlet, encoded)
    found = ground(report)
    assert report.energy_error == pytest.approx(0.0, abs=1e-12)
    assert report.ground_space_fidelity == pytest.approx(1.0)
    assert found.variance == pytest.approx(0.0, abs=1e-12)
    assert found.accurate
    assert found.chemical_accuracy is None
    assert report.approximation_ratio == pytest.approx(1.0)
    assert report.p_optimal is None
    assert "solved" in str(report)


def test_any_state_of_a_degenerate_level_has_fidelity_one() -> None:
    encoded = problem("tfim", n=3, h=0)
    for flips in ("", "x q[0];\nx q[1];\nx q[2];\n", "h q[0];\ncx q[0], q[1];\ncx q[1], q[2];\n"):
        report = quasar.verify(f"{HEADER}qubit[3] q;\n{flips}", encoded)
        assert report.ground_space_fidelity == pytest.approx(1.0)


def test_leaving_the_sector_is_no_solution() -> None:
    """The vacuum of LiH's active space has another number of electrons."""
    encoded = problem("molecule", molecule="lih")
    report = quasar.verify(f"{HEADER}qubit[6] q;\n", encoded)
    found = ground(report)
    assert found.sector_probability == 0.0
    assert not found.accurate
    assert found.chemical_accuracy is False
    assert any("sector" in remark for remark in report.remarks)
    mean_field = f"{HEADER}qubit[6] q;\nx q[0];\nx q[1];\n"
    inside = ground(quasar.verify(mean_field, encoded))
    assert inside.sector_probability == pytest.approx(1.0)
    energies = encoded.problem.energies  # type: ignore[attr-defined]
    assert inside.energy_total == pytest.approx(energies.hartree_fock)


def test_bits_say_which_qubit_is_which_variable() -> None:
    encoded = quasar.load_problem({"observable": "X0 + 0.5*Z1"})
    text = f"{HEADER}bit[2] c;\nqubit[3] q;\nh q[2];\nc[0] = measure q[2];\nc[1] = measure q[1];\n"
    assert quasar.verify(text, encoded).energy == pytest.approx(1.5)


def test_qubits_beyond_the_answer_are_traced_out() -> None:
    encoded = quasar.load_problem({"observable": "X0"})
    text = f"{HEADER}bit[1] c;\nqubit[2] q;\nh q[0];\ncx q[0], q[1];\nc[0] = measure q[0];\n"
    report = quasar.verify(text, encoded)
    assert report.energy == pytest.approx(0.0, abs=1e-12)
    assert report.ground_space_fidelity == pytest.approx(0.5)
    assert ground(report).variance == pytest.approx(1.0)


def test_dynamic_programs_have_no_energy_and_say_why() -> None:
    encoded = problem("tfim", n=2)
    text = (
        f"{HEADER}bit[2] c;\nqubit[2] q;\nc[0] = measure q[0];\nif (c[0]) x q[1];\nc = measure q;"
    )
    report = quasar.verify(text, encoded)
    assert report.energy is None
    assert "X and Y cannot be read off measured bits" in report.skipped["ground"]
    assert "not measured" in str(report)


def test_a_reference_is_compared_with() -> None:
    encoded = problem("tfim", n=2)
    text = f"{HEADER}qubit[2] q;\nry(0.3) q[0];\n"
    report = quasar.verify(text, encoded, text)
    assert report.energy_reference == pytest.approx(report.energy)
    assert report.relative_entropy == pytest.approx(0.0, abs=1e-9)


def test_stages_of_other_problems_are_as_before() -> None:
    report = quasar.verify(f"{HEADER}qubit[2] q;\nh q[0];\n", {"hamiltonian": "Z0*Z1"})
    assert report.stages.ground is None
    assert "ground" not in report.skipped
    assert report.ground_energy is None


def test_reports_are_json_and_html_and_are_read_back(tmp_path: object) -> None:
    from pathlib import Path

    encoded = problem("tfim", n=3)
    report = quasar.verify(f"{HEADER}qubit[3] q;\nry(1.0) q[0];\n", encoded)
    data = json.loads(json.dumps(report.model_dump(mode="json")))
    assert data["ground_energy"] == pytest.approx(encoded.ground.energy)
    assert Report.model_validate(data) == report
    html = report._repr_html_()
    assert "fidelity" in html
    folder = Path(str(tmp_path)) / "out"
    report.save(folder)
    assert quasar.load_report(folder) == report


def test_only_asked_stages_run() -> None:
    encoded = problem("tfim", n=3)
    text = f"{HEADER}qubit[3] q;\n"
    report = Verifier(encoded, settings=VerifierSettings(max_stage=1)).verify(text)
    assert report.stages.ground is None
    assert report.skipped["ground"] == "only stage 1 was asked for"


@pytest.mark.parametrize("n", [21, 40])
def test_beyond_lanczos_energies_stand_between_bounds(n: int) -> None:
    encoded = problem("tfim", n=n, h=1.5)
    text = emit(Circuit(n, tuple(Gate("ry", (q,), (1.3,)) for q in range(n)), n_measured=n))
    report = quasar.verify(text, encoded)
    found = ground(report)
    exact = -(n - 1) * math.cos(1.3) ** 2 - 1.5 * n * math.sin(1.3)
    assert report.energy == pytest.approx(exact)
    assert found.status == "bounded"
    # Free fermions: the ground energy of the open chain is minus the sum of singular values.
    hopping = 1.5 * np.eye(n) + np.eye(n, k=1)
    ground_energy = -float(np.linalg.svd(hopping, compute_uv=False).sum())
    assert found.low <= ground_energy <= found.high <= exact + 1e-9
    assert found.low >= 1.05 * ground_energy
    assert report.ground_energy is None
    assert "between" in str(report)


def test_forty_qubits_that_cannot_be_simulated_are_refused_in_one_sentence() -> None:
    encoded = problem("heisenberg", n=40)
    gates = [Gate("h", (q,)) for q in range(40)]
    for layer in range(8):
        gates += [Gate("crx", (q, (q + 7 * layer + 1) % 40), (0.3,)) for q in range(40)]
    report = quasar.verify(emit(Circuit(40, tuple(gates), n_measured=40)), encoded)
    assert not report.feasible
    assert report.fault is not None
    assert "energy cannot be computed" in report.fault.message
