"""States by what they hold: bit strings or amplitudes."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from quasar.circuits.circuit import Gate
from quasar.circuits.controlled import gate
from quasar.simulate.engine import ComplexVector
from quasar.tasks.constructions import prepare
from quasar.tasks.state_task import StateTask, drawn_size, on

_MOST_AMPLITUDES = 10
_MOST_STRINGS = 64
_NORM = 1e-6


class CatState(StateTask):
    """A bit string and its complement, with a phase between them."""

    name: ClassVar[str] = "cat"
    title: ClassVar[str] = "Cat state: a bit string and its complement, with a phase"
    string: str = Field(pattern="^[01]+$")
    """The bit string of the first term, qubit 0 last."""
    phase: float = Field(default=0.0, allow_inf_nan=False)
    """Phase of the second term, radians."""

    @model_validator(mode="before")
    @classmethod
    def _sized(cls, given: Any) -> Any:
        if (
            isinstance(given, dict)
            and "qubits" not in given
            and isinstance(given.get("string"), str)
        ):
            return {**given, "qubits": len(given["string"])}
        return given

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.string) != self.qubits:
            raise ValueError(f"the string has {len(self.string)} bits for {on(self.qubits)}")
        return self

    def described(self) -> str:
        """See `StateTask.described`."""
        other = self.string.translate({48: 49, 49: 48})
        factor = "" if self.phase == 0 else f" e^(i {self.phase!r})"
        return f"the cat state (|{self.string}> +{factor} |{other}>)/sqrt(2) on {on(self.qubits)}"

    def amplitude_map(self) -> dict[int, complex]:
        """See `StateTask.amplitude_map`."""
        index = int(self.string, 2)
        size = math.sqrt(0.5)
        return {
            index: complex(size),
            index ^ ((1 << self.qubits) - 1): size * cmath.exp(1j * self.phase),
        }

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """See `StateTask.known`."""
        index = int(self.string, 2)
        flips = [gate("x", q) for q in range(self.qubits) if index >> q & 1]
        turn = [gate("p", 0, angles=(self.phase,))] if self.phase else []
        for name, made in (
            ("CX tree", prepare.ghz_tree(self.qubits)),
            ("CX line", prepare.ghz_line(self.qubits)),
        ):
            yield name, [made[0], *turn, *made[1:], *flips]

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = drawn_size(rng, qubits, 1)
        bits = "".join(map(str, rng.integers(0, 2, n)))
        return cls(qubits=n, string=bits, phase=round(float(rng.uniform(0.2, 6.0)), 4))


class UniformState(StateTask):
    """Equal amplitudes of a set of bit strings."""

    name: ClassVar[str] = "uniform"
    title: ClassVar[str] = "Equal amplitudes of a set of bit strings"
    strings: tuple[str, ...] = Field(min_length=1, max_length=_MOST_STRINGS)
    """Different bit strings, qubit 0 last."""

    @model_validator(mode="before")
    @classmethod
    def _sized(cls, given: Any) -> Any:
        if isinstance(given, dict) and "qubits" not in given:
            strings = given.get("strings")
            if isinstance(strings, list | tuple) and strings and isinstance(strings[0], str):
                return {**given, "qubits": len(strings[0])}
        return given

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for string in self.strings:
            if len(string) != self.qubits or set(string) - {"0", "1"}:
                raise ValueError(f"{string!r} is not a string of {self.qubits} bits")
        if len(set(self.strings)) < len(self.strings):
            raise ValueError("a string is given twice")
        return self

    def described(self) -> str:
        """See `StateTask.described`."""
        kets = ", ".join(f"|{string}>" for string in self.strings)
        return f"the state on {on(self.qubits)} with equal amplitudes of {kets} and no others"

    def amplitude_map(self) -> dict[int, complex]:
        """See `StateTask.amplitude_map`."""
        each = complex(1 / math.sqrt(len(self.strings)))
        return {int(string, 2): each for string in self.strings}

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """See `StateTask.known`."""
        yield "merged in pairs", prepare.sparse(self.amplitude_map(), self.qubits)
        if self.qubits <= _MOST_AMPLITUDES:
            yield "multiplexed rotations", prepare.dense(self.target())

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = drawn_size(rng, qubits, 1, 7)
        most = min(1 << n, 12)
        size = int(rng.integers(min(2, most), most + 1))
        if n < 16:
            chosen = rng.choice(1 << n, size, replace=False)
        else:
            chosen = np.unique(rng.integers(0, 1 << n, size))
        return cls(qubits=n, strings=tuple(format(int(i), f"0{n}b") for i in chosen))


class GivenState(StateTask):
    """Any state, by its amplitudes."""

    name: ClassVar[str] = "amplitudes"
    title: ClassVar[str] = "State of given amplitudes"
    qubits: int = Field(ge=1, le=_MOST_AMPLITUDES)
    """Qubits of the state."""
    amplitudes: tuple[tuple[float, float], ...]
    """Amplitudes of |0...0>, |0...01> and so on, normalised: numbers, or pairs of real and
    imaginary part."""

    @model_validator(mode="before")
    @classmethod
    def _sized(cls, given: Any) -> Any:
        if isinstance(given, dict) and "qubits" not in given:
            listed = given.get("amplitudes")
            if isinstance(listed, list | tuple) and len(listed) > 1:
                return {**given, "qubits": (len(listed) - 1).bit_length()}
        return given

    @field_validator("amplitudes", mode="before")
    @classmethod
    def _pairs(cls, given: Any) -> Any:
        if not isinstance(given, list | tuple | np.ndarray):
            return given
        return tuple(_pair(value) for value in given)

    @model_validator(mode="after")
    def _normalised(self) -> Self:
        if len(self.amplitudes) != 1 << self.qubits:
            raise ValueError(
                f"{len(self.amplitudes)} amplitudes for {on(self.qubits)}: there must be "
                f"{1 << self.qubits}"
            )
        norm = sum(re * re + im * im for re, im in self.amplitudes)
        if not abs(norm - 1.0) < _NORM:
            raise ValueError(
                f"the amplitudes are not normalised: their squares sum to {norm:.6g}, not 1"
            )
        return self

    def described(self) -> str:
        """See `StateTask.described`."""
        listed = ", ".join(_number(re, im) for re, im in self.amplitudes)
        return (
            f"the state on {on(self.qubits)} with the amplitudes [{listed}] of the basis states "
            "0, 1, 2 and so on"
        )

    def amplitude_map(self) -> ComplexVector:
        """See `StateTask.amplitude_map`."""
        pairs = np.array(self.amplitudes)  # [2**n, (real, imaginary)]
        vector = pairs[:, 0] + 1j * pairs[:, 1]
        return np.asarray(vector / np.linalg.norm(vector))

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """See `StateTask.known`."""
        target = self.target()
        yield "multiplexed rotations", prepare.dense(target)
        held = {int(i): complex(target[i]) for i in np.flatnonzero(np.abs(target) > 1e-12)}
        if len(held) <= target.size // 4:
            yield "merged in pairs", prepare.sparse(held, self.qubits)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = min(drawn_size(rng, qubits, 1, 5), _MOST_AMPLITUDES)
        drawn = rng.normal(size=(1 << n, 2))
        if rng.random() < 0.5:
            drawn[:, 1] = 0.0
        pairs = np.round(drawn / np.linalg.norm(drawn), 7).tolist()
        return cls(qubits=n, amplitudes=tuple(map(tuple, pairs)))


def _pair(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = complex(value.replace(" ", "").replace("i", "j"))
        except ValueError as error:
            raise ValueError(
                f"{value!r} is not a number: write one such as 0.6 or 0.6+0.8i"
            ) from error
    if isinstance(value, complex):
        return value.real, value.imag
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), 0.0
    return value


def _number(re: float, im: float) -> str:
    return repr(re) if im == 0 else f"{re!r}{im:+}i"
