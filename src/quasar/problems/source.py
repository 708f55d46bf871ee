"""What a caller may pass as a problem, and each of these as the content of a problem file.

Distinguishes a path, a file's content, a networkx graph, a dimod model, a Qiskit operator and the
project's own problems. What a problem file must hold is decided in `load.py` and by the types.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, TypeAlias, Union

import networkx as nx

from quasar.core.errors import ProblemError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.problems.base import EncodedProblem, Problem, encode

ProblemSource: TypeAlias = Union[
    str, "os.PathLike[str]", Mapping[str, Any], nx.Graph, Problem, EncodedProblem
]
"""Also a dimod BinaryQuadraticModel or BinaryPolynomial and a diagonal SparsePauliOp; they are not
named here, so that the libraries need not be installed."""

_TAKEN = (
    "the path of a problem file, its content as a dict, a networkx graph with problem_type=..., a "
    "dimod model, a SparsePauliOp, or a Problem"
)


def as_content(
    source: Any, problem_type: str | None, attributes: Mapping[str, Any] | None
) -> str | os.PathLike[str] | Mapping[str, Any]:
    """A path or a file's content, with type and attributes put in where they are given.

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
    content = _content(source, problem_type)
    if problem_type is None and attributes is None:
        return content
    if not isinstance(content, Mapping):
        raise ProblemError(
            "problem_type and attributes go with a graph; the file at "
            f"{os.fspath(content)} states its own."
        )
    return _with(content, problem_type, attributes)


def _content(source: Any, problem_type: str | None) -> str | os.PathLike[str] | Mapping[str, Any]:
    if hasattr(source, "vartype"):
        return {"hubo" if hasattr(source, "to_binary") else "qubo": source}
    if isinstance(source, str | os.PathLike | Mapping):
        return source
    if isinstance(source, nx.Graph):
        if problem_type is None:
            raise ProblemError(
                "a graph alone is not a problem: load_problem(graph, problem_type='maxcut'); "
                "`quasar problems` lists the types."
            )
        return {"graph": source}
    operator = hasattr(source, "to_list") and hasattr(source, "num_qubits")
    if operator or isinstance(source, IsingHamiltonian):
        return {"hamiltonian": source}
    shown = "None" if source is None else type(source).__name__
    hint = " Pass the file's name." if hasattr(source, "read") else ""
    raise ProblemError(f"the problem must be {_TAKEN}, not {shown}.{hint}")


def _with(
    content: Mapping[str, Any], problem_type: str | None, attributes: Mapping[str, Any] | None
) -> dict[str, Any]:
    data = dict(content)
    for key, value in (
        ("problem_type", problem_type),
        ("problem_specific_attributes", None if attributes is None else dict(attributes)),
    ):
        if value is None:
            continue
        if data.get(key) not in (None, value):
            raise ProblemError(f"{key} is given twice, as {data[key]!r} and as {value!r}.")
        data[key] = value
    return data


def file_content(problem: Problem | EncodedProblem) -> dict[str, Any]:
    """The problem file, JSON-able, from which `load_problem` makes an equal problem.

    An encoded problem is stated by its type and encoding where these give its Hamiltonian, and by
    the Hamiltonian itself where they do not.
    """
    if isinstance(problem, Problem):
        return problem.to_data()
    source, hamiltonian = problem.problem, problem.hamiltonian
    reference = {} if problem.reference is None else {"circuit_with_params": problem.reference}
    text = hamiltonian.to_text()
    if hamiltonian.constant:
        text = f"{text} + {hamiltonian.constant!r}"
    size = {"number_of_qubits": hamiltonian.n_qubits}
    if source is None:
        return {"problem_type": "ising", "hamiltonian": text, **size, **reference}
    if problem.encoding != "given":
        encoded = encode(source, problem.encoding)
        if encoded.variables == problem.variables and encoded.hamiltonian == hamiltonian:
            return {**source.to_data(), "encoding": problem.encoding, **reference}
    return {**source.to_data(), "cost_hamiltonian": text, **size, **reference}
