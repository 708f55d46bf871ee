"""Bit order: the four spellings of a basis state agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.core import bits
from quasar.core.errors import InputError

N_QUBITS = st.integers(0, 12)


@settings(deadline=None)
@given(st.data())
def test_spellings_round_trip(data):
    n = data.draw(N_QUBITS)
    index = data.draw(st.integers(0, 2**n - 1))
    assignment = bits.index_to_assignment(index, n)
    assert bits.assignment_to_index(assignment) == index
    assert bits.bitstring_to_index(bits.index_to_bitstring(index, n)) == index
    assert len(assignment) == len(bits.index_to_bitstring(index, n)) == n


@settings(deadline=None)
@given(st.data())
def test_bitstring_is_the_flipped_reversed_ket(data):
    n = data.draw(st.integers(1, 12))
    index = data.draw(st.integers(0, 2**n - 1))
    ket = bits.index_to_ket(index, n)
    assert int(ket, 2) == index
    flipped = "".join("10"[int(c)] for c in reversed(ket))
    assert bits.index_to_bitstring(index, n) == flipped


def test_a_qubit_measured_as_0_is_selected():
    assert bits.index_to_bitstring(0, 3) == "111"
    assert bits.index_to_assignment(0, 3) == (1, 1, 1)
    # qubit 0 measured as 1 and nothing else: variable 0 is not selected
    assert bits.index_to_ket(1, 3) == "001"
    assert bits.index_to_bitstring(1, 3) == "011"
    assert bits.bitstring_to_index("100") == 0b110


def test_no_qubits():
    assert bits.index_to_ket(0, 0) == bits.index_to_bitstring(0, 0) == ""


@pytest.mark.parametrize("text", ["012", "0b1", "1 0", "１"])
def test_other_characters_are_refused(text):
    with pytest.raises(InputError, match="only 0 and 1"):
        bits.bitstring_to_index(text)


@pytest.mark.parametrize("n", range(7))
def test_reverse_qubits_reverses_the_ket(n):
    vector = np.arange(2.0**n)
    reversed_vector = bits.reverse_qubits(vector)
    for index in range(2**n):
        mirrored = int(bits.index_to_ket(index, n)[::-1] or "0", 2)
        assert reversed_vector[index] == mirrored
    np.testing.assert_array_equal(bits.reverse_qubits(reversed_vector), vector)
