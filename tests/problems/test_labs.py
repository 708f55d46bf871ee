"""Sequences of low autocorrelation: the known optimal energies, and brute force over all signs."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import product
from typing import Any

import pytest

from problems.brute_force import best, ground_solutions
from quasar.core.errors import ProblemError
from quasar.data.identity import instance_id
from quasar.problems.base import encode
from quasar.problems.labs import LowAutocorrelation
from quasar.problems.load import build_problem

# Packebusch and Mertens, J. Phys. A 49, 165001 (2016), table 1
ENERGIES = {3: 1, 4: 2, 5: 2, 6: 7, 7: 3, 8: 8, 9: 12, 10: 13, 11: 5, 12: 10, 13: 6, 14: 19,
            15: 15, 16: 24, 17: 32, 18: 25, 19: 29, 20: 26}  # fmt: skip


def optimal_solutions(problem: Any) -> set[Hashable]:
    attributes = problem.to_data()["problem_specific_attributes"]
    n = attributes["length"]
    weights = attributes.get("weights", [1] * (n - 1))

    def energy(signs: tuple[int, ...]) -> int:
        lags = (sum(a * b for a, b in zip(signs, signs[k:], strict=False)) for k in range(1, n))
        return sum(w * c**2 for w, c in zip(weights, lags, strict=True))

    return best(product((1, -1), repeat=n), energy, "min")


@pytest.mark.parametrize("length", ENERGIES)
def test_optimal_energies_of_the_literature(length: int) -> None:
    problem = LowAutocorrelation(length)
    encoded = encode(problem)
    hamiltonian = encoded.hamiltonian
    assert encoded.n_qubits == length
    state = int(hamiltonian.ground.argmax())
    assert hamiltonian.energy(state) + hamiltonian.constant == ENERGIES[length]
    decoded = encoded.decode(state)
    assert decoded is not None
    assert decoded.objective == ENERGIES[length]


def test_weights_of_any_sign_and_in_tenths() -> None:
    for weights in ([0.1, -0.3, 0.2, 0.5, 0], [-1, -1, 2, 0.5, 1], [0, 0, 0, 0, 3]):
        problem = LowAutocorrelation(6, weights)
        assert ground_solutions(problem) == optimal_solutions(problem)


def test_weights_of_one_are_the_plain_problem() -> None:
    plain, ones = LowAutocorrelation(5), LowAutocorrelation(5, [1, 1, 1, 1])
    assert instance_id(plain) == instance_id(ones)
    assert instance_id(plain) != instance_id(LowAutocorrelation(5, [1, 1, 1, 2]))
    assert plain.prompt_details() == "of length 5"
    assert ones.prompt_details() == "of length 5 with the lag weights 1, 1, 1, 1"


def test_the_picture_names_energy_and_merit_factor() -> None:
    found = LowAutocorrelation(4).overlay([1, 1, 1, -1])
    assert found is not None
    assert found.title == "Sequence of energy 2, merit factor 4"
    assert found.groups == {0: 0, 1: 0, 2: 0, 3: 1}


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({}, "lacks 'length'"),
        ({"length": 2}, "at least 3"),
        ({"length": 4.5}, "integer"),
        ({"length": 101}, "at most 100"),
        ({"length": 4, "weights": [1, 2]}, "3 lags but 2 weights"),
        ({"length": 4, "weights": [1, 2, "3"]}, "weight of lag 3 must be a number"),
    ],
)
def test_bad_input(attributes: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        build_problem({"problem_type": "labs", "problem_specific_attributes": attributes})
