"""Values of all assignments: against sums of fractions, whatever the size of the numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.core.exact import AllValues, LongDecimal, exact, plain, read_decimal, rounding
from support.cases import cases

numbers = st.one_of(
    st.integers(-(10**25), 10**25),
    st.integers(-9, 9),
    st.floats(-1e100, 1e100),
    st.sampled_from([5e-324, 1e-300, 0.1, 0.3, -0.7, 1e100]),
)


@settings(deadline=None, max_examples=cases(200))
@given(
    st.integers(1, 4).flatmap(
        lambda n: st.tuples(
            st.just(n),
            st.dictionaries(st.integers(0, 2**n - 1), numbers, max_size=6),
            st.sampled_from(["spin", "binary"]),
        )
    )
)
def test_against_fractions(given_terms: tuple[int, dict[int, float], str]) -> None:
    n, raw, basis = given_terms
    terms = {mask: exact(c) for mask, c in raw.items()}
    values = AllValues(terms, n, basis)  # type: ignore[arg-type]

    def value(state: int) -> Fraction:
        total = Fraction(0)
        for mask, c in terms.items():
            if basis == "spin":
                total += Fraction(c) * (-1) ** (mask & state).bit_count()
            elif not mask & state:
                total += c
        return total

    expected = [value(state) for state in range(2**n)]
    least = min(expected)
    found = values.lowest()
    assert found.value == least
    assert np.flatnonzero(found.states).tolist() == [
        k for k, v in enumerate(expected) if v == least
    ]
    size = max(map(abs, expected), default=Fraction(0))
    least_float = Fraction(5e-324)
    for got, want in zip(values.floats(), expected, strict=True):
        off = abs(Fraction(float(got)) - want)
        assert off <= max(size * Fraction(1, 2**50), least_float)
    for got, want in zip(values.floats(less=least), expected, strict=True):
        above = want - least
        off = abs(Fraction(float(got)) - above)
        assert off <= max(above * Fraction(1, 2**45), size * Fraction(1, 2**900), least_float)
    for bound in {least, expected[0], Fraction(0)}:
        assert values.at_most(bound).tolist() == [v <= bound for v in expected]


def test_numbers_are_as_they_are_written() -> None:
    assert exact(0.1) == Fraction(1, 10)
    assert exact(np.float32(0.1)) == Fraction(1, 10)
    assert exact(3.0) == 3
    assert exact(np.int64(7)) == 7
    assert plain(Fraction(1, 10)) == 0.1
    assert plain(10**30 + 1) == 10**30 + 1
    assert rounding(0.1) == 0
    assert rounding(0.1 + 0.2) > 0
    long = read_decimal("0.12345678901234567891")
    assert isinstance(long, LongDecimal)
    assert exact(long) == Fraction("0.12345678901234567891")
    assert type(read_decimal("0.25")) is float
    with pytest.raises(ValueError, match="finite"):
        exact(float("nan"))
    with pytest.raises(TypeError):
        exact("3")
