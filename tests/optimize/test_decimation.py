"""Plans: the right ground state, fields by brute force, and the rule among equals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.decimation import (
    greedy_decimation,
    greedy_index,
    guided_decimation,
    guided_index,
    perturbed,
    rows,
    state_index,
)
from support.strategies import small_hamiltonians


@given(small_hamiltonians())
def test_plan_completes_a_ground_state(hamiltonian):
    index = guided_index(hamiltonian)
    assert hamiltonian.diagonal[index] == pytest.approx(hamiltonian.spectrum.e_min)


@given(small_hamiltonians())
def test_rows_hold_every_term_once_and_only_earlier_qubits(hamiltonian):
    seen, found = set(), {}
    for qubit, couplings in rows(hamiltonian):
        for others, coefficient in couplings:
            assert set(others) <= seen
            found[tuple(sorted((*others, qubit)))] = coefficient
        seen.add(qubit)
    assert found == hamiltonian.terms


@given(small_hamiltonians())
def test_fields_are_half_the_cost_of_a_flip(hamiltonian):
    steps = guided_decimation(hamiltonian)
    unit = max(abs(c) for c in hamiltonian.terms.values())
    chosen = {step.qubit: step.bit for step in steps}
    for i, step in enumerate(steps):
        decided = {s.qubit for s in steps[: i + 1]}
        part = {t: c for t, c in hamiltonian.terms.items() if set(t) <= decided}
        diagonal = IsingHamiltonian(hamiltonian.n_qubits, part).diagonal
        index = sum(chosen[q] << q for q in decided if q != step.qubit)
        cost = diagonal[index | 1 << step.qubit] - diagonal[index]
        assert step.field == pytest.approx(-cost / 2 / unit, abs=1e-6)


def test_of_equal_ground_states_the_greedy_one():
    ring = IsingHamiltonian(4, {(0, 1): 1.0, (1, 2): 1.0, (2, 3): 1.0, (0, 3): 1.0})
    assert [step.qubit for step in guided_decimation(ring)] == [0, 1, 2, 3]
    assert [step.bit for step in guided_decimation(ring)] == [0, 1, 0, 1]


def field(hamiltonian, qubit, chosen):
    """What multiplies a qubit's Z, by the terms whose other qubits are chosen."""
    total = 0.0
    for qubits, coefficient in hamiltonian.terms.items():
        others = set(qubits) - {qubit}
        if qubit in qubits and others <= set(chosen):
            total += coefficient * (-1) ** sum(chosen[other] for other in others)
    return total


@given(small_hamiltonians())
def test_every_decision_is_the_strongest_left_and_follows_its_field(hamiltonian):
    unit = max(abs(c) for c in hamiltonian.terms.values())
    chosen, left = {}, set(range(hamiltonian.n_qubits))
    for step in greedy_decimation(hamiltonian):
        fields = {q: field(hamiltonian, q, chosen) / unit for q in left}
        assert step.field == pytest.approx(fields[step.qubit], abs=1e-6)
        assert abs(step.field) >= max(abs(f) for f in fields.values()) - 1e-6
        assert step.bit == (step.field > 0)
        chosen[step.qubit] = step.bit
        left.remove(step.qubit)
    assert not left


@given(small_hamiltonians())
def test_plan_keeps_the_order_of_greedy_decisions(hamiltonian):
    order = [step.qubit for step in greedy_decimation(hamiltonian)]
    assert [step.qubit for step in guided_decimation(hamiltonian)] == order
    assert [row.qubit for row in rows(hamiltonian)] == order
    if hamiltonian.diagonal[greedy_index(hamiltonian)] == hamiltonian.spectrum.e_min:
        assert guided_index(hamiltonian) == greedy_index(hamiltonian)


def test_strongest_field_first_ties_by_weight():
    hamiltonian = IsingHamiltonian(3, {(0,): 0.5, (1, 2): -1.0, (2,): 0.25})
    assert [row.qubit for row in rows(hamiltonian)] == [0, 2, 1]
    assert guided_index(hamiltonian) == int(np.argmin(hamiltonian.diagonal))
    couplings = IsingHamiltonian(3, {(0, 1): 1.0, (1, 2): 0.5})
    assert [row.qubit for row in rows(couplings)] == [1, 0, 2]


@given(small_hamiltonians(), st.integers(0, 99))
def test_a_stray_plan_turns_one_decision_and_follows_the_field_after_it(hamiltonian, seed):
    right = guided_decimation(hamiltonian)
    wrong = perturbed(hamiltonian, right, generator(seed, "stray"))
    assert [step.qubit for step in wrong] == [step.qubit for step in right]
    pairs = list(zip(right, wrong, strict=True))
    turned = next(i for i, (a, b) in enumerate(pairs) if a.bit != b.bit)
    assert wrong[:turned] == right[:turned]
    assert wrong[turned].field == right[turned].field
    for step in wrong[turned + 1 :]:
        assert step.bit == int(step.field > 0) or step.field == 0.0
    assert state_index(wrong) != state_index(right)
