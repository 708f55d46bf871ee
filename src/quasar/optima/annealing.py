"""Simulated annealing (dwave-samplers): good solutions fast, without a bound.

Quadratic costs without constraints are annealed as they are. Others are annealed in the exact
encoding, constraints as penalties and terms of higher order made quadratic by dimod, and decoded.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from quasar.core.errors import InputError, ProblemError
from quasar.core.labels import Label
from quasar.core.polynomial import Polynomial
from quasar.core.seeds import generator
from quasar.optima.lattice import size
from quasar.optima.search import Found, Search, Update, library
from quasar.problems.base import Problem
from quasar.problems.native import NativeModel, check_size

NAME = "annealing"
_SWEEPS = 1_000
_READS = 10  # between looks at the clock
_PATIENCE = 5  # rounds of reads without a better solution


def solve(problem: Problem, model: NativeModel, search: Search) -> Found:
    """The best solution of repeated annealing, until it gets no better; see `Found`.

    Raises:
        InputError: dwave-samplers is not installed, or the problem has no encoding of this size.
    """
    samplers = library("dwave.samplers", "dwave-samplers", "simulated annealing")
    native = model.is_unconstrained and model.is_binary and model.order <= 2
    if native:
        cost = model.cost
    else:
        try:
            check_size(problem.problem_type, problem.least_qubits())
            check_size(problem.problem_type, len(problem.variables("exact")))
            cost = problem.polynomial("exact")
        except ProblemError as error:
            raise InputError(f"annealing needs the problem's encoding, but {error}") from error
    if not any(c for monomial, c in cost.coefficients.items() if monomial):
        return _of_no_cost(problem, model, native)
    quadratic = _quadratic(cost, list(model.variables) if native else [])
    rng = generator(search.seed, NAME)
    sampler = samplers.SimulatedAnnealingSampler()
    best: Found | None = None
    least, idle = float("inf"), 0
    while idle < _PATIENCE and not (search.is_over and best):
        samples = sampler.sample(
            quadratic,
            num_reads=_READS,
            num_sweeps=_SWEEPS,
            seed=int(rng.integers(2**31)),
            interrupt_function=lambda: search.is_over,
        )
        idle += 1
        for row in samples.aggregate().data(["sample", "energy"], sorted_by="energy"):
            values: dict[Label, int] = {label: int(x) for label, x in row.sample.items()}
            if native:
                value, found = float(model.evaluate(values)), Found(NAME, values)
            else:
                solution = problem.decode(_with_all(values, problem), "exact")
                if not problem.is_feasible(solution):
                    continue
                value, found = float(problem.rank(solution)[0]), Found(NAME, solution=solution)
            if value < least:
                least, best, idle = value, found, 0
                search.tell(Update(value, None))
            break
    return best or Found(NAME, complete=False)


def _of_no_cost(problem: Problem, model: NativeModel, native: bool) -> Found:
    """All assignments cost the same: the one of zeros."""
    if native:
        return Found(NAME, dict.fromkeys(model.variables, 0))
    solution = problem.decode(_with_all({}, problem), "exact")
    feasible = problem.is_feasible(solution)
    return Found(NAME, solution=solution) if feasible else Found(NAME, complete=False)


def _with_all(values: dict[Label, int], problem: Problem) -> dict[Label, int]:
    """Values of the problem's own variables; those that cost nothing are 0."""
    return {label: values.get(label, 0) for label in problem.variables("exact")}


def _quadratic(cost: Polynomial, variables: list[Label]) -> Any:
    """Dimod's model of a polynomial, without its constant; its largest coefficient is 1."""
    dimod = library("dimod", "dimod", "simulated annealing")
    exact = {tuple(m): c for m, c in cost.coefficients.items() if m and c}
    # The sampler's range of temperatures overflows where costs are tiny or huge.
    largest = max(map(size, exact.values()), default=1)
    terms = {m: float(Fraction(c) / Fraction(largest)) for m, c in exact.items()}
    if max(map(len, terms), default=0) > 2:
        strength = 2 * sum(map(abs, terms.values()))
        model = dimod.make_quadratic(terms, strength, dimod.BINARY)
    else:
        linear = {m[0]: c for m, c in terms.items() if len(m) == 1}
        pairs = {m: c for m, c in terms.items() if len(m) == 2}
        model = dimod.BinaryQuadraticModel(linear, pairs, 0.0, dimod.BINARY)
    for label in variables:
        model.add_variable(label)
    return model
