"""Polynomials: algebra by evaluation, and the substitution of spins against dimod's."""

import itertools

import dimod
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.core.bits import index_to_assignment
from quasar.core.polynomial import Polynomial, _in_spins, _pairs_in_spins

NAMES = ["a", "b", "c", (0, 1), 7]
MONOMIALS = st.frozensets(st.sampled_from(NAMES), max_size=len(NAMES))
COEFFICIENTS = st.floats(-100, 100, allow_nan=False).map(lambda c: round(c, 3))
POLYNOMIALS = st.dictionaries(MONOMIALS, COEFFICIENTS, max_size=8).map(Polynomial)


def assignments():
    for values in itertools.product((0, 1), repeat=len(NAMES)):
        yield dict(zip(NAMES, values, strict=True))


@settings(deadline=None)
@given(POLYNOMIALS, POLYNOMIALS, COEFFICIENTS)
def test_algebra_agrees_with_the_values(p, q, number):
    for x in assignments():
        a, b = p.evaluate(x), q.evaluate(x)
        assert (p + q).evaluate(x) == pytest.approx(a + b)
        assert (p - q).evaluate(x) == pytest.approx(a - b)
        assert (p * q).evaluate(x) == pytest.approx(a * b, abs=1e-6)
        assert p.square().evaluate(x) == pytest.approx(a * a, abs=1e-6)
        assert (number - p * number).evaluate(x) == pytest.approx(number - a * number, abs=1e-6)
        assert Polynomial.total([p, q, p]).evaluate(x) == pytest.approx(2 * a + b)


QUADRATIC = st.dictionaries(
    st.frozensets(st.sampled_from(NAMES), max_size=2), COEFFICIENTS, max_size=16
).map(Polynomial)


@given(QUADRATIC)
def test_quadratic_ones_take_a_way_of_their_own_to_the_same_terms(p):
    position = {name: i for i, name in enumerate(NAMES)}
    whole = {m: round(c * 1000) * 4 for m, c in p.coefficients.items() if c}
    general, quick = _in_spins(whole, position), _pairs_in_spins(whole, position)
    kept = [{t: c for t, c in found.items() if c and t} for found in (general, quick)]
    assert list(kept[0].items()) == list(kept[1].items())  # in the same order
    assert general.get((), 0) == quick[()]


@settings(deadline=None)
@given(POLYNOMIALS)
def test_to_ising_agrees_with_dimod(p):
    hamiltonian = p.to_ising(NAMES)
    spins = dimod.BinaryPolynomial(p.coefficients, dimod.BINARY).to_spin(copy=True)
    # x = (1 + Z) / 2 here and x = (1 + s) / 2 there: Z is dimod's spin
    expected = {tuple(sorted(NAMES.index(label) for label in term)): c for term, c in spins.items()}
    constant = expected.pop((), 0.0)
    assert hamiltonian.constant == pytest.approx(constant)
    for term in expected.keys() | hamiltonian.terms.keys():
        assert hamiltonian.terms.get(term, 0.0) == pytest.approx(expected.get(term, 0.0), abs=1e-9)


@settings(deadline=None)
@given(POLYNOMIALS)
def test_energy_is_the_value_of_the_measured_variables(p):
    hamiltonian = p.to_ising(NAMES)
    for index in range(2 ** len(NAMES)):
        x = dict(zip(NAMES, index_to_assignment(index, len(NAMES)), strict=True))
        energy = hamiltonian.energy(index) + hamiltonian.constant
        assert energy == pytest.approx(p.evaluate(x), abs=1e-9)


def test_operations_leave_their_operands_alone():
    p, q = Polynomial.variable("a"), Polynomial.constant(2)
    _ = p + q, p - q, p * q, -p, p.square(), 3 - p, 3 * p
    assert p.coefficients == {frozenset("a"): 1.0}
    assert q.coefficients == {frozenset(): 2.0}


def test_linear_and_variables():
    p = Polynomial.linear({"a": 2, "b": 0}, -1)
    assert p.evaluate({"a": 1, "b": 1}) == 1
    assert p.variables() == {"a", "b"}


def test_cancelled_terms_are_left_out():
    a, b = Polynomial.variable("a"), Polynomial.variable("b")
    hamiltonian = (a * b - b * a + a).to_ising(["a", "b"])
    assert hamiltonian.terms == {(0,): 0.5}
    assert hamiltonian.n_qubits == 2


@pytest.mark.timeout(60)
def test_many_variables_take_time_in_proportion_to_the_terms():
    """Looking at all terms for each variable, 700 variables would take minutes."""
    n = 700
    pairs = {frozenset(pair): 1.0 for pair in itertools.combinations(range(n), 2)}
    hamiltonian = Polynomial(pairs).to_ising(range(n))
    assert len(hamiltonian.terms) == n * (n - 1) // 2 + n
    assert hamiltonian.terms[0, 1] == pytest.approx(0.25)
    assert hamiltonian.terms[5,] == pytest.approx((n - 1) / 4)
