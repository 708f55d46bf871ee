"""What any circuit for a problem has to be held against.

QAOA by the designer, at angles from a table and tuned from there, whose 2p numbers cannot write an
answer down; the uniform superposition, which is guessing; and what classical search finds, greedy
and exact, with the time that it takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np

from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.core.documented import Documented
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.designer import Design
from quasar.optimize.decimation import greedy_index
from quasar.optimize.minimize import lbfgs
from quasar.optimize.trace import Budget, Trace, affordable_evaluations
from quasar.problems.base import EncodedProblem
from quasar.recipes.converged.qaoa_table import look_up
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector
from quasar.verifier.quality import read_state
from quasar.verifier.stages.objective import shots_to_optimum

LAYERS = 3
"""Layers of QAOA for comparison; 1 on more than `DEEP_QUBITS` qubits."""
DEEP_QUBITS = 16
MOST_QUBITS = 20
"""Beyond, QAOA for comparison is left out: its search would take minutes."""
_EVALUATIONS = 200


class ClassicalAnswer(Documented):
    """What a classical search finds."""

    method: Literal["greedy", "exact"]
    """`greedy`: the strongest field first, no search; `exact`: all 2**n states looked at."""
    bitstring: str
    """Variable order, 1 = selected."""
    solution: Any = None
    """In the user's node and edge names; None where states cannot be decoded."""
    feasible: bool | None = None
    """Whether it obeys every constraint."""
    objective: float | None = None
    """The user's own number for it."""
    optimal: bool
    """Whether it is one of the best."""
    elapsed_ms: float
    """Milliseconds that it took here, the Hamiltonian being built already."""


class Uniform(Documented):
    """Guessing: the uniform superposition of all bit strings."""

    p_optimal: float
    """Probability of an optimum."""
    shots_to_optimum: int | None
    """Guesses until an optimum is seen with probability 0.99."""
    approximation_ratio: float
    """Of the mean energy."""


class Comparison(Documented):
    """What is shown beside a problem's circuits."""

    uniform: Uniform
    """The uniform superposition."""
    classical: list[ClassicalAnswer]
    """Greedy and exact search; empty where no solution exists."""


def compare(problem: EncodedProblem) -> Comparison:
    """Guessing and classical search on a problem."""
    optimality, spectrum = problem.optimality, problem.hamiltonian.spectrum
    p_optimal = optimality.n_optimal / optimality.optimal.size
    width = spectrum.width
    uniform = Uniform(
        p_optimal=p_optimal,
        shots_to_optimum=shots_to_optimum(p_optimal),
        approximation_ratio=spectrum.e_max / width if width else 1.0,  # energies have mean 0
    )
    if not optimality.n_optimal:
        return Comparison(uniform=uniform, classical=[])
    greedy = _timed("greedy", problem, lambda fresh: greedy_index(fresh.hamiltonian))
    exact = _timed("exact", problem, lambda fresh: int(fresh.optimality.states(1)[0]))
    return Comparison(uniform=uniform, classical=[greedy, exact])


def _timed(
    method: Literal["greedy", "exact"],
    problem: EncodedProblem,
    search: Callable[[EncodedProblem], int],
) -> ClassicalAnswer:
    fresh = problem.bare()
    begun = time.perf_counter()
    state = search(fresh)
    elapsed_ms = 1e3 * (time.perf_counter() - begun)
    reading = read_state(state, problem)
    return ClassicalAnswer(method=method, elapsed_ms=elapsed_ms, **dict(reading))


def qaoa_designs(
    problem: EncodedProblem, stop: Callable[[], bool], *, every_depth: bool = False
) -> Iterator[tuple[str, Design]]:
    """QAOA as the table has it, then tuned; nothing on a flat or a very large problem.

    Args:
        stop: whether to end with the best so far.
        every_depth: of 1 layer and more, not of the most alone.
    """
    hamiltonian = problem.hamiltonian
    n = hamiltonian.n_qubits
    if n > MOST_QUBITS or hamiltonian.spectrum.width == 0.0 or stop():
        return
    most = LAYERS if n <= DEEP_QUBITS else 1
    for layers in range(1 if every_depth else most, most + 1):
        if not stop():
            yield from _qaoa_designs(hamiltonian, layers, stop)


def _qaoa_designs(
    hamiltonian: IsingHamiltonian, layers: int, stop: Callable[[], bool]
) -> Iterator[tuple[str, Design]]:
    n = hamiltonian.n_qubits
    begun = time.perf_counter()
    start, used = look_up(hamiltonian, layers)
    energy = energy_of(qaoa(hamiltonian, layers), hamiltonian)

    def made(theta: FloatVector, reached: float, trace: Trace, budget: Budget) -> Design:
        return Design(
            qasm=emit(energy.ansatz.bind(theta)),
            algorithm="qaoa",
            ansatz=f"qaoa p={layers}",
            layers=layers,
            theta=theta,
            energy=reached,
            trace=trace,
            max_evaluations=budget.max_evaluations,
            elapsed_s=time.perf_counter() - begun,
            out_of_time=budget.cut_short,
        )

    theta = np.asarray(start.theta)
    yield f"designer's qaoa p={layers}", made(theta, start.energy, Trace(), Budget(max(used, 1)))
    gates = layers * (n + 1)
    budget = Budget(affordable_evaluations(n, gates, _EVALUATIONS), stop=stop)
    trace = Trace()
    trace.begin("from the table's angles")
    tuned = lbfgs(energy, theta, budget=budget, trace=trace)
    if tuned.energy < start.energy:
        name = f"designer's qaoa p={layers}, tuned"
        yield name, made(np.asarray(tuned.theta), tuned.energy, trace, budget)
