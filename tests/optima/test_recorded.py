"""Published optima: their sequences have their energies, and solvers agree where they can."""

from __future__ import annotations

import pytest

import quasar
from quasar.optima.recorded import NAME, recorded
from quasar.problems.base import encode
from quasar.problems.labs import LowAutocorrelation


@pytest.mark.parametrize("length", range(3, 67))
def test_every_recorded_sequence_has_its_energy(length: int) -> None:
    problem = LowAutocorrelation(length)
    found = recorded(problem)
    assert found is not None
    assert found.bound is not None
    if found.solution is not None:
        assert problem.is_feasible(found.solution)
        assert problem.objective(found.solution) == found.bound


@pytest.mark.parametrize("length", range(3, 17))
def test_enumeration_agrees(length: int) -> None:
    problem = LowAutocorrelation(length)
    h = encode(problem).hamiltonian
    found = recorded(problem)
    assert found is not None
    assert found.bound == h.diagonal.min() + h.constant


def test_solving_takes_the_record() -> None:
    found = quasar.optimum({"problem_type": "labs", "problem_specific_attributes": {"length": 64}})
    assert (found.status, found.value, found.method) == ("proven", 208, NAME)
    assert len(found.solution) == 64


def test_weights_and_longer_ones_are_not_recorded() -> None:
    assert recorded(LowAutocorrelation(67)) is None
    assert recorded(LowAutocorrelation(4, [1, 1, 2])) is None
    assert recorded(LowAutocorrelation(4, [1, 1, 1])) is not None


def test_a_named_method_solves_it_itself() -> None:
    found = quasar.optimum(LowAutocorrelation(8), method="enumeration", cache=False)
    assert (found.value, found.method) == (8, "enumeration")
