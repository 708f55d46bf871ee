"""The `converged` recipe: the best circuit of an algorithm and ansatz, with predictable angles.

One deterministic function of the Hamiltonian. What makes its answers learnable:

1. Ground states are enumerated, and one of them is chosen by rule (`decimation`), so that the
   same instance is always answered by the same bits.
2. VQE: a template that can prepare basis states exactly is not searched but set (`basis_states`):
   angles 0 and π, all that does not matter at 0. Only template 9, which begins with Hadamards, is
   optimised from random angles; with one layer it stays at r about 0.63 (see the lab book).
3. Adaptive VQE: grown along the largest slope towards the chosen state (`adapt_target`): quarter
   turns, no idle gates.
4. QAOA: the best energy of a wide search (`qaoa_search`), folded by the exact symmetries; with
   `slack` a canonical optimum is preferred that is nearly as good. Or canonical angles alone, at a
   small part of the cost (`qaoa_canonical`). Or the best of a few angle sets that serve all
   instances (`qaoa_table`): the cheapest, and the most predictable.

A converged circuit for a diagonal Hamiltonian without degeneracy ends in one bit string, however it
was found: entangling gates in it act on the way or not at all. `ground="all"` leaves what can be
left in superposition over the ground states. Covers up to `MAX_EXACT_QUBITS` qubits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.qaoa import qaoa
from quasar.circuits.sim19 import NUMBERS, sim
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.decimation import guided_index
from quasar.optimize.trace import Budget
from quasar.optimize.vqe import optimise_vqe, wrap_angles
from quasar.recipes.converged.adapt_target import PENALTY_WEIGHTS, grow_to_target
from quasar.recipes.converged.basis_states import (
    basis_state_angles,
    basis_state_maps,
    widest_subcube,
)
from quasar.recipes.converged.qaoa_canonical import search_canonical
from quasar.recipes.converged.qaoa_search import search_qaoa
from quasar.recipes.converged.qaoa_table import look_up
from quasar.recipes.converged.subcube import Subcube
from quasar.recipes.spec import Algorithm
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector, probabilities
from quasar.simulate.state_engine import state_engine

Ground = Literal["one", "all"]
Search = Literal["wide", "canonical", "table"]

CONVERGED_TEMPLATES = tuple(number for number in NUMBERS if number != 9)
"""Templates that can reach an optimum."""

_RESTARTS = 8
_TARGET = 1e-4  # of the range: good enough to end the restarts


@dataclass(frozen=True, eq=False)
class Converged:
    """A circuit at its best angles.

    Attributes:
        ansatz: gates; of an adaptive circuit those that do something.
        theta: angles, shape [P], radians, in (-π, π], those of controlled rotations in (-2π, 2π];
            QAOA's γ are in units of 1/energy and not wrapped.
        energy: E at `theta`.
        evaluations: energies computed on the way (one with its gradient counts as one).
        label: family and size, e.g. `sim-15 L=1`, `qaoa p=2`, `adaptive 8 gates`.
    """

    ansatz: Ansatz
    theta: FloatVector
    energy: float
    evaluations: int
    label: str


def converge(
    hamiltonian: IsingHamiltonian,
    algorithm: Algorithm,
    *,
    layers: int = 1,
    template: int | None = None,
    seed: int = 0,
    ground: Ground = "one",
    slack: float = 0.0,
    search: Search = "wide",
) -> Converged:
    """The converged circuit of an algorithm for a Hamiltonian.

    Args:
        layers: p of QAOA, L of a template; adaptive circuits have none.
        template: circuit of Sim et al. for `vqe`, wired as in the benchmark; default: drawn from
            `CONVERGED_TEMPLATES` by the seed.
        seed: of what is random: that draw, QAOA's free starts, restarts of template 9. Equal
            arguments give equal results.
        ground: `one`: a single ground state, chosen by rule; `all`: VQE and adaptive circuits keep
            as many ground states in superposition as their structure easily can.
        slack: for `qaoa` with a wide search, fraction of the range of energies that may be given up
            for canonical angles.
        search: of `qaoa`; `canonical` keeps to canonical angles, `table` to those of the table;
            neither depends on `seed`.

    Raises:
        InputError: unknown algorithm, ground or search, template or layers that do not exist (the
            table ends at four).
        ProblemError: more qubits than are enumerated.
    """
    if algorithm not in get_args(Algorithm):
        raise InputError(
            f"unknown algorithm {algorithm!r}; known: {', '.join(get_args(Algorithm))}."
        )
    if ground not in get_args(Ground):
        raise InputError(f"unknown ground {ground!r}; known: {', '.join(get_args(Ground))}.")
    if search not in get_args(Search):
        raise InputError(f"unknown search {search!r}; known: {', '.join(get_args(Search))}.")
    if template is not None and algorithm != "vqe":
        raise InputError(f"a template goes with vqe, not with {algorithm}.")
    if algorithm == "qaoa":
        return _qaoa(hamiltonian, layers, seed, slack, search)
    if algorithm == "adaptive_vqe":
        return _adaptive(hamiltonian, ground)
    if template is None:
        draw = generator(seed, "converged", "template").integers(len(CONVERGED_TEMPLATES))
        template = CONVERGED_TEMPLATES[int(draw)]
    return _vqe(sim(template, hamiltonian.n_qubits, layers), hamiltonian, seed, ground)


def _qaoa(
    hamiltonian: IsingHamiltonian, layers: int, seed: int, slack: float, search: Search
) -> Converged:
    ansatz = qaoa(hamiltonian, layers)
    if search == "canonical":
        minima, evaluations = search_canonical(hamiltonian, layers)
        best = minima[-1]
        return Converged(ansatz, best.theta, best.energy, evaluations, ansatz.name)
    if search == "table":
        found, evaluations = look_up(hamiltonian, layers)
        return Converged(ansatz, found.theta, found.energy, evaluations, ansatz.name)
    spectrum = hamiltonian.spectrum
    depths, evaluations = search_qaoa(hamiltonian, layers, seed=seed)
    minimum = depths[-1].chosen(slack * (spectrum.e_max - spectrum.e_min))
    return Converged(ansatz, minimum.theta, minimum.energy, evaluations, ansatz.name)


def _vqe(ansatz: Ansatz, hamiltonian: IsingHamiltonian, seed: int, ground: Ground) -> Converged:
    spectrum = hamiltonian.spectrum
    maps = basis_state_maps(ansatz)
    if not maps:
        return _searched(ansatz, hamiltonian, seed)
    state_map = maps[0]
    cube = Subcube(state_map.preimage(guided_index(hamiltonian)), 0)
    if ground == "all" and spectrum.n_ground_states > 1:
        options = [(widest_subcube(p, spectrum.ground_states.tolist()), p) for p in maps]
        cube, state_map = max(options, key=lambda option: option[0].free.bit_count())
    theta = basis_state_angles(ansatz, state_map, cube)
    return Converged(ansatz, theta, _energy_at(ansatz, theta, hamiltonian), 1, ansatz.name)


def _energy_at(ansatz: Ansatz, theta: FloatVector, hamiltonian: IsingHamiltonian) -> float:
    """One evaluation, gate by gate: what an energy sets up pays off with many only."""
    p = probabilities(state_engine().state(ansatz.bind(theta)))
    return float(p @ hamiltonian.diagonal)


def _searched(ansatz: Ansatz, hamiltonian: IsingHamiltonian, seed: int) -> Converged:
    """Random restarts, for templates that cannot write a bit string."""
    spectrum = hamiltonian.spectrum
    budget = Budget()
    found = optimise_vqe(
        energy_of(ansatz, hamiltonian),
        generator(seed, "converged", ansatz.name),
        restarts=_RESTARTS,
        target=spectrum.e_min + _TARGET * (spectrum.e_max - spectrum.e_min),
        budget=budget,
    )
    theta = wrap_angles(ansatz, np.asarray(found.theta))
    return Converged(ansatz, theta, found.energy, budget.used, ansatz.name)


def _adaptive(hamiltonian: IsingHamiltonian, ground: Ground) -> Converged:
    spectrum = hamiltonian.spectrum
    budget = Budget(max_evaluations=100_000)
    if ground == "all":
        wanted = frozenset(spectrum.ground_states.tolist())
        ansatz, theta = grow_to_target(
            hamiltonian, wanted, weights=(0.0, *PENALTY_WEIGHTS), budget=budget
        )
    else:
        wanted = frozenset((guided_index(hamiltonian),))
        ansatz, theta = grow_to_target(hamiltonian, wanted, budget=budget)
    theta = wrap_angles(ansatz, theta)
    return Converged(
        ansatz, theta, _energy_at(ansatz, theta, hamiltonian), budget.used, ansatz.name
    )
