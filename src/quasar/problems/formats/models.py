"""Models of other libraries: dimod's CQM, Qiskit's QuadraticProgram, OMMX, and h with J.

They are told by what they offer, so that no library has to be installed. What a program becomes is
said in `programs.py`; a dimod BQM needs no conversion (`problems/hubo.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quasar.core.errors import ProblemError
from quasar.problems.formats.content import Content
from quasar.problems.formats.programs import ProgramParts

_Pairs = Iterable[tuple[Any, Any]]


def is_constrained_model(source: Any) -> bool:
    """Whether this is a dimod ConstrainedQuadraticModel."""
    return all(hasattr(source, name) for name in ("constraints", "objective", "discrete"))


def constrained_content(model: Any) -> Content:
    """A dimod CQM; one in spins alone, without constraints, keeps its spins.

    Raises:
        ProblemError: soft constraints, real variables, or spins beside constraints or others.
    """
    objective = model.objective
    kinds = {model.vartype(v).name for v in model.variables}
    if kinds == {"SPIN"} and not model.constraints:
        terms = [[[v], objective.get_linear(v)] for v in model.variables]
        terms += [[[u, v], c] for u, v, c in objective.iter_quadratic()]
        terms.append([[], objective.offset])
        return Content({"qubo": terms, "vartype": "SPIN"}, "qubo", fixed=True)
    if "SPIN" in kinds:
        raise ProblemError(
            "spins beside constraints or other variables are not read: state them in 0/1 "
            "variables x by s = 2 x - 1, e.g. with model.spin_to_binary()."
        )
    found = ProgramParts(objective=_of_dimod(objective))
    for v in model.variables:
        found.variable(v, model.vartype(v).name, model.lower_bound(v), model.upper_bound(v))
    for label, comparison in model.constraints.items():
        if comparison.lhs.is_soft():
            raise ProblemError(
                f"constraint {label!r} is soft, and only hard ones are read: add its weight to the "
                "objective, or leave the weight out."
            )
        sense, right = comparison.sense.name, comparison.rhs - comparison.lhs.offset
        lower, upper = (None if sense == "Le" else right), (None if sense == "Ge" else right)
        terms = [entry for entry in _of_dimod(comparison.lhs) if entry[0]]
        found.constraint(label, terms, lower, upper)
    return found.content()


def _of_dimod(model: Any) -> list[list[Any]]:
    """The terms of an objective or the left side of a constraint."""
    linear = [[[v], c] for v, c in model.linear.items() if c]
    quadratic = [[[u, v], c] for (u, v), c in model.quadratic.items()]
    return [*linear, *quadratic, [[], model.offset]]


def is_quadratic_program(source: Any) -> bool:
    """Whether this is a QuadraticProgram of qiskit-optimization, or the addon's problem."""
    return all(hasattr(source, name) for name in ("get_num_binary_vars", "objective", "variables"))


def program_content(program: Any) -> Content:
    """A Qiskit QuadraticProgram, or an OptimizationProblem of qiskit-addon-opt-mapper.

    Raises:
        ProblemError: variables that are not integers, or products of three variables or more.
    """
    objective = program.objective
    parts = [objective, *getattr(program, "higher_order_constraints", ())]
    if any(getattr(part, "higher_order", None) for part in parts):
        raise ProblemError(
            "the program has products of three variables or more, and at most two are read: state "
            "an objective without constraints as 'hubo'."
        )
    found = ProgramParts(maximised=int(objective.sense.value) == -1)
    for v in program.variables:
        found.variable(v.name, v.vartype.name, v.lowerbound, v.upperbound)
    found.objective = [*_of_qiskit(objective), [[], objective.constant]]
    for row in [*program.linear_constraints, *program.quadratic_constraints]:
        right, sense = row.rhs, row.sense.name
        lower, upper = (None if sense == "LE" else right), (None if sense == "GE" else right)
        found.constraint(row.name, _of_qiskit(row), lower, upper)
    return found.content()


def _of_qiskit(part: Any) -> list[list[Any]]:
    """The terms of an objective or the left side of a constraint."""
    terms = [[[v], c] for v, c in part.linear.to_dict(use_name=True).items()]
    if hasattr(part, "quadratic"):
        terms += [[list(pair), c] for pair, c in part.quadratic.to_dict(use_name=True).items()]
    return terms


def is_ommx_instance(source: Any) -> bool:
    """Whether this is an Instance of OMMX."""
    return all(hasattr(source, name) for name in ("decision_variables", "constraints", "sense"))


def ommx_content(instance: Any) -> Content:
    """An Instance of OMMX; variables go by name and subscripts, those without a name by id.

    Raises:
        ProblemError: as for a Qiskit program.
    """
    names = _ommx_names(instance.decision_variables)
    found = ProgramParts(maximised=instance.sense == type(instance).MAXIMIZE)
    for v in instance.decision_variables:
        kind = str(v.kind).rpartition(".")[2].upper()
        found.variable(names[v.id], kind, v.bound.lower, v.bound.upper)
    found.objective = _of_ommx(instance.objective, names)
    for row in instance.constraints:
        terms = _of_ommx(row.function, names)
        right = -sum(c for labels, c in terms if not labels)
        lower = right if row.equality == type(row).EQUAL_TO_ZERO else None
        found.constraint(row.name, [t for t in terms if t[0]], lower, right)
    return found.content()


def _ommx_names(variables: Any) -> dict[int, Any]:
    shown = {
        v.id: v.name and v.name + (f"[{','.join(map(str, v.subscripts))}]" if v.subscripts else "")
        for v in variables
    }
    unique = len(set(shown.values())) == len(shown) and all(shown.values())
    return shown if unique else {i: i for i in shown}


def _of_ommx(function: Any, names: Mapping[int, Any]) -> list[list[Any]]:
    """The terms of a function.

    Raises:
        ProblemError: a product of three variables or more.
    """
    if function.degree() > 2:
        raise ProblemError(
            "the instance has products of three variables or more, and at most two are read: "
            "instance.to_hubo() makes a 'hubo' of it."
        )
    return [[[names[i] for i in ids], c] for ids, c in function.terms.items()]


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
