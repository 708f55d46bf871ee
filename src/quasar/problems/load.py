"""Problem files and records to encoded problems.

A problem file is JSON with `problem_type`, `graph`, `problem_specific_attributes` (objects or JSON
strings), optionally `encoding`; the free forms carry `hamiltonian`, `qubo` or `hubo` instead of a
graph. A file with `cost_hamiltonian`, as every benchmark record has, is solved for that Hamiltonian
as it stands. A record of the project's own data sets carries the whole problem file in its field
`problem`, since the benchmark's fields cannot state every type.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.labels import VariableOrder
from quasar.problems.base import EncodedProblem, Encoding, Problem, encode
from quasar.problems.registry import problem_class

_FREE_FORMS = {"hamiltonian": "ising", "qubo": "qubo", "hubo": "hubo"}
_MATCH_TOLERANCE = 1e-9


def load_problem(
    source: str | os.PathLike[str] | Mapping[str, Any] | Problem | EncodedProblem,
    *,
    encoding: Encoding | None = None,
    variable_order: VariableOrder | None = None,
) -> EncodedProblem:
    """Read a problem and build its Hamiltonian.

    Args:
        source: path of a problem file, its content, or a `Problem`; an `EncodedProblem` is
            returned as it is.
        encoding: encode the graph anew this way; default: the file's `cost_hamiltonian` if it has
            one, else its `encoding`, else `exact`.
        variable_order: order of the variables when encoding; default `natural`.

    Raises:
        ProblemError: the file is missing, not JSON, or not a problem; the message says what to do.
    """
    if isinstance(source, EncodedProblem):
        return source
    if isinstance(source, Problem):
        return encode(source, encoding or "exact", variable_order or "natural")
    data = read_problem_data(source)
    problem = build_problem(data)
    given = data.get("cost_hamiltonian")
    reference = data.get("circuit_with_params")
    if given is None or encoding is not None or variable_order is not None:
        chosen = encoding or data.get("encoding") or "exact"
        if chosen not in ("exact", "agent-q"):
            raise ProblemError(f"unknown encoding {chosen!r}; use 'exact' or 'agent-q'.")
        encoded = encode(problem, chosen, variable_order or "natural")
        return encoded.with_reference(reference if given is None else None)
    if not isinstance(given, str):
        raise ProblemError("'cost_hamiltonian' must be text such as '0.5 * (Z(0) @ Z(1))'.")
    n_qubits = data.get("number_of_qubits")
    if n_qubits is not None and (not isinstance(n_qubits, int) or n_qubits < 1):
        raise ProblemError(f"'number_of_qubits' must be a positive whole number, not {n_qubits!r}.")
    hamiltonian = IsingHamiltonian.from_text(given, n_qubits)
    return recognise(problem, hamiltonian).with_reference(reference)


def read_problem_data(source: str | os.PathLike[str] | Mapping[str, Any]) -> dict[str, Any]:
    """The content of a problem file, JSON strings in it unpacked.

    Raises:
        ProblemError: no such file, not JSON, not an object.
    """
    if isinstance(source, Mapping):
        data = dict(source)
    else:
        path = Path(source)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise ProblemError(f"no problem file at {path}: check the path.") from None
        except IsADirectoryError:
            raise ProblemError(f"{path} is a folder: name the problem file in it.") from None
        except UnicodeDecodeError:
            raise ProblemError(
                f"{path} is not a text file in UTF-8; a set of records goes to --records."
            ) from None
        except OSError as error:
            raise ProblemError(f"{path} cannot be read: {error.strerror}.") from error
        data = _parse_json(text, str(path))
    whole = data.get("problem")
    if isinstance(whole, str) and whole.startswith("{"):
        whole = _parse_json(whole, "the field 'problem'")
    if isinstance(whole, Mapping):
        data = {**whole, **{key: value for key, value in data.items() if value is not None}}
    for field in ("graph", "problem_specific_attributes"):
        if isinstance(data.get(field), str):
            data[field] = _parse_json(data[field], f"the field {field!r}", allow_null=True)
    attributes = data.get("problem_specific_attributes")
    if isinstance(attributes, Mapping):
        data["problem_specific_attributes"] = dict(attributes)
    elif attributes is None:
        data["problem_specific_attributes"] = {}
    else:
        raise ProblemError("'problem_specific_attributes' must be an object or null.")
    return data


def _parse_json(text: str, what: str, *, allow_null: bool = False) -> Any:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        hint = ""
        if error.msg == "Extra data" and error.lineno > 1:
            hint = " If it holds one record a line, use --records."
        raise ProblemError(
            f"{what} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.{hint}"
        ) from None
    except (RecursionError, ValueError):
        raise ProblemError(f"{what} is nested too deeply or holds a number too long.") from None
    if value is None and allow_null:
        return None
    if not isinstance(value, dict):
        raise ProblemError(f"{what} must hold a JSON object, not {type(value).__name__}.")
    return value


def build_problem(data: Mapping[str, Any]) -> Problem:
    """The problem that unpacked file content states.

    Raises:
        ProblemError: unknown or missing type, or what the type itself objects to.
    """
    problem_type = data.get("problem_type")
    if problem_type is None:
        free = [kind for field, kind in _FREE_FORMS.items() if field in data]
        if len(free) != 1:
            raise ProblemError(
                "the problem has no 'problem_type'; `quasar problems` lists the known ones."
            )
        problem_type = free[0]
    return problem_class(problem_type).from_data(data)


def recognise(problem: Problem, hamiltonian: IsingHamiltonian) -> EncodedProblem:
    """Find the encoding and variable order under which `problem` gives this Hamiltonian.

    Where none does, the encoding is `given`: the Hamiltonian is used, nothing can be decoded.
    """
    for encoding in ("agent-q", "exact"):
        if encoding not in problem.encodings:
            continue
        orders: tuple[VariableOrder, ...] = ("natural", "lexicographic")
        for order in orders:
            try:
                encoded = encode(problem, encoding, order)
            except ProblemError:  # refused by this encoding; the given Hamiltonian still stands
                continue
            if same_hamiltonian(encoded.hamiltonian, hamiltonian):
                return EncodedProblem(problem, hamiltonian, encoded.variables, encoding, order)
    return EncodedProblem(problem, hamiltonian, (), "given", "natural")


def same_hamiltonian(a: IsingHamiltonian, b: IsingHamiltonian) -> bool:
    """Equal up to rounding of the coefficients; terms of coefficient zero do not count."""
    if a.n_qubits != b.n_qubits:
        return False
    scale = max((abs(c) for c in a.terms.values()), default=0.0)
    return all(
        abs(a.terms.get(t, 0.0) - b.terms.get(t, 0.0)) <= _MATCH_TOLERANCE * max(1.0, scale)
        for t in a.terms.keys() | b.terms.keys()
    )
