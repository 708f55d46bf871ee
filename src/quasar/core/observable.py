"""Observables: real sums of Pauli products, as text, as Qiskit operators, and applied to states.

Covers any product of X, Y and Z. Sums of Z alone are `core.hamiltonian.IsingHamiltonian`, which
knows all its energies; the extremes of the others are in `core.bounds`. As everywhere in this
project the constant term stands apart and belongs to no energy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from quasar.core.errors import ProblemError

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

ComplexVector = npt.NDArray[np.complex128]

Axis = Literal["X", "Y", "Z"]
Pauli = tuple[tuple[int, Axis], ...]
"""A product of Paulis on different qubits, ascending, e.g. `((0, "X"), (3, "Z"))`."""

_KEPT_ENTRIES = 1 << 24  # of all factors together, 256 MiB; beyond, they are made for each use

NUMBER = r"[+-]?\s*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_COMPLEX = rf"\(\s*{NUMBER}(?:\s*[+-]\s*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)?[ij]?\s*\)"
_FACTOR = r"[A-Za-z](?:\d+|\s*\(\s*\d+\s*\))"
_PRODUCT = rf"{_FACTOR}(?:(?:\s*[@*]\s*|\s+){_FACTOR})*"
_TERM = re.compile(
    rf"\s*(?P<join>\+|-)?\s*(?:(?P<c>{NUMBER}[ij]?(?![A-Za-z0-9.(])|{_COMPLEX}|{NUMBER})\s*\*?\s*)?"
    rf"(?P<product>\(\s*{_PRODUCT}\s*\)|{_PRODUCT}|)\s*"
)
_EACH_FACTOR = re.compile(r"([A-Za-z])\s*\(?\s*(\d+)")
_ROUNDED = 1e-12  # imaginary parts up to here are rounding of the arithmetic before
_LONGEST_INDEX = 5  # digits of a qubit index that makes sense
_EXAMPLE = "'0.5*X0*Z1 - Y2'"


class Observable(Protocol):
    """What can be measured: n qubits, and real coefficients of Pauli products.

    Attributes:
        n_qubits: n.
        constant: coefficient of the identity; part of no energy.
    """

    n_qubits: int
    constant: float

    def pauli_terms(self) -> Mapping[Pauli, float]:
        """Coefficient of each product, the identity left out."""
        ...


class PauliSum:
    """Σ_P c_P P with real c, on n qubits, with the constant kept apart.

    Args:
        n_qubits: n.
        terms: coefficient of each product (not empty; qubits ascending).
        constant: coefficient of the identity.

    Raises:
        ProblemError: a qubit outside the n, two factors on one qubit, an axis other than X, Y and
            Z, or a coefficient that is not a finite real number.
    """

    def __init__(self, n_qubits: int, terms: Mapping[Pauli, float], constant: float = 0.0) -> None:
        for pauli, c in terms.items():
            qubits = [qubit for qubit, _ in pauli]
            if not pauli or qubits != sorted(set(qubits)):
                raise ProblemError(f"term {pauli} needs factors on different qubits, ascending.")
            if qubits[0] < 0 or qubits[-1] >= n_qubits:
                raise ProblemError(f"term {show_pauli(pauli)} is outside the {n_qubits} qubits.")
            for _, axis in pauli:
                _check_axis(axis)
            _real(c, show_pauli(pauli))
        self.n_qubits = n_qubits
        self.constant = float(_real(constant, "the identity"))
        self._pauli_terms = {pauli: float(np.real(c)) for pauli, c in terms.items()}
        self._kept: list[tuple[int, ComplexVector]] | None = None

    @classmethod
    def of(cls, observable: Observable) -> PauliSum:
        """The same observable as a `PauliSum`; one that is already is returned as it is."""
        if isinstance(observable, PauliSum):
            return observable
        return PauliSum(observable.n_qubits, observable.pauli_terms(), observable.constant)

    @classmethod
    def from_text(cls, text: str, n_qubits: int | None = None) -> PauliSum:
        """Read a sum of products, e.g. `0.5*X0*Z1 - Y2 + 3`.

        Factors are joined by `*`, `@` or spaces, a qubit may stand in parentheses (`X(0)`), equal
        factors on one qubit cancel, equal products add up, a bare number is the constant.

        Args:
            n_qubits: number of qubits; default: highest index + 1.

        Raises:
            ProblemError: text that is not such a sum, an unknown Pauli, a complex coefficient, or
                different Paulis on one qubit in one product.
        """
        terms: dict[Pauli, float] = {}
        highest = -1
        for match, sign in read_sum(text, _TERM, ("c", "product"), _EXAMPLE):
            pauli, last = _product(match["product"])
            highest = max(highest, last)
            written = match["c"]
            c = 1.0 if written is None else _coefficient(written, match["product"])
            terms[pauli] = terms.get(pauli, 0.0) + sign * c
        constant = terms.pop((), 0.0)
        if n_qubits is None:
            n_qubits = highest + 1
        elif highest >= n_qubits:
            raise ProblemError(f"the sum names qubit {highest} but there are {n_qubits} qubits.")
        return PauliSum(n_qubits, terms, constant)

    @classmethod
    def from_sparse_pauli_op(cls, operator: SparsePauliOp) -> PauliSum:
        """Take over a Qiskit operator.

        Raises:
            ProblemError: a complex coefficient: the operator is not Hermitian.
        """
        terms: dict[Pauli, float] = {}
        for label, c in operator.to_list():
            axes = enumerate(reversed(label))
            pauli: Pauli = tuple((qubit, axis) for qubit, axis in axes if axis != "I")
            terms[pauli] = terms.get(pauli, 0.0) + _real(c, label)
        constant = terms.pop((), 0.0)
        return PauliSum(int(operator.num_qubits), terms, constant)

    def pauli_terms(self) -> Mapping[Pauli, float]:
        """Coefficient of each product, the identity left out."""
        return self._pauli_terms

    def __eq__(self, other: object) -> bool:
        return (
            type(other) is type(self)
            and isinstance(other, PauliSum)
            and self.n_qubits == other.n_qubits
            and self.constant == other.constant
            and self.pauli_terms() == other.pauli_terms()
        )

    def __hash__(self) -> int:
        return hash((self.n_qubits, frozenset(self.pauli_terms().items())))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kept": None}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_qubits} qubits, {len(self.pauli_terms())} terms)"

    @property
    def is_diagonal(self) -> bool:
        """Whether every product is of Z alone."""
        return all(axis == "Z" for pauli in self.pauli_terms() for _, axis in pauli)

    def to_text(self) -> str:
        """A sum that `from_text` reads back to the same terms."""
        parts = [f"{c!r}*{show_pauli(pauli)}" for pauli, c in self.pauli_terms().items()]
        if self.constant or not parts:
            parts.append(repr(self.constant))
        return " + ".join(parts)

    def to_sparse_pauli_op(self) -> SparsePauliOp:
        """The same as a Qiskit operator, the constant as its identity term."""
        from qiskit.quantum_info import SparsePauliOp

        listed = [
            ("".join(axis for _, axis in pauli), [qubit for qubit, _ in pauli], c)
            for pauli, c in self.pauli_terms().items()
        ]
        if self.constant or not listed:
            listed.append(("", [], self.constant))
        return SparsePauliOp.from_sparse_list(listed, num_qubits=self.n_qubits)

    def apply(self, state: ComplexVector) -> ComplexVector:
        """H|ψ> without the constant, shape [D], D = 2**n."""
        out = np.zeros(state.size, dtype=np.complex128)
        axes_of_all = (2,) * self.n_qubits
        for flips, factor in self._factors():
            # Axis j of the tensor is qubit n - 1 - j; basis state k goes to k XOR flips.
            axes = tuple(self.n_qubits - 1 - q for q in range(self.n_qubits) if flips >> q & 1)
            out += np.flip((factor * state).reshape(axes_of_all), axes).reshape(-1)
        return out

    def expectation(self, state: ComplexVector) -> float:
        """<ψ|H|ψ> without the constant, of a state of shape [D]."""
        return float(np.vdot(state, self.apply(state)).real)

    def _factors(self) -> list[tuple[int, ComplexVector]] | Iterator[tuple[int, ComplexVector]]:
        """H as Σ_x (flip the bits x) after (a diagonal matrix): each x with its diagonal [D]."""
        by_flips: dict[int, dict[int, complex]] = {}
        for pauli, c in self.pauli_terms().items():
            # Y = iXZ: P|k> = i^(number of Y) (-1)^popcount(k & z) |k XOR x>.
            x = sum(1 << qubit for qubit, axis in pauli if axis != "Z")
            z = sum(1 << qubit for qubit, axis in pauli if axis != "X")
            signs = by_flips.setdefault(x, {})
            signs[z] = signs.get(z, 0.0) + c * 1j ** sum(axis == "Y" for _, axis in pauli)
        made = ((x, self._diagonal(signs)) for x, signs in by_flips.items())
        if len(by_flips) << self.n_qubits > _KEPT_ENTRIES:
            return made
        if self._kept is None:
            self._kept = list(made)
        return self._kept

    def _diagonal(self, signs: Mapping[int, complex]) -> ComplexVector:
        vector = np.zeros(1 << self.n_qubits, dtype=np.complex128)
        for z, c in signs.items():
            vector[z] += c
        walsh_hadamard(vector)
        return vector


def walsh_hadamard(vector: npt.NDArray[Any]) -> None:
    """In place: v[k] <- Σ_m v[m] (-1)^popcount(m & k), shape [D]; turns terms into energies."""
    size = vector.size
    h = 1
    while h < size:
        pairs = vector.reshape(-1, 2, h)
        upper = pairs[:, 1, :].copy()
        np.subtract(pairs[:, 0, :], upper, out=pairs[:, 1, :])
        pairs[:, 0, :] += upper
        h *= 2


def show_pauli(pauli: Pauli) -> str:
    """As text, e.g. `X0*Z1`."""
    return "*".join(f"{axis}{qubit}" for qubit, axis in pauli)


def read_sum(
    text: str, term: re.Pattern[str], parts: tuple[str, str], example: str
) -> Iterator[tuple[re.Match[str], int]]:
    """The terms of a sum, each as a match of `term` with its sign.

    Args:
        term: matches a term from its sign on; group `join` is the sign that joins it.
        parts: groups of the coefficient and of the product, of which each term needs one.
        example: what to write, for the message.

    Raises:
        ProblemError: empty, or a spot that is not a term; the message shows it.
    """
    if not text.strip():
        raise ProblemError(f"the Hamiltonian is empty: write e.g. {example}.")
    position = 0
    while position < len(text):
        match = term.match(text, position)
        joined = match is not None and (position == 0 or match["join"] is not None)
        if (
            match is None
            or match.end() == position
            or not joined
            or not any(map(match.group, parts))
        ):
            spot = text[position : position + 30].strip()
            raise ProblemError(
                f"the Hamiltonian cannot be read at {spot!r} (character {position}): "
                f"write a sum such as {example}."
            )
        yield match, -1 if match["join"] == "-" else 1
        position = match.end()


def read_index(digits: str, axis: str = "Z") -> int:
    """A qubit index.

    Raises:
        ProblemError: too long to be one.
    """
    if len(digits) > _LONGEST_INDEX:
        raise ProblemError(f"{axis}({digits[:12]}…) is not a sensible qubit index.")
    return int(digits)


def _product(text: str) -> tuple[Pauli, int]:
    """The product, and the highest qubit that it names (-1 for none)."""
    factors: dict[int, Axis] = {}
    highest = -1
    for axis, digits in _EACH_FACTOR.findall(text):
        qubit = read_index(digits, axis)
        highest = max(highest, qubit)
        if axis == "I":
            continue
        known = factors.pop(qubit, None)
        if known is None:
            factors[qubit] = _check_axis(axis)
        elif known != axis:
            raise ProblemError(
                f"{text!r} has {known} and {axis} on qubit {qubit}: multiply them out, so that "
                "each qubit has one factor."
            )
    return tuple(sorted(factors.items())), highest


def _check_axis(axis: str) -> Axis:
    for known in get_args(Axis):
        if axis == known:
            return known  # type: ignore[no-any-return]
    raise ProblemError(f"unknown Pauli {axis!r}: write X, Y or Z.")


def _coefficient(written: str, product: str) -> float:
    text = re.sub(r"[\s()]", "", written)
    if text[-1] in "ij":
        raise ProblemError(_not_hermitian(written, product or "the identity"))
    if re.search(r"[\d.][+-]", re.sub(r"[eE][+-]", "e", text)):
        raise ProblemError(f"coefficient {written} is not a number: write e.g. {_EXAMPLE}.")
    return _real(float(text), product or "the identity")


def _real(c: Any, where: str) -> float:
    if abs(np.imag(c)) > _ROUNDED:
        raise ProblemError(_not_hermitian(c, where))
    if not np.isfinite(c):
        raise ProblemError(f"coefficient {np.real(c)} of {where} is not a finite number.")
    return float(np.real(c))


def _not_hermitian(c: Any, where: str) -> str:
    return (
        f"coefficient {c} of {where} is complex: an observable is Hermitian, so its coefficients "
        "are real numbers."
    )
