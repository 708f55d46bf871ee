"""The methods by name, and which of them `auto` uses.

`auto` enumerates what is small. Else CP-SAT (HiGHS where OR-Tools is missing or numbers are too
large for it) has the time limit; of a quadratic cost without constraints it leaves the last
quarter to annealing and the semidefinite bound, should there be no proof by then. Where the terms
are many a variable a proof takes long, and these two come first.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator

from quasar.core.errors import InputError, ProblemError
from quasar.optima import annealing, cp_sat, enumeration, highs, semidefinite
from quasar.optima.search import Found, Search, TooLarge
from quasar.problems.base import Problem
from quasar.problems.native import NativeModel

Solver = Callable[[Problem, NativeModel, Search], Found]

SOLVERS: dict[str, Solver] = {
    enumeration.NAME: lambda problem, model, search: enumeration.solve(problem),
    cp_sat.NAME: lambda problem, model, search: cp_sat.solve(model, search),
    highs.NAME: lambda problem, model, search: highs.solve(model, search),
    semidefinite.NAME: lambda problem, model, search: semidefinite.solve(model, search),
    annealing.NAME: annealing.solve,
}
"""Ways to find or to bound an optimum."""

METHODS = ("auto", *SOLVERS)
_LIBRARIES = {
    cp_sat.NAME: "ortools.sat.python.cp_model",
    highs.NAME: "highspy",
    annealing.NAME: "dwave.samplers",
}
_PROVERS = (cp_sat.NAME, highs.NAME)
"""Methods of `auto` that prove optima, the better one first."""
_ENUMERATED = 16  # variables up to which enumeration takes milliseconds
_BEFORE_OTHERS = 0.75  # of the time, for CP-SAT or HiGHS
_ANNEALING_S = 2.0
_IMPORT_S = 2.0  # what importing the annealer may take
_DENSE = 12  # terms a variable beyond which the quick methods come first


def prepare(method: str) -> None:
    """Import the library of a method, which takes seconds, before its time begins."""
    if method == "auto":
        method = next(filter(installed, _PROVERS), annealing.NAME)
    if method in _LIBRARIES and installed(method):
        importlib.import_module(_LIBRARIES[method])


def installed(method: str) -> bool:
    """Whether the method's library is there."""
    module = _LIBRARIES.get(method)
    if module is None:
        return True
    # The parents of a nested name would be imported, and OR-Tools' are heavy.
    near = module.partition(".")[0] if module.count(".") > 1 else module
    try:
        return importlib.util.find_spec(near) is not None
    except ModuleNotFoundError:
        return False


def run(method: str, problem: Problem, model: NativeModel, search: Search) -> Iterator[Found]:
    """What the method finds, or what those of `auto` find one after another until proved.

    The caller stops asking when it knows enough.

    Raises:
        InputError: the method's library is not installed, or it does not cover the problem.
    """
    if method == "auto":
        yield from _auto(problem, model, search)
    else:
        yield SOLVERS[method](problem, model, search)


def _is_small(problem: Problem) -> bool:
    few = max(problem.native_size(), problem.least_qubits()) <= _ENUMERATED
    return few and len(problem.variables("exact")) <= _ENUMERATED


def _auto(problem: Problem, model: NativeModel, search: Search) -> Iterator[Found]:
    if _is_small(problem):
        try:
            yield enumeration.solve(problem)
            return
        except ProblemError:  # no encoding; solvers need none
            pass
    quadratic = semidefinite.covers(model)
    dense = quadratic and len(model.cost.coefficients) > _DENSE * len(model.variables)
    if dense:
        yield from _quick(problem, model, search.until(search.left_s * (1 - _BEFORE_OTHERS)))
    main = search.until(search.left_s * (_BEFORE_OTHERS if quadratic and not dense else 1.0))
    refused: InputError | None = None if any(map(installed, _PROVERS)) else _no_solver()
    for name in filter(installed, _PROVERS):
        try:
            yield SOLVERS[name](problem, model, main)
            refused = None
            break
        except TooLarge as error:
            refused = error
    if quadratic and not dense and not search.is_over:
        yield from _quick(problem, model, search)
    elif refused is not None and not quadratic:
        try:
            yield annealing.solve(problem, model, search)
        except InputError:
            raise refused from None


def _no_solver() -> InputError:
    return InputError(
        "no solver is installed: pip install -e '.[optima]' in your clone of quasar. Without one "
        "only problems of up to 24 qubits and quadratic ones without constraints are solved."
    )


def _quick(problem: Problem, model: NativeModel, search: Search) -> Iterator[Found]:
    """Methods that do not search for a proof, for quadratic costs without constraints."""
    loaded = _LIBRARIES[annealing.NAME] in sys.modules
    if installed(annealing.NAME) and (loaded or search.left_s > _IMPORT_S):
        yield annealing.solve(problem, model, search.until(_ANNEALING_S))
    yield semidefinite.solve(model, search)
