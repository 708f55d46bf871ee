"""Random Hamiltonians: every law and graph, every qubit in some term."""

from __future__ import annotations

import numpy as np
import pytest

from quasar.train.stream.random_hamiltonians import LAWS, sample_hamiltonian


@pytest.mark.parametrize("n", [1, 2, 3, 9])
def test_every_qubit_is_in_a_term_and_terms_are_fields_and_pairs(n: int) -> None:
    rng = np.random.default_rng(n)
    for _ in range(60):
        hamiltonian, law = sample_hamiltonian(rng, n)
        assert law in LAWS
        assert {q for term in hamiltonian.terms for q in term} == set(range(n))
        assert all(1 <= len(term) <= 2 for term in hamiltonian.terms)
        assert all(term == tuple(sorted(term)) for term in hamiltonian.terms)


def test_laws_are_what_they_are_called() -> None:
    rng = np.random.default_rng(0)
    seen: dict[str, list[float]] = {law: [] for law in LAWS}
    complete = fieldless = 0
    for _ in range(400):
        hamiltonian, law = sample_hamiltonian(rng, 6)
        seen[law] += hamiltonian.terms.values()
        complete += sum(len(t) == 2 for t in hamiltonian.terms) == 15
        fieldless += not any(len(t) == 1 for t in hamiltonian.terms)
    assert set(np.abs(seen["sign"])) == {1.0}
    assert set(np.abs(seen["integer"])) == set(range(1, 10))
    assert np.abs(seen["uniform"]).max() <= 1.0
    assert np.abs(seen["uniform"]).mean() == pytest.approx(0.5, abs=0.03)
    assert np.std(seen["gaussian"]) == pytest.approx(1.0, abs=0.05)
    assert 200 < complete < 320
    assert 20 < fieldless < 200
