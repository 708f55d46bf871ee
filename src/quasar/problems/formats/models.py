"""Quadratic models of other libraries: dimod's CQM, Qiskit's QuadraticProgram, and h with J.

They are told by what they offer, so that no library has to be installed. Constraints and integers
are refused with the conversion of the same library that removes them; a dimod BQM needs no
conversion (`problems/hubo.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quasar.core.errors import ProblemError
from quasar.problems import values
from quasar.problems.formats.content import Content

_Pairs = Iterable[tuple[Any, Any]]


def is_constrained_model(source: Any) -> bool:
    """Whether this is a dimod ConstrainedQuadraticModel."""
    return all(hasattr(source, name) for name in ("constraints", "objective", "discrete"))


def constrained_content(model: Any) -> Content:
    """The objective of a dimod CQM as a QUBO, in spins if all variables are.

    Raises:
        ProblemError: constraints, integers, or spins among 0/1 variables.
    """
    if model.constraints:
        raise ProblemError(
            f"the model has {len(model.constraints)} constraints, and a QUBO has none: "
            "dimod.cqm_to_bqm(model, lagrange_multiplier=...) makes them penalties; or state a "
            "known problem type (`quasar problems`)."
        )
    objective = model.objective
    kinds = {model.vartype(v).name for v in model.variables}
    if len(kinds) > 1 or not kinds <= {"BINARY", "SPIN"}:
        raise ProblemError(
            f"the variables are {', '.join(sorted(kinds))}; a QUBO has 0/1 variables, or spins, "
            "and no others: dimod.cqm_to_bqm(model) writes integers in 0/1 variables."
        )
    terms = [[[v], objective.get_linear(v)] for v in model.variables]
    terms += [[[u, v], c] for u, v, c in objective.iter_quadratic()]
    terms.append([[], objective.offset])
    data: dict[str, Any] = {"qubo": terms}
    return Content(data | ({"vartype": "SPIN"} if kinds == {"SPIN"} else {}), "qubo", fixed=True)


def is_quadratic_program(source: Any) -> bool:
    """Whether this is a QuadraticProgram of qiskit-optimization or its addon."""
    return all(hasattr(source, name) for name in ("get_num_binary_vars", "objective", "variables"))


def program_content(program: Any) -> Content:
    """The objective of a Qiskit QuadraticProgram as a QUBO; one to be maximised changes its sign.

    Raises:
        ProblemError: constraints, or variables that are not binary.
    """
    constraints = program.get_num_linear_constraints() + program.get_num_quadratic_constraints()
    if constraints or program.get_num_binary_vars() < program.get_num_vars():
        what = f"{constraints} constraints" if constraints else "variables that are not binary"
        raise ProblemError(
            f"the quadratic program has {what}, and a QUBO has none: convert it by "
            "qiskit_optimization.converters.QuadraticProgramToQubo().convert(program), or state a "
            "known problem type (`quasar problems`)."
        )
    objective = program.objective
    sign = int(objective.sense.value)  # 1 to minimise, -1 to maximise
    linear = objective.linear.to_dict(use_name=True)
    quadratic = objective.quadratic.to_dict(use_name=True)
    terms: list[Any] = [
        [[v.name], sign * values.number(linear.get(v.name, 0), "a coefficient")]
        for v in program.variables
    ]
    terms += [
        [list(pair), sign * values.number(c, "a coefficient")] for pair, c in quadratic.items()
    ]
    terms.append([[], sign * values.number(objective.constant, "the constant")])
    return Content({"qubo": terms}, "qubo", fixed=True)


def is_h_and_j(source: Any) -> bool:
    """Whether this is `{"h": fields, "J": couplings}` of an Ising model, perhaps with `offset`."""
    return (
        isinstance(source, Mapping)
        and source.keys() >= {"h", "J"}
        and (source.keys() <= {"h", "J", "offset"})
    )


def ising_content(model: Mapping[str, Any]) -> Content:
    """Σ h_i s_i + Σ J_ij s_i s_j + offset, in spins.

    `h` is an object or a list; `J` has keys (i, j) or "i,j", or is a list of `[[i, j], c]`.

    Raises:
        ProblemError: another form.
    """
    h, couplings = model["h"], model["J"]
    if hasattr(h, "tolist"):
        h = h.tolist()
    fields: _Pairs
    if isinstance(h, Mapping):
        fields = h.items()
    elif isinstance(h, list | tuple):
        fields = enumerate(h)
    else:
        raise ProblemError(f"'h' must be an object or a list of fields, not {type(h).__name__}.")
    if isinstance(couplings, Mapping):
        pairs: _Pairs = couplings.items()
    elif isinstance(couplings, list) and all(
        isinstance(c, list | tuple) and len(c) == 2 for c in couplings
    ):
        pairs = [(c[0], c[1]) for c in couplings]
    else:
        raise ProblemError("'J' must be an object of couplings such as {('a', 'b'): -1}.")
    terms: list[Any] = [[[v], c] for v, c in fields]
    for pair, c in pairs:
        ends = [part.strip() for part in pair.split(",")] if isinstance(pair, str) else list(pair)
        if len(ends) != 2:
            raise ProblemError(
                f"coupling {pair!r} must name two spins, such as ('a', 'b') or 'a,b'."
            )
        if isinstance(pair, str) and not isinstance(h, Mapping):
            ends = [int(end) if end.isdigit() else end for end in ends]
        terms.append([ends, c])
    terms.append([[], model.get("offset", 0)])
    return Content({"qubo": terms, "vartype": "SPIN"}, "qubo", fixed=True)
