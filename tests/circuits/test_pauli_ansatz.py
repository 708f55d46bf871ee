"""Rotations about strings, excitations and variational layers against matrix exponentials."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from quasar.circuits.circuit import Circuit
from quasar.circuits.excitations import (
    excitation,
    generalised_excitations,
    occupied_start,
    qubit_pool,
    reference_excitations,
    two_local_pool,
    uccsd,
)
from quasar.circuits.hamiltonian_variational import (
    commuting_groups,
    hamiltonian_variational,
    hardware_efficient,
    product_start,
    singlets,
)
from quasar.circuits.pauli_ansatz import StringRotation, pauli_ansatz
from quasar.core.observable import Pauli, PauliSum
from quasar.core.pauli_algebra import commutes
from quasar.simulate.engine import get_engine

Matrix = npt.NDArray[np.complex128]
N = 4
STRINGS = (
    st.lists(st.sampled_from("IXYZ"), min_size=N, max_size=N)
    .map(lambda axes: tuple((q, a) for q, a in enumerate(axes) if a != "I"))
    .filter(bool)
)


def state(circuit: Circuit) -> Matrix:
    out: Matrix = get_engine("qiskit").state(circuit)  # type: ignore[attr-defined]
    return out


def matrix(pauli: Pauli, n: int = N) -> Matrix:
    return np.asarray(PauliSum(n, {pauli: 1.0}).to_sparse_pauli_op().to_matrix())


def same_up_to_phase(one: Matrix, other: Matrix) -> bool:
    return bool(abs(np.vdot(one, other)) == pytest.approx(1.0, abs=1e-9))


@given(rotations=st.lists(st.tuples(STRINGS, st.integers(0, 2)), min_size=1, max_size=5))
def test_gates_are_the_exponentials_of_their_strings(
    rotations: list[tuple[Pauli, int]],
) -> None:
    used = sorted({parameter for _, parameter in rotations})
    listed = [StringRotation(p, used.index(k), 0.5 + k) for p, k in rotations]
    start = product_start([(0.3 * q, 0.7 * q) for q in range(N)])
    ansatz = pauli_ansatz("mine", N, start, listed)
    theta = np.linspace(0.3, 1.7, ansatz.n_parameters)
    expected = state(Circuit(N, start))
    for pauli, parameter, scale in listed:
        expected = expm(-0.5j * scale * theta[parameter] * matrix(pauli)) @ expected
    assert same_up_to_phase(state(ansatz.bind(theta)), expected)


def test_neighbours_that_undo_each_other_are_left_out() -> None:
    zz: Pauli = ((0, "X"), (1, "X"), (2, "Z"))
    twice = pauli_ansatz("twice", 3, (), [StringRotation(zz, 0), StringRotation(zz, 1)])
    once = pauli_ansatz("once", 3, (), [StringRotation(zz, 0)])
    assert len(twice.gates) == len(once.gates) + 1


@pytest.mark.parametrize(("to", "out_of"), [((2,), (0,)), ((3,), (1,)), ((2, 3), (0, 1))])
def test_excitations_are_those_of_fermions(to: tuple[int, ...], out_of: tuple[int, ...]) -> None:
    """exp(θ (T - T†)) with T in matrices of c_p = Z..Z ⊗ |0><1|."""
    lowering = np.array([[0, 1], [0, 0]], dtype=complex)
    z = np.diag([1.0, -1.0])
    c = []
    for p in range(N):
        out = np.eye(1, dtype=complex)
        for q in range(N):
            out = np.kron(z if q < p else lowering if q == p else np.eye(2), out)
        c.append(out)
    move = np.eye(1 << N, dtype=complex)
    for p in to:
        move = move @ c[p].conj().T
    for q in reversed(out_of):
        move = move @ c[q]
    expected = expm(0.4 * (move - move.conj().T))
    found = np.eye(1 << N, dtype=complex)
    for pauli, factor in excitation(to, out_of).terms:
        found = expm(-0.5j * 0.4 * factor * matrix(pauli)) @ found
    assert np.allclose(found, expected)


def test_excitations_keep_electrons_and_spin() -> None:
    number = PauliSum(6, {((q, "Z"),): 1.0 for q in range(6)})
    spin = PauliSum(6, {((q, "Z"),): 1.0 if q % 2 else -1.0 for q in range(6)})
    listed = (*reference_excitations(6, [0, 1]), *generalised_excitations(6))
    for generator in listed:
        h = PauliSum(6, dict(generator.terms))
        assert commutes(h, number)
        assert commutes(h, spin)
    # Two electrons in six spin orbitals: four doubles and four singles.
    assert len(reference_excitations(6, [0, 1])) == 8
    assert all(axis != "Z" for g in qubit_pool(listed) for p, _ in g.terms for _, axis in p)


def test_uccsd_at_zero_is_the_reference_determinant() -> None:
    ansatz = uccsd(6, [0, 1])
    found = state(ansatz.bind(np.zeros(ansatz.n_parameters)))
    assert abs(found[0b11]) == pytest.approx(1.0)
    assert np.allclose(state(Circuit(6, occupied_start([0, 1])))[0b11], 1.0)


def test_groups_commute_inside_and_lose_no_term() -> None:
    terms: dict[Pauli, float] = {((q, "X"),): 0.5 for q in range(5)}
    for q in range(4):
        terms |= {((q, axis), (q + 1, axis)): 1.0 for axis in ("X", "Y", "Z")}  # type: ignore[misc]
    terms[(0, "X"), (1, "Z")] = 0.2
    h = PauliSum(5, terms)
    groups = commuting_groups(h)
    assert {p: c for group in groups for p, c in group} == terms
    for group in groups:
        parts = [PauliSum(5, {p: c}) for p, c in group]
        assert all(commutes(a, b) for a in parts for b in parts)
    # XX and YY of one bond share an angle.
    place = {p: i for i, group in enumerate(groups) for p, _ in group}
    assert place[(1, "X"), (2, "X")] == place[(1, "Y"), (2, "Y")]


def test_variational_layers_are_exponentials_of_the_groups() -> None:
    h = PauliSum(N, {((q, a), (q + 1, a)): 1.5 for q in range(3) for a in ("X", "Y", "Z")})  # type: ignore[misc]
    start = singlets(N, [(0, 1), (2, 3)])
    ansatz = hamiltonian_variational(h, 2, start)
    theta = np.linspace(-0.4, 0.9, ansatz.n_parameters)
    expected = state(Circuit(N, start))
    for k, group in enumerate(commuting_groups(h) * 2):
        part = sum(matrix(p) * np.sign(c) for p, c in group)
        expected = expm(-0.5j * theta[k] * np.asarray(part)) @ expected
    assert same_up_to_phase(state(ansatz.bind(theta)), expected)


def test_singlets_have_no_total_spin() -> None:
    found = state(Circuit(4, singlets(4, [(0, 3), (1, 2)])))
    bonds = [(0, 3), (1, 2)]
    for u, v in bonds:
        h = PauliSum(4, {((u, a), (v, a)): 1.0 for a in ("X", "Y", "Z")})  # type: ignore[misc]
        assert h.expectation(found) == pytest.approx(-3.0)


def test_product_start_points_where_it_is_told() -> None:
    polar, azimuth = 1.1, -2.0
    found = state(Circuit(1, product_start([(polar, azimuth)])))
    bloch = [PauliSum(1, {((0, a),): 1.0}).expectation(found) for a in ("X", "Y", "Z")]  # type: ignore[dict-item]
    expected = [np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)]
    assert np.allclose(bloch, expected)


def test_hardware_efficient_is_real_where_it_says_so() -> None:
    ansatz = hardware_efficient(4, 2, real=True)
    assert ansatz.n_parameters == 12
    theta = np.linspace(0.1, 2.0, 12)
    assert np.allclose(state(ansatz.bind(theta)).imag, 0.0)
    assert hardware_efficient(4, 2, real=False).n_parameters == 24
    assert len(two_local_pool(3, [(0, 1)])) == 3 + 4
