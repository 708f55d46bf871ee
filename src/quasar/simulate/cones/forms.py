"""Gates as small tensors with one axis for each qubit that they leave diagonal, two for the others.

A form is what gates of one kind share; a piece is a form on its wires with its own angle. With
φ = scale * θ[parameter] / 2 (or scale / 2 where the angle is a number) its tensor is

    fixed + cos(φ) * cosine + sin(φ) * sine,

which covers exp(-iφG) for any G with G² = 1 on part of the space and 0 on the rest. Global phases
are not kept. Does not cover which gates become which pieces: see `pieces`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.circuits.circuit import ComplexMatrix

ComplexArray = npt.NDArray[np.complex128]

_DIGITS = 12  # matrices that agree to this are one form
_SAME = 1e-12


@dataclass(frozen=True, eq=False)
class Form:
    """Tensors of one kind of gate on k wires.

    Attributes:
        number: of the form in its `Forms`.
        kept: for each wire whether the gate commutes with Z on it; such a wire has one axis, the
            others two: after, then before.
        fixed: of the angle independent.
        cosine: coefficient of cos(φ); None where no angle matters.
        sine: coefficient of sin(φ); None where no angle matters.
        parameter: index of θ; None: the angle is a number.
        symmetric: its wires may be exchanged.
        monomial: it takes basis states to basis states, so diagonal operators stay diagonal.
    """

    number: int
    kept: tuple[bool, ...]
    fixed: ComplexArray
    cosine: ComplexArray | None = None
    sine: ComplexArray | None = None
    parameter: int | None = None
    symmetric: bool = False
    monomial: bool = False

    @property
    def has_angle(self) -> bool:
        """Whether pieces of it have an angle of their own."""
        return self.cosine is not None


class Piece(NamedTuple):
    """A form on its wires; `scale` is its angle, or the factor before its parameter."""

    form: Form
    wires: tuple[int, ...]
    scale: float = 0.0


@dataclass
class Forms:
    """The forms of one circuit, each once."""

    listed: list[Form] = field(default_factory=list)
    _known: dict[tuple[object, ...], Form] = field(default_factory=dict)

    def phase(self, n_wires: int, parameter: int | None) -> Form:
        """exp(-iφ Z...Z)."""
        key = ("phase", n_wires, parameter)
        if key not in self._known:
            signs = _signs(n_wires)
            zero = np.zeros_like(signs)
            self._add(
                key, (True,) * n_wires, zero, zero + 1.0, -1j * signs, parameter, symmetric=True
            )
        return self._known[key]

    def rotation(self, generator: ComplexMatrix, parameter: int) -> Form:
        """exp(-iφG), first wire most significant in G, shape [2**k, 2**k]."""
        key = ("rotation", _rounded(generator).tobytes(), parameter)
        if key not in self._known:
            squared = generator @ generator
            identity = np.eye(len(generator), dtype=np.complex128)
            kept = _kept(generator)
            parts = (identity - squared, squared, -1j * generator)
            fixed, cosine, sine = (_reduced(part, kept) for part in parts)
            self._add(key, kept, fixed, cosine, sine, parameter)
        return self._known[key]

    def matrix(self, matrix: ComplexMatrix) -> Form:
        """A gate without an angle, first wire most significant, shape [2**k, 2**k]."""
        leading = matrix.reshape(-1)[np.argmax(np.abs(matrix) > _SAME)]
        upright = matrix * (abs(leading) / leading)
        key = ("matrix", _rounded(upright).tobytes())
        if key not in self._known:
            kept = _kept(upright)
            monomial = bool((np.count_nonzero(np.abs(upright) > _SAME, axis=0) == 1).all())
            self._add(key, kept, _reduced(upright, kept), monomial=monomial)
        return self._known[key]

    def _add(
        self,
        key: tuple[object, ...],
        kept: tuple[bool, ...],
        fixed: ComplexArray,
        cosine: ComplexArray | None = None,
        sine: ComplexArray | None = None,
        parameter: int | None = None,
        *,
        symmetric: bool = False,
        monomial: bool = False,
    ) -> None:
        form = Form(len(self.listed), kept, fixed, cosine, sine, parameter, symmetric, monomial)
        self.listed.append(form)
        self._known[key] = form


def is_diagonal(matrix: ComplexMatrix) -> bool:
    """Whether a matrix has nothing beside its diagonal."""
    if len(matrix) == 2:  # by far the most, and a tenth of the time
        return bool(abs(matrix[0, 1]) < _SAME and abs(matrix[1, 0]) < _SAME)
    return bool(np.abs(matrix - np.diag(np.diag(matrix))).max() < _SAME)


def _signs(n_wires: int) -> ComplexArray:
    """Eigenvalues of Z...Z, shape [2] * n_wires."""
    signs = np.ones((), dtype=np.complex128)
    for _ in range(n_wires):
        signs = np.multiply.outer(signs, np.array([1.0, -1.0]))
    return signs


def _rounded(matrix: ComplexMatrix) -> ComplexMatrix:
    rounded = np.round(matrix.astype(np.complex128), _DIGITS)
    return np.asarray(rounded + (0.0 + 0.0j))  # no negative zeros: they have bytes of their own


def _kept(matrix: ComplexMatrix) -> tuple[bool, ...]:
    """For each wire whether the matrix has no entry between its |0> and its |1>."""
    k = len(matrix).bit_length() - 1
    tensor = np.abs(matrix).reshape((2,) * (2 * k))
    kept = []
    for wire in range(k):
        moved = np.moveaxis(tensor, (wire, k + wire), (0, 1))
        kept.append(bool(max(moved[0, 1].max(), moved[1, 0].max()) < _SAME))
    return tuple(kept)


def _reduced(matrix: ComplexMatrix, kept: tuple[bool, ...]) -> ComplexArray:
    """The matrix with one axis for each wire kept, and (after, before) for each other."""
    k = len(kept)
    before, after, out = list(range(k)), [], []
    for wire, same in enumerate(kept):
        after.append(wire if same else k + wire)
        out += [wire] if same else [k + wire, wire]
    # Rows are the state after, columns the one before; a repeated label takes the diagonal.
    tensor: Any = matrix.reshape((2,) * (2 * k))
    labels: Any = after + before
    return np.asarray(np.einsum(tensor, labels, out), dtype=np.complex128)
