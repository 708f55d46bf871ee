"""Observables as people write them in problem files: text, Pauli strings with numbers, operators.

A Pauli string is `X0*Z1` or `X0 Z1`, or a label of one letter a qubit such as `IZX`, whose last
letter is qubit 0, as Qiskit writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.observable import Pauli, PauliSum

HOW_TO = 'write e.g. {"observable": "0.5*X0*Z1 - Y2"}'

_LABEL = re.compile(r"[A-Za-z]+")
_PAIR_KEYS = (("pauli", "coefficient"), ("pauli", "coeff"), ("label", "coeff"))
_MAX_DENSE = 1 << 10  # rows of a matrix that is read


def read_observable(given: Any, n_qubits: int | None = None) -> PauliSum:
    """The observable of a problem file.

    Args:
        given: text, an object `{string: coefficient}`, a list of `[string, coefficient]` or of
            objects with `pauli` and `coefficient`; from Python also a SparsePauliOp, a `PauliSum`
            or a Hermitian NumPy or SciPy matrix of up to 10 qubits.
        n_qubits: where the last qubits occur in no term.

    Raises:
        ProblemError: missing, of another form, or not a Hermitian sum of Pauli strings.
    """
    if given is None:
        raise ProblemError(f"the problem has no 'observable': {HOW_TO}.")
    if isinstance(given, str):
        return PauliSum.from_text(given, n_qubits)
    if hasattr(given, "to_list") and hasattr(given, "num_qubits"):
        return _of_size(PauliSum.from_sparse_pauli_op(given), n_qubits)
    if hasattr(given, "pauli_terms"):
        return _of_size(PauliSum.of(given), n_qubits)
    if hasattr(given, "shape"):
        return _of_size(_from_matrix(given), n_qubits)
    return _from_pairs(list(_pairs(given)), n_qubits)


def _of_size(found: PauliSum, n_qubits: int | None) -> PauliSum:
    if n_qubits is None or n_qubits == found.n_qubits:
        return found
    if n_qubits < found.n_qubits:
        raise ProblemError(
            f"'number_of_qubits' is {n_qubits}, but the observable acts on {found.n_qubits}."
        )
    return PauliSum(n_qubits, found.pauli_terms(), found.constant)


def _pairs(given: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(given, Mapping):
        yield from given.items()
        return
    if not isinstance(given, list | tuple):
        raise ProblemError(
            f"'observable' must be text, an object or a list, not {type(given).__name__}: {HOW_TO}."
        )
    for entry in given:
        keys = next(
            (k for k in _PAIR_KEYS if isinstance(entry, Mapping) and set(k) == set(entry)), None
        )
        if keys is not None:
            yield entry[keys[0]], entry[keys[1]]
        elif isinstance(entry, list | tuple) and len(entry) == 2:
            yield entry[0], entry[1]
        else:
            raise ProblemError(
                f'term {entry!r} must be a Pauli string with its coefficient: ["X0*Z1", 0.5].'
            )


def _from_pairs(pairs: list[tuple[Any, Any]], n_qubits: int | None) -> PauliSum:
    if not pairs:
        raise ProblemError(f"the observable is empty: {HOW_TO}.")
    labels = [text for text, _ in pairs if isinstance(text, str) and _is_label(text)]
    width = max(map(len, labels), default=0)
    terms: dict[Pauli, float] = {}
    constant, highest = 0.0, width - 1
    for text, c in pairs:
        if not isinstance(text, str):
            raise ProblemError(f"Pauli string {text!r} must be text such as 'X0*Z1' or 'IZX'.")
        if _is_label(text) and len(text) != width:
            raise ProblemError(
                f"labels {text!r} and {max(labels, key=len)!r} differ in length: give each qubit "
                "one letter, I where nothing acts."
            )
        number = _coefficient(c, text)
        if text.strip() in ("", "I"):
            constant += number
            continue
        written = _by_qubits(text) if _is_label(text) else text
        one = PauliSum.from_text(written)
        highest = max(highest, one.n_qubits - 1)
        constant += number * one.constant
        for pauli, sign in one.pauli_terms().items():
            terms[pauli] = terms.get(pauli, 0.0) + number * sign
    if n_qubits is not None and highest >= n_qubits:
        raise ProblemError(f"the sum names qubit {highest} but there are {n_qubits} qubits.")
    return PauliSum(n_qubits or highest + 1, terms, constant)


def _is_label(text: str) -> bool:
    """Whether a string has one letter a qubit; a single letter alone is qubit 0's."""
    return _LABEL.fullmatch(text) is not None


def _by_qubits(label: str) -> str:
    """A label as a product: its last letter is qubit 0."""
    factors = [f"{axis}{q}" for q, axis in enumerate(reversed(label)) if axis != "I"]
    return "*".join(factors) or "1.0"


def _coefficient(given: Any, term: str) -> float:
    """A real number; complex ones may come as Python's, as text, or as a pair of parts.

    Raises:
        ProblemError: anything else, or an imaginary part.
    """
    number = given
    if isinstance(given, Mapping) and set(given) == {"real", "imag"}:
        number = complex(given["real"], given["imag"])
    elif isinstance(given, list | tuple) and len(given) == 2:
        given = {"real": given[0], "imag": given[1]}
        return _coefficient(given, term)
    elif isinstance(given, str):
        try:
            number = complex(given.replace(" ", "").replace("i", "j"))
        except ValueError:
            number = None
    if isinstance(number, bool) or not hasattr(number, "imag"):
        raise ProblemError(f"the coefficient of {term!r} must be a number, not {given!r}.")
    if abs(number.imag) > 1e-12:
        raise ProblemError(
            f"coefficient {number} of {term!r} is complex: an observable is Hermitian, so its "
            "coefficients are real numbers."
        )
    return float(number.real)


def _from_matrix(matrix: Any) -> PauliSum:
    """Of a small Hermitian matrix, row and column k being basis state k.

    Raises:
        ProblemError: not square with 2**n rows, too large, or not Hermitian.
    """
    import numpy as np

    shape = tuple(matrix.shape)
    size = shape[0] if len(shape) == 2 else 0
    if shape != (size, size) or size < 2 or size & (size - 1):
        raise ProblemError(
            f"a matrix of shape {shape} is no observable on qubits: n qubits have 2**n rows and "
            "as many columns."
        )
    if size > _MAX_DENSE:
        raise ProblemError(
            f"a dense matrix of {size:,} rows is not read (at most {_MAX_DENSE:,}): write the "
            "observable as a sum of Pauli strings."
        )
    found = np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix)
    if found.dtype.kind not in "biufc" or not np.isfinite(found).all():
        raise ProblemError("a matrix must hold finite numbers to be an observable.")
    if not np.allclose(found, found.conj().T, atol=1e-9):
        raise ProblemError("the matrix is not Hermitian, so it is no observable.")
    from qiskit.quantum_info import Operator, SparsePauliOp

    return PauliSum.from_sparse_pauli_op(SparsePauliOp.from_operator(Operator(found)))
