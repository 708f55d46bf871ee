"""Diagonal (Ising) Hamiltonians: text, terms and the diagonal, and their exact spectrum.

Covers products of Z of any order. Sums with X and Y are in `core.observable`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from quasar.core.errors import ProblemError
from quasar.core.exact import AllValues, BoolVector, Exact, exact, rounding, total
from quasar.core.observable import (
    NUMBER,
    ComplexVector,
    Observable,
    Pauli,
    PauliSum,
    read_index,
    read_sum,
    show_pauli,
    walsh_hadamard,
)

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

_C = TypeVar("_C")
FloatVector = npt.NDArray[np.float64]
IntVector = npt.NDArray[np.int64]

MAX_EXACT_QUBITS = 24
"""Largest n whose 2**n energies are all enumerated (about 1 s on one core at 24)."""

_CHUNK_QUBITS = 20  # 8 MiB of energies at a time while streaming
_STORED_QUBITS = 20  # a kept diagonal beyond this would take more than 8 MiB
_RESOLUTION = 2.0**-50  # of the largest energy: what summing float64s may be off by
_FLOAT_INTEGERS = 1 << 53  # integers up to here are float64s

_FACTOR = r"(?:Z\s*(?:\(\s*\d+\s*\)|\[\s*\d+\s*\]|_?\d+)|I(?:\s*\(\s*\d+\s*\)|\d+)?(?![A-Za-z]))"
_PRODUCT = rf"{_FACTOR}(?:(?:\s*[@*·⊗]\s*|\s*){_FACTOR})*"
_TERM = re.compile(
    rf"\s*(?P<join>[+-])?\s*(?:(?P<c>{NUMBER})\s*[*·]?\s*)?"
    rf"(?P<zs>\(\s*{_PRODUCT}\s*\)|\[\s*(?:{_PRODUCT}\s*)?\]|{_PRODUCT}|)\s*"
    rf"(?:(?P<by>[*/])\s*(?P<scale>\d+\.?\d*(?:[eE][+-]?\d+)?)\s*)?"
)
_EXAMPLE = "'0.5 * (Z(0) @ Z(1)) + -0.25 * Z(2)'"
_INDEX = re.compile(r"\d+")
_EACH_FACTOR = re.compile(r"([ZI])[\s(\[_]*(\d+)")


@dataclass(frozen=True)
class Spectrum:
    """Exact extremes of a diagonal Hamiltonian.

    Attributes:
        e_min: smallest energy.
        e_max: largest energy.
        ground_states: indices of the ground states, ascending; cut at `Spectrum.MAX_LISTED`.
        n_ground_states: how many there are.
        first_excited: smallest energy above the ground level, None if the spectrum is flat.
        resolved: whether float64 energies tell ground states from all others.
    """

    MAX_LISTED = 1 << 16

    e_min: float
    e_max: float
    ground_states: IntVector
    n_ground_states: int
    first_excited: float | None
    resolved: bool = True

    @property
    def width(self) -> float:
        """E_max - E_min; 0 if the spectrum is flat."""
        return 0.0 if self.first_excited is None else self.e_max - self.e_min


class IsingHamiltonian(PauliSum):
    """Σ_T c_T Π_{i∈T} Z_i on n qubits, with the constant kept apart.

    Energies are float64; which states are ground states is decided in exact arithmetic.

    Args:
        n_qubits: n.
        terms: coefficient of each sorted tuple of distinct qubits (not empty).
        constant: c_∅; part of no energy here, since records drop it.
        exact_terms: the coefficients before they were rounded to `terms`; default: `terms` as they
            are written in decimals, where those of 16 and 17 digits count as rounded, so that
            levels closer than the sum of their roundings are one.

    Raises:
        ProblemError: a term outside the n qubits, or coefficients that are not finite or whose sum
            is not.
    """

    def __init__(
        self,
        n_qubits: int,
        terms: Mapping[tuple[int, ...], float],
        constant: float = 0.0,
        *,
        exact_terms: Mapping[tuple[int, ...], Exact] | None = None,
    ) -> None:
        for qubits, c in terms.items():
            if not math.isfinite(c):
                raise ProblemError(f"coefficient {c} of Z{list(qubits)} is not a finite number.")
            if not qubits or qubits[-1] >= n_qubits or qubits[0] < 0:
                raise ProblemError(f"term Z{list(qubits)} is outside the {n_qubits} qubits.")
        if not np.isfinite(sum(abs(c) for c in terms.values())):
            raise ProblemError("the coefficients are so large that their sum is not finite.")
        self.n_qubits = n_qubits
        self.terms: dict[tuple[int, ...], float] = dict(terms)
        self.constant = constant
        self._exact_terms = None if exact_terms is None else dict(exact_terms)

    @cached_property
    def masks(self) -> dict[int, float]:
        """Coefficients other than 0 by the mask of their qubits, the largest first."""
        named = ((sum(1 << q for q in qubits), c) for qubits, c in self.terms.items() if c != 0.0)
        return dict(sorted(named, key=lambda term: -abs(term[1])))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, IsingHamiltonian)
            and self.n_qubits == other.n_qubits
            and self.terms == other.terms
        )

    def __hash__(self) -> int:
        return hash((self.n_qubits, frozenset(self.terms.items())))

    def __getstate__(self) -> dict[str, Any]:
        """What it was made from: vectors of 2**n entries do not travel to other processes."""
        names = ("n_qubits", "terms", "constant", "_exact_terms")
        return {name: self.__dict__[name] for name in names}

    @classmethod
    def from_text(
        cls, text: str, n_qubits: int | None = None, *, rounded: bool = False
    ) -> IsingHamiltonian:
        """Read the records' notation, e.g. `0.5 * (Z(0) @ Z(1)) + -0.25 * Z(2)`.

        Other libraries' notations are read too: `Z0*Z1`, `Z[0] Z[1]`, `0.5 [Z0 Z1]` (`[]` and `I`
        are the identity), `Z0*Z1 / 2`, and the typographic minus. A repeated qubit in a product
        cancels (Z² = 1), repeated terms add up, a bare number is the constant.

        Args:
            n_qubits: number of qubits; default: highest index + 1.
            rounded: coefficients of 16 and 17 digits are results of float arithmetic, so that
                levels closer than the sum of their roundings are one; else all are as written.

        Raises:
            ProblemError: text that is not a sum of products of Z; the message shows the spot.
        """
        terms: dict[tuple[int, ...], Exact] = {}
        constant: Exact = 0
        in_full = True
        highest = -1
        each = _EACH_FACTOR if "I" in text else _INDEX
        for match, sign in read_sum(text.replace("−", "-"), _TERM, ("c", "zs"), _EXAMPLE):
            c = 1 if match["c"] is None else _coefficient(match["c"])
            if match.lastgroup == "scale":
                c = _scaled(c, match["by"], match["scale"])
            in_full = in_full and not (rounded and rounding(float(c)))
            qubits: set[int] = set()
            for found in each.findall(match["zs"]):
                axis, digits = ("Z", found) if each is _INDEX else found
                index = read_index(digits, axis)
                highest = max(highest, index)
                if axis == "Z":
                    qubits ^= {index}
            key = tuple(sorted(qubits))
            if key:
                terms[key] = terms.get(key, 0) + sign * c
            else:
                constant += sign * c
        if n_qubits is None:
            n_qubits = highest + 1
        elif highest >= n_qubits:
            raise ProblemError(
                f"the Hamiltonian names Z({highest}) but the problem has {n_qubits} qubits."
            )
        as_floats = {key: float(c) for key, c in terms.items()}
        exact_terms = terms if in_full else None
        return cls(n_qubits, as_floats, float(constant), exact_terms=exact_terms)

    @classmethod
    def from_sparse_pauli_op(cls, operator: SparsePauliOp) -> IsingHamiltonian:
        """Take over a diagonal Qiskit operator.

        Raises:
            ProblemError: an X or Y in it, or a complex coefficient.
        """
        terms: dict[tuple[int, ...], Exact] = {}
        constant: Exact = 0
        for label, c in operator.to_list():
            if c == 0 and set(label) - {"I", "Z"}:
                continue
            if set(label) - {"I", "Z"} or abs(np.imag(c)) > 1e-12:
                raise ProblemError(
                    f"only real sums of Z products are supported, not {c} * {label}: "
                    "the problem must be diagonal in the computational basis."
                )
            qubits = tuple(i for i, p in enumerate(reversed(label)) if p == "Z")
            real = float(np.real(c))
            if not math.isfinite(real):
                raise ProblemError(f"coefficient {real} of {label} is not a finite number.")
            if qubits:
                terms[qubits] = terms.get(qubits, 0) + exact(real)
            else:
                constant += exact(real)
        as_floats = {key: float(c) for key, c in terms.items()}
        n_qubits = int(operator.num_qubits)
        return cls(n_qubits, as_floats, float(constant), exact_terms=terms)

    @classmethod
    def from_observable(cls, observable: Observable) -> IsingHamiltonian:
        """The same observable with its energies.

        Raises:
            ProblemError: an X or Y in it.
        """
        if isinstance(observable, cls):
            return observable
        paulis = observable.pauli_terms()
        for pauli in paulis:
            if any(axis != "Z" for _, axis in pauli):
                raise ProblemError(
                    f"{show_pauli(pauli)} is not diagonal: only sums of Z products are."
                )
        terms = {tuple(qubit for qubit, _ in pauli): c for pauli, c in paulis.items()}
        return cls(observable.n_qubits, terms, observable.constant)

    def pauli_terms(self) -> Mapping[Pauli, float]:
        """Coefficient of each product of Z."""
        return {tuple((i, "Z") for i in qubits): c for qubits, c in self.terms.items()}

    @property
    def is_diagonal(self) -> bool:
        """Whether every product is of Z alone: yes."""
        return True

    def apply(self, state: ComplexVector) -> ComplexVector:
        """H|ψ> without the constant, shape [D]."""
        applied: ComplexVector = state * self.diagonal
        return applied

    @property
    def exact_terms(self) -> Mapping[tuple[int, ...], Exact]:
        """The coefficients in exact arithmetic."""
        if self._exact_terms is None:
            return {qubits: exact(c) for qubits, c in self.terms.items()}
        return self._exact_terms

    @cached_property
    def tolerance(self) -> Exact:
        """Energies closer than this are one level: the rounding of the coefficients, summed."""
        if self._exact_terms is not None:
            return 0
        return total(rounding(float(c)) for c in self.terms.values())

    def with_exact_terms(self, exact_terms: Mapping[tuple[int, ...], Exact]) -> IsingHamiltonian:
        """The same with the coefficients that its own are roundings of."""
        return IsingHamiltonian(self.n_qubits, self.terms, self.constant, exact_terms=exact_terms)

    def to_text(self) -> str:
        """The records' notation; `from_text` reads it back to the same terms."""
        parts = []
        for qubits, c in sorted(self.terms.items(), key=lambda item: (-len(item[0]), item[0])):
            zs = " @ ".join(f"Z({i})" for i in qubits)
            parts.append(f"{c!r} * {f'({zs})' if len(qubits) > 1 else zs}")
        return " + ".join(parts) if parts else "0.0 * Z(0)"

    def relabelled(self, position: Sequence[int]) -> IsingHamiltonian:
        """Qubit i as qubit `position[i]`."""

        def moved(terms: Mapping[tuple[int, ...], _C]) -> dict[tuple[int, ...], _C]:
            return {tuple(sorted(position[i] for i in t)): c for t, c in terms.items()}

        exact_terms = None if self._exact_terms is None else moved(self._exact_terms)
        return IsingHamiltonian(
            self.n_qubits, moved(self.terms), self.constant, exact_terms=exact_terms
        )

    def bare(self) -> IsingHamiltonian:
        """The same without what was computed of it."""
        return IsingHamiltonian(
            self.n_qubits, self.terms, self.constant, exact_terms=self._exact_terms
        )

    def simplified(self, tolerance: float = 0.0) -> IsingHamiltonian:
        """Without the terms whose coefficient is at most `tolerance` in size."""
        kept = {t: c for t, c in self.terms.items() if abs(c) > tolerance}
        exact_terms = None
        if self._exact_terms is not None:
            exact_terms = {t: c for t, c in self._exact_terms.items() if t in kept}
        return IsingHamiltonian(self.n_qubits, kept, self.constant, exact_terms=exact_terms)

    def energy(self, index: int) -> float:
        """Energy of basis state `index`."""
        total = 0.0
        for qubits, c in self.terms.items():
            odd = sum((index >> i) & 1 for i in qubits) & 1
            total += -c if odd else c
        return total

    @cached_property
    def diagonal(self) -> FloatVector:
        """Energies of all basis states, shape [D], D = 2**n, without the constant.

        Raises:
            ProblemError: more than `MAX_EXACT_QUBITS` qubits.
        """
        require_exact(self.n_qubits)
        vector = np.zeros(1 << self.n_qubits)
        for qubits, c in self.terms.items():
            vector[sum(1 << i for i in qubits)] += c
        walsh_hadamard(vector)
        vector.setflags(write=False)
        return vector

    def chunks(self) -> Iterator[tuple[int, FloatVector]]:
        """Stream the diagonal: (first index, energies) of consecutive blocks of at most 2**20."""
        require_exact(self.n_qubits)
        low = min(self.n_qubits, _CHUNK_QUBITS)
        split = []
        for qubits, c in self.terms.items():
            low_mask = sum(1 << i for i in qubits if i < low)
            high_mask = sum(1 << (i - low) for i in qubits if i >= low)
            split.append((low_mask, high_mask, c))
        for high in range(1 << (self.n_qubits - low)):
            block = np.zeros(1 << low)
            for low_mask, high_mask, c in split:
                block[low_mask] += -c if (high_mask & high).bit_count() & 1 else c
            walsh_hadamard(block)
            yield high << low, block

    @cached_property
    def spectrum(self) -> Spectrum:
        """Exact extremes and ground states; streamed, so memory stays bounded up to the limit.

        Raises:
            ProblemError: more than `MAX_EXACT_QUBITS` qubits.
        """
        count, excited, ceiling = 0, np.inf, -np.inf
        e_min, e_max = np.inf, -np.inf
        for start, block in self._blocks():
            ground = self.ground[start : start + block.size]
            e_min, e_max = min(e_min, float(block.min())), max(e_max, float(block.max()))
            count += int(ground.sum())
            if ground.any():
                ceiling = max(ceiling, float(block[ground].max()))
            if not ground.all():
                excited = min(excited, float(block[~ground].min()))
        return Spectrum(
            e_min=e_min,
            e_max=e_max,
            ground_states=np.flatnonzero(self.ground)[: Spectrum.MAX_LISTED].astype(np.int64),
            n_ground_states=count,
            first_excited=None if np.isinf(excited) else excited,
            resolved=excited - ceiling > _RESOLUTION * max(abs(e_min), abs(e_max)),
        )

    def _blocks(self) -> Iterable[tuple[int, FloatVector]]:
        return [(0, self.diagonal)] if self.n_qubits <= _STORED_QUBITS else self.chunks()

    @cached_property
    def ground(self) -> BoolVector:
        """Which basis states are ground states, shape [D]; decided in exact arithmetic.

        Raises:
            ProblemError: more than `MAX_EXACT_QUBITS` qubits.
        """
        require_exact(self.n_qubits)
        if self.tolerance == 0 and self._floats_are_exact():
            e_min = min(float(block.min()) for _, block in self._blocks())
            ground = np.empty(1 << self.n_qubits, dtype=np.bool_)
            for start, block in self._blocks():
                np.equal(block, e_min, out=ground[start : start + block.size])
        else:
            masks = {sum(1 << i for i in t): c for t, c in self.exact_terms.items()}
            ground = AllValues(masks, self.n_qubits, "spin").lowest(slack=self.tolerance).states
        ground.setflags(write=False)
        return ground

    def _floats_are_exact(self) -> bool:
        """Whether no energy is rounded: all coefficients whole multiples of one power of two."""
        parts = [Fraction(c) for c in self.exact_terms.values()]
        unit = max((c.denominator for c in parts), default=1)
        total = sum(map(abs, parts)) * unit
        return unit.bit_count() == 1 and total < _FLOAT_INTEGERS


def require_exact(n_qubits: int) -> None:
    """Refuse what is too large for all its energies to be enumerated.

    Raises:
        ProblemError: more than `MAX_EXACT_QUBITS` qubits.
    """
    if n_qubits > MAX_EXACT_QUBITS:
        gib = f"{2.0 ** (n_qubits - 27):,.1f}" if n_qubits < 57 else "over 10^9"
        raise ProblemError(
            f"{n_qubits} qubits asked for, but exact verification enumerates all 2**n "
            f"energies and stops at {MAX_EXACT_QUBITS} qubits ({n_qubits} would need {gib} GiB): "
            "use a smaller graph, fewer colours or bits, or split it."
        )


def _coefficient(text: str) -> Exact:
    """A number of the Hamiltonian's text.

    Raises:
        ProblemError: its exponent is out of float64's range.
    """
    digits = re.sub(r"\s", "", text)
    if not math.isfinite(float(digits)):
        raise ProblemError(f"coefficient {digits} is not a finite number.")
    value = Decimal(digits)
    if value and not float(digits):
        raise ProblemError(f"coefficient {digits} is too small for float64: scale the others up.")
    return exact(value)


def _scaled(c: Exact, by: str, scale: str) -> Exact:
    """A coefficient times, or divided by, the number behind its product.

    Raises:
        ProblemError: a division by zero.
    """
    number = _coefficient(scale)
    if by == "*":
        return exact(Fraction(c) * number)
    if not number:
        raise ProblemError("the Hamiltonian divides by zero: correct the number behind '/'.")
    return exact(Fraction(c) / number)


Diagonal = IsingHamiltonian
"""The observables whose eigenstates are the basis states."""
