"""Hamiltonians: text, operators, energies and spectra agree with each other and with Qiskit."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp

from quasar.core import hamiltonian as module
from quasar.core.errors import ProblemError
from quasar.core.hamiltonian import IsingHamiltonian


def random_hamiltonians(max_qubits=7, max_order=4):
    finite = st.floats(-1e6, 1e6, allow_nan=False)

    def terms_on(n):
        qubits = st.sets(st.integers(0, n - 1), min_size=1, max_size=max_order)
        terms = st.dictionaries(qubits.map(sorted).map(tuple), finite, max_size=12)
        return st.builds(IsingHamiltonian, st.just(n), terms, finite)

    return st.integers(1, max_qubits).flatmap(terms_on)


def pauli_op(hamiltonian):
    n = hamiltonian.n_qubits
    terms = [("Z" * len(t), list(t), c) for t, c in hamiltonian.terms.items()]
    return SparsePauliOp.from_sparse_list([*terms, ("", [], hamiltonian.constant)], num_qubits=n)


@settings(deadline=None)
@given(random_hamiltonians())
def test_text_round_trip(h):
    assert IsingHamiltonian.from_text(h.to_text(), h.n_qubits).simplified() == h.simplified()


@settings(deadline=None)
@given(random_hamiltonians())
def test_operator_round_trip(h):
    back = IsingHamiltonian.from_sparse_pauli_op(pauli_op(h))
    assert back == h
    assert back.constant == h.constant


@settings(deadline=None)
@given(random_hamiltonians())
def test_diagonal_is_qiskits_without_the_constant(h):
    matrix = pauli_op(h).to_matrix(sparse=True)
    scale = 1 + sum(map(abs, h.terms.values())) + abs(h.constant)
    np.testing.assert_allclose(h.diagonal + h.constant, matrix.diagonal().real, atol=1e-12 * scale)


@settings(deadline=None)
@given(random_hamiltonians())
def test_diagonal_agrees_with_direct_energies(h):
    direct = [h.energy(k) for k in range(2**h.n_qubits)]
    scale = 1 + sum(map(abs, h.terms.values()))
    np.testing.assert_allclose(h.diagonal, direct, atol=1e-12 * scale)


@settings(deadline=None)
@given(random_hamiltonians(), st.integers(1, 4))
def test_streamed_chunks_are_the_stored_diagonal(h, chunk_qubits):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK_QUBITS", chunk_qubits)
        starts, blocks = zip(*h.chunks(), strict=True)
    scale = 1 + sum(map(abs, h.terms.values()))
    np.testing.assert_allclose(np.concatenate(blocks), h.diagonal, atol=1e-12 * scale)
    assert list(starts) == list(range(0, 2**h.n_qubits, blocks[0].size))


def exact_ground_states(h):
    """In rational arithmetic, state by state."""
    energies = [
        sum((Fraction(c) * (-1) ** sum(k >> i & 1 for i in t) for t, c in h.exact_terms.items()), 0)
        for k in range(2**h.n_qubits)
    ]
    return [k for k, energy in enumerate(energies) if energy <= min(energies) + h.tolerance]


@settings(deadline=None)
@given(random_hamiltonians(), st.integers(1, 4))
def test_spectrum_is_that_of_the_diagonal_stored_or_streamed(h, chunk_qubits):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK_QUBITS", chunk_qubits)
        patch.setattr(module, "_STORED_QUBITS", 0)
        streamed = h.spectrum
    del h.__dict__["spectrum"]
    for spectrum in (streamed, h.spectrum):
        scale = 1 + sum(map(abs, h.terms.values()))
        assert spectrum.e_min == pytest.approx(h.diagonal.min(), abs=1e-12 * scale)
        assert spectrum.e_max == pytest.approx(h.diagonal.max(), abs=1e-12 * scale)
        ground = np.array(exact_ground_states(h))
        np.testing.assert_array_equal(spectrum.ground_states, ground)
        assert spectrum.n_ground_states == ground.size
        if spectrum.first_excited is None:
            assert ground.size == h.diagonal.size
        else:
            above = np.delete(h.diagonal, ground)
            assert spectrum.first_excited == pytest.approx(above.min(), abs=1e-12 * scale)


def test_a_large_spectrum_is_streamed_in_full():
    n = module._STORED_QUBITS + 1
    h = IsingHamiltonian(n, {(i,): 1.0 + i for i in range(n)})
    assert h.spectrum.ground_states.tolist() == [2**n - 1]
    assert h.spectrum.e_max == -h.spectrum.e_min == n * (n + 1) / 2
    assert h.spectrum.first_excited == h.spectrum.e_min + 2


def test_many_ground_states_are_counted_but_listed_to_a_limit():
    spectrum = IsingHamiltonian(18, {(0,): 1.0}).spectrum
    assert spectrum.n_ground_states == 2**17
    assert len(spectrum.ground_states) == module.Spectrum.MAX_LISTED
    assert spectrum.first_excited == 1.0


@pytest.mark.parametrize(
    ("text", "terms", "constant"),
    [
        ("0.5 * (Z(0) @ Z(1)) + -0.25 * Z(2)", {(0, 1): 0.5, (2,): -0.25}, 0),
        ("-0.25 * (Z(2) @ Z(0) @ Z(1))", {(0, 1, 2): -0.25}, 0),
        ("Z(0) - Z(1)", {(0,): 1, (1,): -1}, 0),
        ("-Z(0)", {(0,): -1}, 0),
        ("1e-3*Z(0)+2.5E+2 * Z(1)", {(0,): 1e-3, (1,): 250}, 0),
        ("Z(0) - -2 * Z(1)", {(0,): 1, (1,): 2}, 0),
        ("2 * Z(1) + 3", {(1,): 2}, 3),
        ("Z(0) + Z(0)", {(0,): 2}, 0),
        ("3 * (Z(0) @ Z(0)) + Z(1)", {(1,): 1}, 3),
        ("  .5Z( 0 )\n+ 1. * Z(1) ", {(0,): 0.5, (1,): 1}, 0),
    ],
)
def test_accepted_texts(text, terms, constant):
    h = IsingHamiltonian.from_text(text)
    assert h.terms == terms
    assert h.constant == constant


@pytest.mark.parametrize(
    "text",
    [
        "0.5*Z0*Z1 - 3",
        "0.5*Z(0)*Z(1) − 3*I",
        "0.5 [Z0 Z1] - 3 []",
        "Z[0]@Z[1] / 2 - 6/2",
        "(Z0 Z1)/2 + -3 I(0)",
        "I Z0 · Z_1 * 0.5 - 3 [I]",
        "0.25 Z0Z1 + Z1Z0/4 - 3.0",
    ],
)
def test_notations_of_other_libraries(text):
    h = IsingHamiltonian.from_text(text)
    assert h.exact_terms == {(0, 1): Fraction(1, 2)}
    assert (h.constant, h.n_qubits) == (-3.0, 2)


def test_divisions_are_exact_and_identities_count_as_qubits():
    h = IsingHamiltonian.from_text("Z0/3 + I3")
    assert h.exact_terms == {(0,): Fraction(1, 3)}
    assert (h.constant, h.n_qubits) == (1.0, 4)


@pytest.mark.parametrize(
    ("text", "spot"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("X(0)", "cannot be read"),
        ("Z(0) X(1)", "character 5"),
        ("Z(0) / 0", "divides by zero"),
        ("Z0 Z1 0.5", "character 6"),
        ("Z(0) + ", "cannot be read"),
        ("Z(-1)", "cannot be read"),
        ("Z(0) ** Z(1)", "cannot be read"),
        ("(Z(0) @ Z(1)", "cannot be read"),
        ("0.5 ** Z(0)", "cannot be read"),
        ("1e999 * Z(0)", "not a finite number"),
        ("nan * Z(0)", "cannot be read"),
    ],
)
def test_refused_texts(text, spot):
    with pytest.raises(ProblemError, match=spot):
        IsingHamiltonian.from_text(text)


def test_number_of_qubits_may_exceed_the_highest_index_but_not_fall_short():
    assert IsingHamiltonian.from_text("Z(1)", 4).n_qubits == 4
    with pytest.raises(ProblemError, match=r"names Z\(1\) but the problem has 1"):
        IsingHamiltonian.from_text("Z(1)", 1)


@pytest.mark.parametrize("operator", [SparsePauliOp("XZ"), SparsePauliOp("ZZ", [1j])])
def test_operators_that_are_not_real_and_diagonal_are_refused(operator):
    with pytest.raises(ProblemError, match="only real sums of Z products"):
        IsingHamiltonian.from_sparse_pauli_op(operator)


@pytest.mark.parametrize("terms", [{(3,): 1.0}, {(): 1.0}, {(-1,): 1.0}, {(0,): float("nan")}])
def test_impossible_terms_are_refused(terms):
    with pytest.raises(ProblemError):
        IsingHamiltonian(3, terms)


def test_a_sum_that_overflows_is_refused():
    with pytest.raises(ProblemError, match="not finite"):
        IsingHamiltonian(2, {(0,): 1e308, (1,): 1e308})


@pytest.mark.parametrize("n_qubits", [module.MAX_EXACT_QUBITS + 1, 40, 300, 5000])
def test_too_many_qubits_for_exact_energies(n_qubits):
    h = IsingHamiltonian(n_qubits, {(0,): 1.0})
    for ask in (lambda: h.diagonal, lambda: h.spectrum, lambda: next(h.chunks())):
        with pytest.raises(ProblemError, match="stops at 24 qubits"):
            ask()


def test_the_stored_diagonal_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        IsingHamiltonian(1, {(0,): 1.0}).diagonal[0] = 5


def test_what_was_rounded_is_compared_with_a_tolerance() -> None:
    text = "0.3333333333333333 * Z(0)"
    assert IsingHamiltonian.from_text(text).tolerance == 0
    assert 0 < IsingHamiltonian.from_text(text, rounded=True).tolerance < 1e-15


def test_levels_that_floats_can_tell_apart() -> None:
    assert IsingHamiltonian(2, {(0,): 1.0, (1,): 0.25}).spectrum.resolved
    assert not IsingHamiltonian(2, {(0,): 1.0, (1,): 1e-17}).spectrum.resolved
