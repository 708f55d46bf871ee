"""Family `unitary`: Fourier transform, arithmetic, controlled gates, permutations, phases."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from quasar.circuits.circuit import Gate
from quasar.circuits.controlled import diagonal, gate, inverse, multi_phase, multi_x
from quasar.tasks.constructions import arithmetic
from quasar.tasks.state_task import drawn_size, on
from quasar.tasks.task import MAX_QUBITS
from quasar.tasks.unitary_task import Columns, UnitaryTask

_MOST_LISTED = 6
_MOST_PHASES = 8
_MOST_WITH_CHAIN = 16  # qubits with ancillas: more take long to grade


class FourierTransform(UnitaryTask):
    """|j> to the sum of exp(2πi jk/N)|k>/√N."""

    name: ClassVar[str] = "qft"
    title: ClassVar[str] = "Quantum Fourier transform"
    inverse: bool = False
    """The inverse transform."""

    def described(self) -> str:
        """See `UnitaryTask.described`."""
        sign = "-" if self.inverse else ""
        kind = "inverse quantum" if self.inverse else "quantum"
        return (
            f"the {kind} Fourier transform, |j> becomes the sum over k of "
            f"exp({sign}2 pi i j k / {1 << self.qubits}) |k>, divided by sqrt({1 << self.qubits})."
        )

    def apply(self, columns: Columns) -> Columns:
        """See `UnitaryTask.apply`."""
        transform = np.fft.fft if self.inverse else np.fft.ifft
        scale = math.sqrt(1 << self.qubits)
        return np.asarray(transform(columns, axis=0) * (1 / scale if self.inverse else scale))

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `UnitaryTask.known`."""
        make = arithmetic.inverse_fourier if self.inverse else arithmetic.fourier
        yield "textbook", 0, make(range(self.qubits))

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        return cls(qubits=drawn_size(rng, qubits, 1, 6), inverse=bool(rng.integers(2)))


class _Permuting(UnitaryTask):
    """A unitary that takes basis states to basis states."""

    def images(self) -> npt.NDArray[np.int64]:
        """Where each basis state goes, shape [2**n]."""
        raise NotImplementedError

    def apply(self, columns: Columns) -> Columns:
        """See `UnitaryTask.apply`."""
        out = np.empty_like(columns)
        out[self.images()] = columns
        return out


class AddInPlace(_Permuting):
    """b becomes a + b."""

    name: ClassVar[str] = "adder"
    title: ClassVar[str] = "Adder of two registers, in place"

    @model_validator(mode="after")
    def _even(self) -> Self:
        if self.qubits % 2:
            raise ValueError(f"two registers of one size take an even number, not {self.qubits}")
        return self

    def described(self) -> str:
        """See `UnitaryTask.described`."""
        w = self.qubits // 2
        return (
            f"qubits 0 to {w - 1} hold a and stay as they are, qubits {w} to {2 * w - 1} hold b "
            f"and become a + b modulo {1 << w}."
        )

    def images(self) -> npt.NDArray[np.int64]:
        """See `_Permuting.images`."""
        w = self.qubits // 2
        index = np.arange(1 << self.qubits)
        a, b = index & ((1 << w) - 1), index >> w
        return np.asarray(a | ((a + b) & ((1 << w) - 1)) << w)

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `UnitaryTask.known`."""
        w = self.qubits // 2
        a, b = range(w), range(w, 2 * w)
        yield "ripple carry", 1, arithmetic.ripple_adder(a, b, 2 * w)
        yield "by phases", 0, arithmetic.phase_adder(a, b)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        return cls(qubits=2 * (drawn_size(rng, qubits, 2, 7) // 2))


class Comparator(_Permuting):
    """Flips a qubit where a < b."""

    name: ClassVar[str] = "comparator"
    title: ClassVar[str] = "Comparator of two registers: flips a qubit where a < b"

    @model_validator(mode="after")
    def _odd(self) -> Self:
        if self.qubits % 2 == 0 or self.qubits < 3:
            raise ValueError(
                f"two registers and a target take an odd number from 3, not {self.qubits}"
            )
        return self

    def described(self) -> str:
        """See `UnitaryTask.described`."""
        w = self.qubits // 2
        return (
            f"qubits 0 to {w - 1} hold a, qubits {w} to {2 * w - 1} hold b; qubit {2 * w} is "
            "flipped where a < b, and a and b stay as they are."
        )

    def images(self) -> npt.NDArray[np.int64]:
        """See `_Permuting.images`."""
        w = self.qubits // 2
        index = np.arange(1 << self.qubits)
        a, b = index & ((1 << w) - 1), index >> w & ((1 << w) - 1)
        return np.asarray(index ^ (a < b) << 2 * w)

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `UnitaryTask.known`."""
        w = self.qubits // 2
        a, b = range(w), range(w, 2 * w)
        yield "ripple carry", 1, arithmetic.comparator(a, b, 2 * w, 2 * w + 1)
        yield "bit by bit", 0, arithmetic.comparator_without(a, b, 2 * w)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        return cls(qubits=2 * ((drawn_size(rng, qubits, 3, 8) - 1) // 2) + 1)


class MultiControlled(UnitaryTask):
    """A gate on the last qubit where all others are 1."""

    name: ClassVar[str] = "multi_controlled"
    title: ClassVar[str] = "Gate with many controls"
    qubits: int = Field(ge=2, le=MAX_QUBITS)
    """Controls and target; the last qubit is the target."""
    gate: Literal["x", "z", "p"] = "x"
    """X, Z, or the phase `angle`."""
    angle: float = Field(default=math.pi / 4, allow_inf_nan=False)
    """Phase of gate `p`, radians."""

    def described(self) -> str:
        """See `UnitaryTask.described`."""
        named = f"p({self.angle!r})" if self.gate == "p" else self.gate.upper()
        return (
            f"where qubits 0 to {self.qubits - 2} are all 1, {named} acts on qubit "
            f"{self.qubits - 1}; all other basis states stay as they are."
        )

    def apply(self, columns: Columns) -> Columns:
        """See `UnitaryTask.apply`."""
        out = columns.copy()
        last = (1 << self.qubits) - 1
        if self.gate == "x":
            other = last >> 1
            out[[other, last]] = columns[[last, other]]
        else:
            out[last] *= -1.0 if self.gate == "z" else np.exp(1j * self.angle)
        return out

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `UnitaryTask.known`."""
        controls, target = list(range(self.qubits - 1)), self.qubits - 1
        around = [gate("h", target)] if self.gate == "z" else []
        if self.gate == "p":
            yield "recursion", 0, multi_phase(self.angle, [*controls, target])
            return
        spare = max(0, len(controls) - 2)
        if spare > 0 and self.qubits + spare <= _MOST_WITH_CHAIN:
            helpers = list(range(self.qubits, self.qubits + spare))
            yield "chain of ancillas", spare, [*around, *_chain(controls, target, helpers), *around]
        if len(controls) > 2:
            yield (
                "one borrowed qubit",
                1,
                [*around, *multi_x(controls, target, [self.qubits]), *around],
            )
        yield "no ancilla", 0, [*around, *multi_x(controls, target), *around]

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = drawn_size(rng, qubits, 2, 6)
        kind: Literal["x", "z", "p"] = ("x", "z", "p")[int(rng.integers(3))]
        angle = round(float(rng.uniform(0.5, 3.0)), 4)
        return cls(qubits=n, gate=kind, angle=angle) if kind == "p" else cls(qubits=n, gate=kind)


def _chain(controls: list[int], target: int, helpers: list[int]) -> list[Gate]:
    """Toffoli gates that gather the controls on clean qubits one by one."""
    up = [gate("ccx", controls[0], controls[1], helpers[0])]
    for control, held, helper in zip(controls[2:-1], helpers, helpers[1:], strict=False):
        up.append(gate("ccx", control, held, helper))
    return [*up, gate("ccx", controls[-1], helpers[-1], target), *up[::-1]]


class GivenPermutation(_Permuting):
    """A permutation of the basis states, by its images."""

    name: ClassVar[str] = "permutation"
    title: ClassVar[str] = "Permutation of the basis states"
    qubits: int = Field(ge=1, le=_MOST_LISTED)
    """Qubits that it acts on."""
    to: tuple[int, ...]
    """Where |0>, |1>, |2> and so on go."""

    @model_validator(mode="before")
    @classmethod
    def _sized(cls, given: Any) -> Any:
        return _with_size(given, "to")

    @model_validator(mode="after")
    def _bijective(self) -> Self:
        if sorted(self.to) != list(range(1 << self.qubits)):
            raise ValueError(f"'to' does not hold each of 0 to {(1 << self.qubits) - 1} once")
        if list(self.to) == sorted(self.to):
            raise ValueError("the permutation moves nothing")
        return self

    def described(self) -> str:
        """See `UnitaryTask.described`."""
        moved = ", ".join(f"|{i}> to |{j}>" for i, j in enumerate(self.to) if i != j)
        return f"it takes {moved}, and leaves all other basis states."

    def images(self) -> npt.NDArray[np.int64]:
        """See `_Permuting.images`."""
        return np.array(self.to)

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `UnitaryTask.known`."""
        yield "transformation based", 0, arithmetic.permutation(self.to, self.qubits)
        back = [int(i) for i in np.argsort(self.to)]
        made = arithmetic.permutation(back, self.qubits)
        yield "from the inverse", 0, list(inverse(made))

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = min(drawn_size(rng, qubits, 2, 4), _MOST_LISTED)
        images = rng.permutation(1 << n).tolist()
        if images == sorted(images):
            images = images[::-1]
        return cls(qubits=n, to=tuple(images))


class DiagonalPhases(UnitaryTask):
    """A phase for each basis state."""

    name: ClassVar[str] = "diagonal"
    title: ClassVar[str] = "Given phases of the basis states"
    qubits: int = Field(ge=1, le=_MOST_PHASES)
    """Qubits that it acts on."""
    phases: tuple[float, ...]
    """Phase of |0>, |1>, |2> and so on, radians."""

    @model_validator(mode="before")
    @classmethod
    def _sized(cls, given: Any) -> Any:
        return _with_size(given, "phases")

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if len(self.phases) != 1 << self.qubits:
            raise ValueError(
                f"{len(self.phases)} phases for {on(self.qubits)}: there must be {1 << self.qubits}"
            )
        if not all(map(math.isfinite, self.phases)):
            raise ValueError("the phases are not all finite numbers")
        return self

    def described(self) -> str:
        """See `UnitaryTask.described`."""
        return (
            "basis state |v> gets the phase exp(i phases[v]) with phases = "
            f"[{', '.join(map(repr, self.phases))}]."
        )

    def apply(self, columns: Columns) -> Columns:
        """See `UnitaryTask.apply`."""
        return np.asarray(np.exp(1j * np.array(self.phases))[:, None] * columns)

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `UnitaryTask.known`."""
        yield "multiplexed rotations", 0, diagonal(np.array(self.phases), range(self.qubits))

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = min(drawn_size(rng, qubits, 1, 4), _MOST_PHASES)
        phases = np.round(rng.uniform(0, 2 * math.pi, 1 << n), 5)
        return cls(qubits=n, phases=tuple(phases.tolist()))


def _with_size(given: Any, field: str) -> Any:
    """Adds the number of qubits that a list of one value a basis state has."""
    if isinstance(given, dict) and "qubits" not in given:
        listed = given.get(field)
        if isinstance(listed, list | tuple) and len(listed) > 1:
            return {**given, "qubits": (len(listed) - 1).bit_length()}
    return given


UNITARIES: tuple[type[UnitaryTask], ...] = (
    FourierTransform,
    AddInPlace,
    Comparator,
    MultiControlled,
    GivenPermutation,
    DiagonalPhases,
)
"""The family's tasks."""
