"""Warm-started QAOA: a table of angles that raises the probability of the optimum."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.decimation import guided_decimation, state_index
from quasar.optimize.warm_start import EPSILON, MAX_LAYERS, warm_angles
from quasar.problems.ising import Ising
from quasar.problems.load import load_problem
from quasar.prompts.answer_plan import AnswerPlan
from quasar.prompts.compact_answer import answer_text
from quasar.train.stream.random_hamiltonians import sample_hamiltonian
from quasar.verifier.pipeline import Verifier

HAMILTONIAN = IsingHamiltonian(
    6, {(i, j): 0.3 * (i - 1) - 0.2 * j for i in range(6) for j in range(i)} | {(2,): 0.5, (4,): -1}
)


def p_optimal(layers: int, turned: int = 0, hamiltonian: IsingHamiltonian = HAMILTONIAN) -> float:
    """From the optimum with the bits of some qubits turned."""
    steps = tuple(
        step._replace(bit=step.bit ^ (turned >> step.qubit & 1))
        for step in guided_decimation(hamiltonian)
    )
    text = answer_text(hamiltonian, AnswerPlan("warm", layers, decisions=steps), exact=True)
    return float(Verifier(load_problem(Ising(hamiltonian)), None).verify(text).p_optimal or 0.0)


@pytest.mark.parametrize("layers", range(1, MAX_LAYERS + 1))
def test_the_optimum_gains_from_itself_and_from_beside_it(layers: int) -> None:
    gammas, betas = warm_angles(layers)
    assert len(gammas) == len(betas) == layers
    assert p_optimal(layers) > (1 - EPSILON) ** 6 + 0.05
    beside = [p_optimal(layers, 1 << q) for q in range(6)]
    assert sum(beside) / 6 > EPSILON * (1 - EPSILON) ** 5


def test_deeper_is_better_on_average() -> None:
    rng = np.random.default_rng(0)
    drawn = [sample_hamiltonian(rng, 6)[0] for _ in range(8)]
    one, two, eight = (
        sum(p_optimal(layers, hamiltonian=h) for h in drawn) / 8 for layers in (1, 2, 8)
    )
    assert one < two < eight


@pytest.mark.parametrize("layers", range(1, MAX_LAYERS + 1))
def test_every_angle_has_about_the_best_size(layers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2]))
    simulated = import_module("benchmarks.warm_start").warm_probabilities
    rng = np.random.default_rng(0)
    drawn = [sample_hamiltonian(rng, 8)[0] for _ in range(12)]
    starts = [state_index(guided_decimation(h)) for h in drawn]

    def failure(theta: np.ndarray, number: int, times: float) -> float:
        changed = theta.copy()
        changed[number] *= times
        found = [simulated(h, s, *np.split(changed, 2)) for h, s in zip(drawn, starts, strict=True)]
        best = [h.spectrum.ground_states for h in drawn]
        right = sum(p[states].sum() for p, states in zip(found, best, strict=True))
        return float(1.0 - right / len(drawn))

    theta = np.concatenate(warm_angles(layers))
    least = failure(theta, 0, 1.0)
    for number, angle in enumerate(theta):
        assert failure(theta, number, 2 / 3) > 0.75 * least
        if angle > 0.1:  # smaller ones hardly matter
            assert failure(theta, number, 1.5) > least


def test_other_depths_are_refused() -> None:
    with pytest.raises(InputError, match="1 to 8 layers"):
        warm_angles(9)
