"""Spin models, the Hubbard model and molecules against matrices built by Kronecker products."""

from __future__ import annotations

import json

import networkx as nx
import numpy as np
import numpy.typing as npt
import pytest

import quasar
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.problems.quantum.molecule import MOLECULES
from quasar.problems.quantum.observable import EncodedObservable
from quasar.problems.registry import OBSERVABLES

Matrix = npt.NDArray[np.complex128]
PAULI = {
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]).astype(complex),
}


def acting(factors: dict[int, Matrix], n: int) -> Matrix:
    """Matrices on single qubits of n, qubit 0 rightmost."""
    out = np.eye(1, dtype=complex)
    for qubit in range(n):
        out = np.kron(factors.get(qubit, np.eye(2)), out)
    return out


def on_bond(axis: str, u: int, v: int, n: int) -> Matrix:
    return acting({u: PAULI[axis], v: PAULI[axis]}, n)


def problem(problem_type: str, **attributes: object) -> EncodedObservable:
    found = quasar.load_problem(
        {"problem_type": problem_type, "problem_specific_attributes": attributes}
    )
    assert isinstance(found, EncodedObservable)
    return found


def matrix(found: EncodedObservable) -> Matrix:
    return np.asarray(found.hamiltonian.to_sparse_pauli_op().to_matrix())


CHAIN = [(0, 1), (1, 2), (2, 3)]


def test_tfim_has_the_signs_of_its_formula() -> None:
    ring = [*CHAIN, (0, 3)]
    expected = -2.0 * sum(on_bond("Z", u, v, 4) for u, v in ring)
    expected = expected - 0.5 * sum(acting({q: PAULI["X"]}, 4) for q in range(4))
    assert np.allclose(matrix(problem("tfim", n=4, boundary="periodic", J=2, h=0.5)), expected)
    assert np.allclose(matrix(problem("tfim", n=4, lattice="ring", J=2, h=0.5)), expected)


def test_xxz_and_heisenberg_have_the_signs_of_their_formulas() -> None:
    bonds = sum(
        on_bond("X", u, v, 4) + on_bond("Y", u, v, 4) + 0.5 * on_bond("Z", u, v, 4)
        for u, v in CHAIN
    )
    field = sum(acting({q: PAULI["Z"]}, 4) for q in range(4))
    found = problem("xxz", n=4, J=1.5, delta=0.5, h=0.25)
    assert np.allclose(matrix(found), 1.5 * bonds - 0.25 * field)
    same = problem("xxz", n=4, J=2, delta=1), problem("heisenberg", n=4, J=2)
    assert same[0].hamiltonian == same[1].hamiltonian


def test_hubbard_agrees_with_fermionic_matrices() -> None:
    """c_p = Z..Z ⊗ |0><1|, in matrices."""
    n = 6
    lowering = np.array([[0, 1], [0, 0]], dtype=complex)
    c = [acting(dict.fromkeys(range(p), PAULI["Z"]) | {p: lowering}, n) for p in range(n)]
    number = [a.conj().T @ a for a in c]
    hops = [c[2 * u + s].conj().T @ c[2 * v + s] for u, v in ((0, 1), (1, 2)) for s in (0, 1)]
    expected = -1.5 * sum(hop + hop.conj().T for hop in hops)
    expected = expected + 3.0 * sum(number[2 * i] @ number[2 * i + 1] for i in range(3))
    expected = expected - 0.7 * sum(number)
    found = problem("fermi_hubbard", n=3, t=1.5, U=3, mu=0.7)
    assert np.allclose(matrix(found), expected)
    for symmetry in found.problem.symmetries():
        own = np.asarray(symmetry.observable.to_sparse_pauli_op().to_matrix())
        up, down = sum(number[0::2]), sum(number[1::2])
        assert np.allclose(own, up + down if symmetry.name == "particles" else (up - down) / 2)


@pytest.mark.parametrize(
    ("attributes", "bonds"),
    [
        ({"n": 6, "lattice": "ladder"}, {(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)}),
        ({"n": 4, "lattice": "square"}, {(0, 1), (2, 3), (0, 2), (1, 3)}),
        ({"n": 2, "boundary": "periodic"}, {(0, 1)}),
    ],
)
def test_lattices_have_their_bonds(
    attributes: dict[str, object], bonds: set[tuple[int, int]]
) -> None:
    found = problem("tfim", h=0, **attributes)
    assert {tuple(q for q, _ in pauli) for pauli in found.hamiltonian.pauli_terms()} == bonds


def test_periodic_square_and_networkx_agree() -> None:
    grid = nx.convert_node_labels_to_integers(nx.grid_2d_graph(3, 4, periodic=True))
    found = problem("tfim", n=12, lattice="square", boundary="periodic", h=0)
    bonds = {tuple(q for q, _ in pauli) for pauli in found.hamiltonian.pauli_terms()}
    assert bonds == {tuple(sorted(edge)) for edge in grid.edges}


def test_any_graph_is_a_lattice_with_weights_on_its_edges() -> None:
    graph = nx.Graph()
    graph.add_edge("b", "a", weight=2.0)
    graph.add_edge("c", "a", weight=-1.0)
    found = quasar.load_problem(graph, problem_type="tfim", attributes={"J": 3, "h": 0})
    assert found.variables == ("a", "b", "c")
    assert found.hamiltonian.pauli_terms() == {
        ((0, "Z"), (1, "Z")): -6.0,
        ((0, "Z"), (2, "Z")): 3.0,
    }


def test_ground_energies_agree_with_closed_forms() -> None:
    """Free fermions for the critical TFIM ring (Pfeuty 1970), and the open Heisenberg chain."""
    n = 8
    momenta = (2 * np.arange(n) + 1) * np.pi / n
    energy = -np.sum(2 * np.abs(np.cos(momenta / 2)))
    assert problem("tfim", n=n, lattice="ring").ground.energy == pytest.approx(energy)
    assert problem("heisenberg", n=4).ground.energy == pytest.approx(-3 - 2 * np.sqrt(3))


def test_hubbard_dimer_in_its_sector_has_the_closed_form() -> None:
    t, u = 1.0, 4.0
    found = problem("fermi_hubbard", n=2, t=t, U=u, particles=2, sz=0)
    energy = found.ground.energy + found.hamiltonian.constant
    assert energy == pytest.approx(u / 2 - np.sqrt(u * u / 4 + 4 * t * t))


@pytest.mark.parametrize("name", MOLECULES)
def test_molecules_have_the_energy_of_full_configuration_interaction(name: str) -> None:
    found = problem("molecule", molecule=name)
    energies = found.problem.energies  # type: ignore[attr-defined]
    assert found.ground.energy + found.hamiltonian.constant == pytest.approx(energies.fci, abs=1e-8)
    # The determinant of the lowest orbitals is the Hartree-Fock state.
    state = np.zeros(1 << found.n_qubits, dtype=complex)
    state[(1 << found.problem.n_electrons) - 1] = 1.0  # type: ignore[attr-defined]
    mean_field = found.hamiltonian.expectation(state) + found.hamiltonian.constant
    assert mean_field == pytest.approx(energies.hartree_fock, abs=1e-8)


def test_hydrogen_agrees_with_published_energies() -> None:
    """STO-3G at 0.735 angstrom: -1.137306 hartree (Qiskit Nature's and PennyLane's tutorials)."""
    found = problem("molecule", molecule="h2", bond=0.735)
    assert found.ground.energy + found.hamiltonian.constant == pytest.approx(-1.137306, abs=1e-6)
    assert len(found.hamiltonian.pauli_terms()) == 14


@pytest.mark.parametrize("name", sorted(OBSERVABLES))
def test_sampled_problems_are_read_back(name: str) -> None:
    for seed in range(5):
        made = OBSERVABLES[name].sample(generator(seed, name), 10)
        data = json.loads(json.dumps(made.to_data()))
        found = quasar.load_problem(data)
        assert found.problem == made
        assert found.hamiltonian == made.observable()
        assert found.n_qubits == len(found.variables) <= 10
        assert made.structure().header
        assert made.prompt_details()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"problem_type": "tfim"}, "lacks 'n'"),
        ({"problem_type": "tfim", "n": 4}, "write it inside"),
        ({"problem_type": "tfim", "problem_specific_attributes": {"n": 1}}, "at least 2"),
        ({"problem_type": "tfim", "problem_specific_attributes": {"n": 5000}}, "too many"),
        (
            {"problem_type": "tfim", "problem_specific_attributes": {"n": 4, "lattice": "hex"}},
            "chain, ring, ladder, square",
        ),
        (
            {"problem_type": "tfim", "problem_specific_attributes": {"n": 7, "lattice": "square"}},
            "do not make a square lattice",
        ),
        (
            {"problem_type": "tfim", "problem_specific_attributes": {"n": 7, "lattice": "ladder"}},
            "an even one",
        ),
        (
            {"problem_type": "molecule", "problem_specific_attributes": {"molecule": "h2o"}},
            "not shipped",
        ),
        (
            {
                "problem_type": "molecule",
                "problem_specific_attributes": {"molecule": "h2", "bond": 0.7},
            },
            "0.735",
        ),
    ],
)
def test_bad_problems_are_refused_in_one_sentence(data: dict[str, object], said: str) -> None:
    with pytest.raises(ProblemError, match=said) as caught:
        quasar.load_problem(data)
    assert "\n" not in str(caught.value)


def test_an_impossible_sector_is_refused() -> None:
    found = problem("heisenberg", n=4, sz=7)
    with pytest.raises(ProblemError, match="no state of 4 qubits has sz = 7"):
        _ = found.ground


def test_classical_solvers_are_refused_with_what_to_do() -> None:
    with pytest.raises(ProblemError, match="quantum state"):
        problem("tfim", n=4).problem.formulation()
