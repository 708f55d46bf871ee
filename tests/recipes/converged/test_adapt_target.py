"""Growth towards chosen states: slopes, and one result whichever way energies are computed."""

from __future__ import annotations

import numpy as np
import pytest

from quasar.circuits import adaptive
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.adapt_vqe import pool_gradients
from quasar.problems.base import encode
from quasar.problems.registry import PROBLEMS
from quasar.recipes.converged.adapt_target import grow_to_target, real_slopes
from quasar.simulate import energy
from quasar.simulate.engine import probabilities
from quasar.simulate.gate_energy import GateEnergy


@pytest.mark.parametrize("n", [1, 2, 5])
def test_slopes_of_real_amplitudes(n: int) -> None:
    rng = np.random.default_rng(n)
    psi = rng.normal(size=1 << n)
    psi /= np.linalg.norm(psi)
    diagonal = rng.normal(size=1 << n)
    pool = adaptive.pool(n)
    wanted = pool_gradients(psi.astype(np.complex128), diagonal, pool)
    kept = [i for i, gate in enumerate(pool) if gate.name in {"ry", "cry"}]
    found = real_slopes(psi, diagonal, [pool[i] for i in kept])
    np.testing.assert_allclose(found, wanted[kept], atol=1e-12)
    assert np.abs(np.delete(wanted, kept)).max(initial=0.0) < 1e-12


def instances() -> list[IsingHamiltonian]:
    kinds = ("qubo", "vertex_cover", "kclique", "maxcut", "hubo")
    return [
        encode(PROBLEMS[kind].sample(generator(3, "steered", number), 7), "exact").hamiltonian
        for number, kind in enumerate(kinds)
    ]


@pytest.mark.parametrize("everything", [False, True])
def test_components_and_whole_circuits_grow_the_same(
    everything: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hamiltonian in instances():
        ground = hamiltonian.spectrum.ground_states.tolist()
        wanted = frozenset(ground if everything else ground[:1])
        grown = []
        for threshold in (2, 99):
            monkeypatch.setattr(energy, "COMPONENTS_FROM", threshold)
            grown.append(grow_to_target(hamiltonian, wanted))
        (one, theta), (two, other) = grown
        assert one.gates == two.gates
        np.testing.assert_allclose(theta, other, atol=1e-3)
        p = probabilities(GateEnergy(one, hamiltonian.diagonal).state(theta))
        assert p[sorted(wanted)].sum() >= 0.99
