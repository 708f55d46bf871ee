"""QAOA in a subspace against matrix exponentials that are put together here."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.emit import emit
from quasar.circuits.qasm import parse
from quasar.circuits.subspace_qaoa import SubspaceQaoa, mixing_pairs, subspace_qaoa
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.subspace import FixedWeightBlock, Subspace
from support.random_circuits import same_up_to_phase, state
from support.subspaces import random_hamiltonian, subspaces

MIXERS = ["xy", "xy-complete", "grover"]
BLOCKS = Subspace(
    6, (FixedWeightBlock((4, 0, 2), 2), FixedWeightBlock((1, 5), 1))
)  # qubit 3 is free
X = np.array([[0, 1], [1, 0]], dtype=complex)
Y = np.array([[0, -1j], [1j, 0]])


def on(n: int, **paulis: np.ndarray) -> np.ndarray:
    """A product of 2x2 matrices, by names such as q3, on n qubits."""
    out = np.eye(1, dtype=complex)
    for q in reversed(range(n)):
        out = np.kron(out, paulis.get(f"q{q}", np.eye(2)))
    return out


def exchange(n: int, a: int, b: int) -> np.ndarray:
    return sum(on(n, **{f"q{a}": p, f"q{b}": p}) for p in (X, Y)) / 2


def uniform(subspace: Subspace) -> np.ndarray:
    out = np.zeros(1 << subspace.n_qubits, dtype=complex)
    out[subspace.states()] = subspace.size**-0.5
    return out


def mixer_matrix(subspace: Subspace, mixer: str, beta: float) -> np.ndarray:
    """By expm: pairs in their order, and X on free qubits; or the projection on the start."""
    n = subspace.n_qubits
    if mixer == "grover":
        s = uniform(subspace)
        return expm(-1j * beta * np.outer(s, s.conj()))
    out = np.eye(1 << n, dtype=complex)
    for block in subspace.blocks:
        for layer in mixing_pairs(block, mixer):
            together = sum(exchange(n, a, b) for a, b in layer)
            out = expm(-1j * beta * together) @ out
    for q in subspace.free:
        out = expm(-1j * beta * on(n, **{f"q{q}": X})) @ out
    return out


def expected(ansatz: SubspaceQaoa, theta: np.ndarray) -> np.ndarray:
    out = uniform(ansatz.subspace)
    if ansatz.basis_state is not None:
        out = np.eye(1 << ansatz.n_qubits)[ansatz.basis_state].astype(complex)
    for gamma, beta in zip(theta[: ansatz.layers], theta[ansatz.layers :], strict=True):
        out = np.exp(-1j * gamma * ansatz.hamiltonian.diagonal) * out
        out = mixer_matrix(ansatz.subspace, ansatz.mixer, beta) @ out
    return out


def outside(subspace: Subspace, found: np.ndarray) -> float:
    weights = np.abs(found) ** 2
    weights[subspace.states()] = 0.0
    return float(weights.sum())


@pytest.mark.parametrize("mixer", MIXERS)
@given(subspaces(5), st.integers(0, 2**32 - 1), st.integers(1, 2))
def test_is_the_product_of_exponentials(
    mixer: str, subspace: Subspace, seed: int, layers: int
) -> None:
    rng = np.random.default_rng(seed)
    ansatz = subspace_qaoa(random_hamiltonian(rng, subspace.n_qubits), subspace, layers, mixer)
    theta = rng.uniform(-3, 3, 2 * layers)
    found = state(ansatz.bind(theta))
    assert outside(subspace, found) < 1e-12
    assert same_up_to_phase(found, expected(ansatz, theta))


@pytest.mark.parametrize("mixer", ["xy", "xy-complete"])
def test_may_start_in_a_basis_state(mixer: str) -> None:
    rng = np.random.default_rng(1)
    start = int(BLOCKS.states()[5])
    cost = random_hamiltonian(rng, 6)
    ansatz = subspace_qaoa(cost, BLOCKS, 2, mixer, basis_state=start)
    theta = rng.uniform(-3, 3, 4)
    assert same_up_to_phase(state(ansatz.bind(theta)), expected(ansatz, theta))


@pytest.mark.parametrize("mixer", ["xy", "xy-complete"])
def test_the_mixer_alone_keeps_every_number_of_ones(mixer: str) -> None:
    """Not only that of the start: the unitary commutes with the number of ones in each block."""
    cost = IsingHamiltonian(6, {})
    ansatz = subspace_qaoa(cost, BLOCKS, 1, mixer, basis_state=int(BLOCKS.states()[0]))
    gates = [g for g in ansatz.bind([0.0, 0.7]).gates if g.name != "x"]
    columns = []
    for index in range(64):
        start = tuple(Gate("x", (q,)) for q in range(6) if index >> q & 1)
        columns.append(state(Circuit(6, (*start, *gates))))
    unitary = np.array(columns).T
    for block in BLOCKS.blocks:
        ones = sum((np.arange(64) >> q) & 1 for q in block.qubits)
        assert np.abs(unitary[ones[:, None] != ones[None, :]]).max() < 1e-12


@pytest.mark.parametrize("mixer", MIXERS)
def test_the_start_is_the_mixers_highest_state(mixer: str) -> None:
    start = uniform(BLOCKS)
    n = BLOCKS.n_qubits
    if mixer == "grover":
        generator = np.outer(start, start)
    else:
        pairs = [p for b in BLOCKS.blocks for layer in mixing_pairs(b, mixer) for p in layer]
        generator = sum(exchange(n, a, b) for a, b in pairs) + on(n, q3=X)
    inside = generator[np.ix_(BLOCKS.states(), BLOCKS.states())]
    highest = np.linalg.eigvalsh(inside)[-1]
    assert np.vdot(start, generator @ start).real == pytest.approx(highest, abs=1e-12)


@pytest.mark.parametrize("mixer", MIXERS)
@given(seed=st.integers(0, 2**32 - 1))
def test_turns_with_angles_of_their_own_stay_inside(mixer: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ansatz = subspace_qaoa(random_hamiltonian(rng, 6), BLOCKS, 2, mixer)
    theta = rng.uniform(-3, 3, 4)
    freed, angles = ansatz.freed(theta)
    assert freed.n_parameters == angles.size == len(set(ansatz.units))
    assert same_up_to_phase(state(freed.bind(angles)), state(ansatz.bind(theta)))
    moved = state(freed.bind(rng.uniform(-3, 3, angles.size)))
    assert outside(BLOCKS, moved) < 1e-12


@pytest.mark.parametrize("mixer", MIXERS)
def test_the_text_with_rounded_angles_stays_inside(mixer: str) -> None:
    rng = np.random.default_rng(4)
    subspace = Subspace(7, (FixedWeightBlock((0, 1, 2, 3), 2), FixedWeightBlock((4, 5, 6), 1)))
    ansatz = subspace_qaoa(random_hamiltonian(rng, 7), subspace, 2, mixer)
    text = emit(ansatz.bind(rng.uniform(-3, 3, 4)), decimals=2)
    circuit = parse(text).circuit
    assert circuit is not None
    assert outside(subspace, state(circuit)) < 1e-12


def test_gates_on_two_qubits_of_a_ring_and_of_all_pairs() -> None:
    """Two for each pair and layer, and what the start takes."""
    subspace = Subspace(5, (FixedWeightBlock((0, 1, 2, 3, 4), 1),))
    cost = IsingHamiltonian(5, {})
    for mixer, pairs in (("xy", 5), ("xy-complete", 10)):
        ansatz = subspace_qaoa(cost, subspace, 3, mixer)
        assert sum(len(g.qubits) == 2 for g in ansatz.gates) == 2 * 4 + 3 * 2 * pairs
        assert all(len(g.qubits) <= 2 for g in ansatz.gates)


def test_where_nothing_is_left_to_move_only_the_start_is_written() -> None:
    settled = Subspace(
        4, (FixedWeightBlock((0, 1), 2), FixedWeightBlock((2,), 0), FixedWeightBlock((3,), 1))
    )
    for mixer in MIXERS:
        ansatz = subspace_qaoa(IsingHamiltonian(4, {}), settled, 2, mixer)
        assert [g.name for g in ansatz.gates] == ["x"] * 3
        assert ansatz.freed(np.zeros(4))[1].size == 0


def test_wrong_arguments_are_refused() -> None:
    cost = IsingHamiltonian(6, {})
    inside = int(BLOCKS.states()[0])
    with pytest.raises(InputError, match="at least one layer"):
        subspace_qaoa(cost, BLOCKS, 0)
    with pytest.raises(InputError, match="no mixer 'ring'"):
        subspace_qaoa(cost, BLOCKS, 1, "ring")  # type: ignore[arg-type]
    for state_ in (0, 63, inside + 64, -1):
        with pytest.raises(InputError, match="not in the subspace"):
            subspace_qaoa(cost, BLOCKS, 1, basis_state=state_)
    with pytest.raises(InputError, match="needs its own start"):
        subspace_qaoa(cost, BLOCKS, 1, "grover", basis_state=inside)
