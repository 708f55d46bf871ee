"""What a caller may pass as a problem, and each of these as the content of a problem file.

Distinguishes a path, a file's content, a networkx graph, a dimod model, a Qiskit operator and the
project's own problems; files of other formats and other libraries' objects are read by `formats/`.
What a problem file must hold is decided in `load.py` and by the types.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, TypeAlias, Union

import networkx as nx

from quasar.core.errors import ProblemError
from quasar.core.exact import exact
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import PauliSum
from quasar.problems.base import EncodedProblem, Problem, encode
from quasar.problems.formats.objects import content_of, plain_attributes
from quasar.problems.formats.reading import parse_json, read_file, settled
from quasar.problems.quantum.observable import ObservableProblem
from quasar.problems.registry import problem_class

ProblemSource: TypeAlias = Union[
    str, bytes, "os.PathLike[str]", Mapping[str, Any], nx.Graph, Problem, EncodedProblem
]
"""Also a dimod model, a diagonal SparsePauliOp, and what `formats/objects.py` reads; they are not
named here, so that the libraries need not be installed."""

_TAKEN = (
    "the path of a problem file, its content as a dict, a networkx or rustworkx graph, a NumPy "
    "matrix or a pandas table with problem_type=..., a dimod model, a SparsePauliOp, or a Problem"
)


def as_content(
    source: Any, problem_type: str | None, attributes: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """A problem file's content, with type and attributes put in where they are given.

    Args:
        source: anything that a problem is read from, except a `Problem`.
        problem_type: of a graph or of content that does not name it.
        attributes: `problem_specific_attributes`, likewise.

    Raises:
        ProblemError: nothing of this kind, a graph without a type, or another type than the
            content's own.
    """
    if attributes is not None and not isinstance(attributes, Mapping):
        raise ProblemError(
            f"attributes must be a dict such as {{'k': 3}}, not {type(attributes).__name__}."
        )
    if problem_type is not None and not isinstance(problem_type, str):
        raise ProblemError(
            f"problem_type must be a name such as 'maxcut', not {type(problem_type).__name__}."
        )
    if problem_type is not None:
        problem_type = problem_class(problem_type).problem_type
    content = _content(source, problem_type)
    if problem_type is None and attributes is None:
        return content
    return _with(content, problem_type, attributes)


def _content(source: Any, problem_type: str | None) -> Mapping[str, Any]:
    if isinstance(source, str | bytes | os.PathLike):
        return read_file(source, problem_type)
    if hasattr(source, "vartype") and hasattr(source, "degree"):
        return {"hubo" if hasattr(source, "to_binary") else "qubo": source}
    if isinstance(source, nx.Graph):
        if problem_type is None:
            raise ProblemError(
                "a graph alone is not a problem: load_problem(graph, problem_type='maxcut'); "
                "`quasar problems` lists the types."
            )
        return {"graph": source}
    operator = hasattr(source, "to_list") and hasattr(source, "num_qubits")
    if operator and problem_type is None and not _is_diagonal(source):
        return {"observable": source}
    if operator or isinstance(source, IsingHamiltonian):
        return {"observable" if problem_type == "observable" else "hamiltonian": source}
    if isinstance(source, PauliSum) or _is_operator_matrix(source, problem_type):
        return {"observable": source}
    found = content_of(source)
    if found is not None:
        return settled(found, problem_type, f"the {type(source).__name__}")
    if isinstance(source, Mapping):
        return source
    shown = "None" if source is None else type(source).__name__
    hint = " Pass the file's name." if hasattr(source, "read") else ""
    raise ProblemError(f"the problem must be {_TAKEN}, not {shown}.{hint}")


def _is_operator_matrix(source: Any, problem_type: str | None) -> bool:
    """Whether a NumPy or SciPy matrix is an observable: complex, or said to be one."""
    if not all(hasattr(source, name) for name in ("dtype", "shape", "ndim")):
        return False
    return problem_type == "observable" or (problem_type is None and source.dtype.kind == "c")


def _is_diagonal(operator: Any) -> bool:
    """Whether an operator has no X or Y with a coefficient other than 0."""
    return all(not c or set(label) <= {"I", "Z"} for label, c in operator.to_list())


def _with(
    content: Mapping[str, Any], problem_type: str | None, attributes: Mapping[str, Any] | None
) -> dict[str, Any]:
    data = dict(content)
    stated = data.get("problem_type")
    if problem_type is not None:
        if stated is not None and stated != problem_type:
            own = problem_class(stated).problem_type
            if own != problem_type:
                raise ProblemError(
                    f"problem_type is given twice, as {stated!r} and as {problem_type!r}."
                )
        data["problem_type"] = problem_type
    if attributes is None:
        return data
    added = plain_attributes(attributes)
    own_attributes = data.get("problem_specific_attributes") or {}
    if isinstance(own_attributes, str):
        own_attributes = parse_json(own_attributes, "the field 'problem_specific_attributes'")
    if isinstance(own_attributes, Mapping):
        for key, value in added.items():
            if own_attributes.get(key) is not None and own_attributes[key] != value:
                raise ProblemError(
                    f"{key} is given twice, as {own_attributes[key]!r} and as {value!r}."
                )
        added = {**own_attributes, **added}
    data["problem_specific_attributes"] = added
    return data


def file_content(problem: Problem | EncodedProblem) -> dict[str, Any]:
    """The problem file, JSON-able, from which `load_problem` makes an equal problem.

    An encoded problem is stated by its type, encoding, order of variables and penalty weight where
    these give its Hamiltonian, and by the Hamiltonian itself where they do not.
    """
    if isinstance(problem, Problem):
        return problem.to_data()
    source, hamiltonian = problem.problem, problem.hamiltonian
    if isinstance(source, ObservableProblem):
        data = source.to_data()
        return data if not problem.reference else {**data, "circuit_with_params": problem.reference}
    reference = {} if problem.reference is None else {"circuit_with_params": problem.reference}
    text = hamiltonian.to_text()
    if hamiltonian.constant:
        text = f"{text} + {hamiltonian.constant!r}"
    size = {"number_of_qubits": hamiltonian.n_qubits}
    if source is None:
        return {"problem_type": "ising", "hamiltonian": text, **size, **reference}
    if problem.encoding != "given":
        own, order = problem.penalty, problem.variable_order
        weight = None if own is None else int(own) if own == int(own) else float(own)
        encoded = encode(source, problem.encoding, order, None if weight is None else exact(weight))
        if encoded.variables == problem.variables and encoded.hamiltonian == hamiltonian:
            stated: dict[str, Any] = {"encoding": problem.encoding}
            if order != "natural":
                stated["variable_order"] = order
            if weight is not None:
                stated["penalty"] = weight
            return {**source.to_data(), **stated, **reference}
    return {**source.to_data(), "cost_hamiltonian": text, **size, **reference}
