"""The state that warm-started QAOA begins in."""

import networkx as nx
import numpy as np
import pytest

from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.warm_start import EPSILON
from quasar.optimize.warm_state import RELAXED_EPSILON, warm_probabilities, warm_starts


def glass(n: int, *, fields: bool) -> IsingHamiltonian:
    rng = np.random.default_rng(n)
    terms = {tuple(sorted(e)): float(rng.normal()) for e in nx.gnm_random_graph(n, 2 * n, 1).edges}
    if fields:
        terms |= {(i,): float(rng.normal()) for i in range(n)}
    return IsingHamiltonian(n, terms)


def nearest(ones: np.ndarray) -> int:
    return sum(1 << q for q, one in enumerate(ones) if one > 0.5)


@pytest.mark.parametrize("fields", [False, True])
def test_a_relaxation_points_to_low_energies(fields):
    h = glass(16, fields=fields)
    ones = warm_probabilities(h, "relaxation")
    assert ones.shape == (16,)
    assert (ones >= RELAXED_EPSILON).all()
    assert (ones <= 1 - RELAXED_EPSILON).all()
    assert len(np.unique(ones.round(6))) > 2  # no bit string
    assert h.energy(nearest(ones)) < 0.6 * h.diagonal.min()


@pytest.mark.parametrize("higher", [False, True])
def test_annealing_gives_a_bit_string(higher):
    pytest.importorskip("dwave.samplers", reason="annealing needs dwave-samplers")
    h = glass(12, fields=True)
    if higher:
        h = IsingHamiltonian(12, {**h.terms, (0, 3, 5): 1.5})
    ones = warm_probabilities(h, "annealing")
    assert set(ones.round(6)) <= {EPSILON, 1 - EPSILON}
    assert h.energy(nearest(ones)) == pytest.approx(h.diagonal.min())


def test_what_the_relaxation_does_not_cover():
    with pytest.raises(InputError, match="at most two Z"):
        warm_probabilities(IsingHamiltonian(3, {(0, 1, 2): 1.0}), "relaxation")
    with pytest.raises(InputError, match="relaxation or annealing"):
        warm_probabilities(glass(4, fields=False), "guess")


def test_starts_have_one_angle_of_each_kind_a_layer():
    assert {theta.shape for theta in warm_starts(glass(8, fields=False), 2)} == {(4,)}


def test_a_missing_annealer_is_said_with_what_to_use_instead(monkeypatch):
    monkeypatch.setattr("quasar.optimize.warm_state.installed", lambda name: False)
    with pytest.raises(InputError, match="or warm-start from relaxation"):
        warm_probabilities(IsingHamiltonian(2, {(0, 1): 1.0}), "annealing")
