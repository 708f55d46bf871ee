"""Problem files and records to encoded problems.

A problem file is JSON with `problem_type`, `graph`, `problem_specific_attributes` (objects or JSON
strings), optionally `encoding`; the free forms carry `hamiltonian`, `qubo` or `hubo` instead of a
graph. A file with `cost_hamiltonian`, as every benchmark record has, is solved for exactly that
Hamiltonian. A record of the project's own data sets carries the whole problem file in its field
`problem`, since the benchmark's fields cannot state every type. Every key is read or refused; see
`inputs.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, cast

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact
from quasar.core.hamiltonian import IsingHamiltonian, require_exact
from quasar.core.json_text import Repeated
from quasar.core.labels import VariableOrder
from quasar.problems import values
from quasar.problems.base import EncodedProblem, Encoding, Problem, encode
from quasar.problems.formats.reading import parse_json, read_file
from quasar.problems.graph_size import check_size
from quasar.problems.inputs import is_record
from quasar.problems.ising import Ising
from quasar.problems.keys import nearest
from quasar.problems.registry import problem_class
from quasar.problems.source import ProblemSource, as_content, file_content

_FREE_FORMS = {"hamiltonian": "ising", "qubo": "qubo", "hubo": "hubo", "observable": "observable"}
_MATCH_TOLERANCE = 1e-9
_ROUNDED = 2.0**-46  # 64 units in the last place of the largest coefficient


def load_problem(
    source: ProblemSource,
    *,
    problem_type: str | None = None,
    attributes: Mapping[str, Any] | None = None,
    encoding: Encoding | None = None,
    variable_order: VariableOrder | None = None,
    penalty: float | Exact | None = None,
    weight: str | None = None,
    verifiable: bool = False,
) -> EncodedProblem:
    """Read a problem and build its Hamiltonian.

    Args:
        source: path of a problem file (JSON, or one of the formats in docs/formats.md), its
            content (dict or text), a networkx or rustworkx graph, a matrix, a pandas table, a
            dimod model, a diagonal SparsePauliOp, or a `Problem`; an `EncodedProblem` is returned
            as it is.
        problem_type: what a graph or a matrix is to be solved as, e.g. `maxcut`.
        attributes: `problem_specific_attributes` of the graph's problem, e.g. `{"k": 3}`.
        encoding: encode the graph again this way; default: the file's `cost_hamiltonian` if it has
            one, else its `encoding`, else `exact`.
        variable_order: order of the variables when encoding; default: the file's
            `variable_order`, else `natural`.
        penalty: weight of the constraints in the `exact` Hamiltonian; default: the file's
            `penalty`, else the sufficient one.
        weight: key of the edges (or nodes) that holds their weights or capacities, such as
            `distance`; default: the file's own choice, else `weight` or `capacity`.
        verifiable: refuse a problem too large to be verified exactly before its Hamiltonian is
            built.

    Raises:
        ProblemError: the file is missing, not JSON, or not a problem, has a key that is not
            read, or is too large; the message says what to do.
    """
    if encoding not in (None, "exact", "agent-q"):
        raise ProblemError(f"unknown encoding {encoding!r}; use 'exact' or 'agent-q'.")
    if variable_order not in (None, "natural", "lexicographic"):
        raise ProblemError(
            f"unknown variable order {variable_order!r}; use 'natural' or 'lexicographic'."
        )
    if isinstance(source, Problem | EncodedProblem):
        _refuse_options(problem_type, attributes, weight)
        if isinstance(source, EncodedProblem):
            return source
        weighed = None if penalty is None else _penalty(penalty)
        order = variable_order or "natural"
        return encode(source, encoding or "exact", order, weighed, verifiable=verifiable)
    data, problem = _read(source, problem_type, attributes, weight)
    given = data.get("cost_hamiltonian")
    reference = data.get("circuit_with_params")
    chosen_penalty = data.get("penalty") if penalty is None else penalty
    again = any(v is not None for v in (encoding, variable_order, chosen_penalty))
    if given is None or again:
        chosen = encoding or data.get("encoding") or "exact"
        if chosen not in ("exact", "agent-q"):
            raise ProblemError(f"unknown encoding {chosen!r}; use 'exact' or 'agent-q'.")
        own = None if chosen_penalty is None else _penalty(chosen_penalty)
        order = variable_order or _own_order(data)
        encoded = encode(problem, chosen, order, own, verifiable=verifiable)
        _check_number_of_qubits(data, encoded)
        return encoded.with_reference(reference if given is None else None)
    if not isinstance(given, str):
        raise ProblemError("'cost_hamiltonian' must be text such as '0.5 * (Z(0) @ Z(1))'.")
    n_qubits = data.get("number_of_qubits")
    if n_qubits is not None and (not isinstance(n_qubits, int) or n_qubits < 1):
        raise ProblemError(f"'number_of_qubits' must be a positive integer, not {n_qubits!r}.")
    hamiltonian = IsingHamiltonian.from_text(given, n_qubits, rounded=True)
    if verifiable:
        require_exact(hamiltonian.n_qubits)
    return recognise(problem, hamiltonian).with_reference(reference)


def read_problem(
    source: ProblemSource,
    *,
    problem_type: str | None = None,
    attributes: Mapping[str, Any] | None = None,
    weight: str | None = None,
) -> Problem:
    """Read a problem without building its Hamiltonian, so of any size.

    A Hamiltonian that comes with the file is not looked at, unless nothing else states the problem.

    Args:
        source: as in `load_problem`, and so are the others.

    Raises:
        ProblemError: as in `load_problem`, but for the size.
    """
    if isinstance(source, Problem | EncodedProblem):
        _refuse_options(problem_type, attributes, weight)
        if isinstance(source, Problem):
            return source
        return Ising(source.hamiltonian) if source.problem is None else source.problem
    return _read(source, problem_type, attributes, weight)[1]


def _refuse_options(
    problem_type: str | None, attributes: Mapping[str, Any] | None, weight: str | None
) -> None:
    """Refuse what goes with a graph where the source is a problem already."""
    if problem_type is not None or attributes is not None:
        raise ProblemError("problem_type and attributes go with a graph, not with a problem.")
    if weight is not None:
        raise ProblemError("'weight' names a key in a problem file; this problem is built already.")


def _read(
    source: ProblemSource,
    problem_type: str | None,
    attributes: Mapping[str, Any] | None,
    weight: str | None,
) -> tuple[dict[str, Any], Problem]:
    """The content of a problem file, and the problem that it states."""
    data = read_problem_data(as_content(source, problem_type, attributes))
    check_size(data.get("graph"))
    if weight is not None:
        name_weights(data, weight)
    problem = build_problem(data)
    _check_names(problem)
    return data, problem


def _check_names(problem: Problem) -> None:
    """Refuse names that UTF-8 cannot encode."""
    try:
        text = json.dumps(problem.names(), ensure_ascii=False, skipkeys=True, default=str)
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ProblemError(
            "a name in the problem holds half of a surrogate pair, which is not text: write the "
            "whole character."
        ) from None


def _penalty(value: Any) -> Exact:
    return exact(values.number(value, "the penalty weight"))


def read_problem_data(
    source: str | bytes | os.PathLike[str] | Mapping[str, Any], *, record: bool | None = None
) -> dict[str, Any]:
    """The content of a problem file, JSON strings in it unpacked.

    Args:
        record: whether it is a record; default: decided by its fields.

    Raises:
        ProblemError: no such file, not JSON, not an object, or a key that stands twice.
    """
    data = dict(source) if isinstance(source, Mapping) else read_file(source)
    whole = data.get("problem")
    if isinstance(whole, str) and whole.startswith("{"):
        whole = parse_json(whole, "the field 'problem'")
    if isinstance(whole, Mapping):
        both = [key for key in whole if data.get(key) is not None]
        if both and not (is_record(data) if record is None else record):
            raise ProblemError(
                f"{both[0]!r} stands both in 'problem' and beside it: keep one of the two."
            )
        data = {**whole, **{key: value for key, value in data.items() if value is not None}}
    for field in ("graph", "problem_specific_attributes"):
        if isinstance(data.get(field), str):
            data[field] = parse_json(data[field], f"the field {field!r}", allow_null=True)
    attributes = data.get("problem_specific_attributes")
    if isinstance(attributes, Mapping):
        data["problem_specific_attributes"] = dict(attributes)
    elif attributes is None:
        data["problem_specific_attributes"] = {}
    else:
        raise ProblemError("'problem_specific_attributes' must be an object or null.")
    for field in ("qubo", "hubo"):
        if isinstance(data.get(field), Repeated):
            data[field] = _added_up(data[field].pairs)
    return data


def _added_up(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Terms of which some are written more than once, each once with the sum."""
    terms: dict[str, list[values.Number]] = {}
    for key, c in pairs:
        terms.setdefault(key, []).append(values.number(c, f"the coefficient of {key!r}"))
    return {key: values.total(found) for key, found in terms.items()}


def name_weights(data: dict[str, Any], weight: str) -> None:
    """Add to unpacked file content the attribute that names the key of its weights.

    Raises:
        ProblemError: the type reads no weights.
    """
    cls = problem_class(_problem_type(data))
    if not cls.reads.naming:
        raise ProblemError(f"{cls.problem_type} reads no weights: leave the name of their key out.")
    data["problem_specific_attributes"][cls.reads.naming[0]] = weight


def _own_order(data: Mapping[str, Any]) -> VariableOrder:
    """The order of variables that a problem file asks for; records are sorted again."""
    order = None if is_record(data) else data.get("variable_order")
    if order not in (None, "natural", "lexicographic"):
        raise ProblemError(f"unknown variable_order {order!r}; use 'natural' or 'lexicographic'.")
    return cast("VariableOrder", order or "natural")


def _check_number_of_qubits(data: Mapping[str, Any], encoded: EncodedProblem) -> None:
    stated = data.get("number_of_qubits")
    if stated is not None and not is_record(data) and stated != encoded.n_qubits:
        raise ProblemError(
            f"'number_of_qubits' is {stated!r}, but this {encoded.encoding!r} encoding has "
            f"{encoded.n_qubits}: correct it, or leave it out."
        )


def problem_content(source: ProblemSource) -> dict[str, Any]:
    """The JSON-able content of the problem file that a source is or could be, to be sent on.

    Raises:
        ProblemError: the source cannot be read; content that is JSON-able already is not looked at.
    """
    if isinstance(source, Problem | EncodedProblem):
        return file_content(source)
    content = as_content(source, None, None)
    if not isinstance(source, Mapping):
        content = read_problem_data(content)
    try:
        json.dumps(dict(content))
    except (TypeError, ValueError):  # objects of libraries in it, which have to be read here
        return file_content(load_problem(content))
    return dict(content)


def build_problem(data: Mapping[str, Any], *, record: bool | None = None) -> Problem:
    """The problem that unpacked file content states.

    Args:
        record: whether it comes from a record; default: decided by its fields.

    Raises:
        ProblemError: unknown or missing type, or what the type itself objects to.
    """
    return problem_class(_problem_type(data)).from_data(data, record=record)


def _problem_type(data: Mapping[str, Any]) -> Any:
    """The type that a file names, or that of its free form."""
    problem_type = data.get("problem_type")
    if problem_type is not None:
        return problem_type
    free = [field for field in _FREE_FORMS if data.get(field) is not None]
    if len(free) > 1:
        raise ProblemError(f"the problem has both {free[0]!r} and {free[1]!r}: keep one.")
    if free:
        return _FREE_FORMS[free[0]]
    near = [
        nearest(key, ("problem_type", *_FREE_FORMS)) if data[key] is not None else None
        for key in data
    ]
    typed = next(
        (
            f": did you mean 'problem_type' by {key!r}?"
            for key, name in zip(data, near, strict=True)
            if name == "problem_type"
        ),
        "; `quasar problems` lists the known ones.",
    )
    raise ProblemError(f"the problem has no 'problem_type'{typed}")


def recognise(problem: Problem, hamiltonian: IsingHamiltonian) -> EncodedProblem:
    """Find the encoding and variable order under which `problem` gives this Hamiltonian.

    If there is none, the encoding is `given`: the Hamiltonian is used and nothing can be decoded.
    """
    for encoding in ("agent-q", "exact"):
        if encoding not in problem.encodings or not _may_have(problem, encoding, hamiltonian):
            continue
        orders: tuple[VariableOrder, ...] = ("natural", "lexicographic")
        for order in orders:
            try:
                encoded = encode(problem, encoding, order)
            except ProblemError:  # refused by this encoding; the given Hamiltonian still stands
                continue
            if same_hamiltonian(encoded.hamiltonian, hamiltonian):
                known = hamiltonian.with_exact_terms(encoded.hamiltonian.exact_terms)
                return EncodedProblem(problem, known, encoded.variables, encoding, order)
    return EncodedProblem(problem, hamiltonian, (), "given", "natural")


def _may_have(problem: Problem, encoding: Encoding, hamiltonian: IsingHamiltonian) -> bool:
    """Whether the number of qubits is right, so that building a Hamiltonian is worth it."""
    n_qubits = hamiltonian.n_qubits
    return problem.least_qubits() <= n_qubits and len(problem.variables(encoding)) == n_qubits


def same_hamiltonian(a: IsingHamiltonian, b: IsingHamiltonian) -> bool:
    """Equal up to rounding of the coefficients; terms of coefficient zero do not count.

    A coefficient may differ by a fraction of itself, and by the rounding of sums of the largest
    ones; so a small one beside a large penalty must agree, too.
    """
    if a.n_qubits != b.n_qubits:
        return False
    lost = _ROUNDED * max((abs(c) for h in (a, b) for c in h.terms.values()), default=0.0)
    for t in a.terms.keys() | b.terms.keys():
        x, y = a.terms.get(t, 0.0), b.terms.get(t, 0.0)
        if abs(x - y) > lost + _MATCH_TOLERANCE * max(abs(x), abs(y)):
            return False
    return True
