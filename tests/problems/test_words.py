"""Reading a prompt's words."""

from __future__ import annotations

import pytest

from quasar.core.errors import InputError
from quasar.problems.connected_components import ConnectedComponents
from quasar.problems.maxcut import MaxCut
from quasar.problems.words import COUNT, only, stated


def test_numbers() -> None:
    pattern = COUNT + r"[-\s]*qubits?\b"
    assert only("3 qubits, a 3-qubit circuit, 3qubits", pattern, "numbers") == 3
    assert only("1.5 qubits", pattern, "numbers") is None
    assert only("no", pattern, "numbers") is None
    with pytest.raises(InputError, match="different numbers"):
        only("3 qubits or 4 qubits", pattern, "numbers")


def test_types_without_attributes_have_no_details() -> None:
    assert MaxCut.read_details("with 3 colors", {}) == {}


def test_names_that_differ_in_punctuation_are_refused() -> None:
    names = {"Ada": ["Ada"], "Ada.": ["Ada."], "Bob": ["Bob"]}
    with pytest.raises(InputError, match="read alike"):
        ConnectedComponents.read_details("for node Ada.", names)
    assert ConnectedComponents.read_details("for node Bob.", names) == {"node": "Bob"}
    assert ConnectedComponents.read_details("for node 'Bob'", names) == {"node": "Bob"}


def test_what_was_not_found_is_left_out() -> None:
    assert stated(a=None, b=0, c=(1, 2)) == {"b": 0, "c": [1, 2]}
