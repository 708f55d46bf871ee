"""Family `estimate`: phases, amplitudes and the Hadamard test, with a controlled unitary as oracle.

As with oracles the unitary is a gate definition, others are put in its place, and the worst counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from quasar.circuits.circuit import Gate
from quasar.circuits.controlled import gate
from quasar.simulate.engine import FloatVector
from quasar.tasks.constructions.arithmetic import inverse_fourier
from quasar.tasks.oracle_task import OracleTask
from quasar.tasks.oracle_text import ORACLE
from quasar.tasks.state_task import drawn_size


class EstimateTask(OracleTask):
    """Estimate a number that a controlled unitary holds."""

    family: ClassVar[str] = "estimate"

    @property
    def oracle_qubits(self) -> int:
        """Control and target."""
        return 2


class PhaseEstimation(EstimateTask):
    """The phase φ of U|1> = exp(2πiφ)|1>."""

    name: ClassVar[str] = "phase_estimation"
    title: ClassVar[str] = "Phase estimation: the eigenvalue of a controlled unitary"
    qubits: int = Field(ge=1, le=8)
    """Bits of the estimate."""
    phase: float = Field(ge=0, lt=1)
    """φ in turns."""

    @property
    def n_qubits(self) -> int:
        """Bits of the estimate."""
        return self.qubits

    def oracle_gates(self) -> list[Gate]:
        """Controlled U."""
        return [gate("cp", 0, 1, angles=(2 * math.pi * self.phase,))]

    def question(self) -> str:
        """See `OracleTask.question`."""
        t = self.qubits
        return (
            "The gate 'oracle' is a unitary U on its second qubit, controlled by its first, with "
            f"U|1> = exp(2 pi i phi)|1>. Estimate phi to {t} bits (phase estimation): the measured "
            f"answer m must be the integer nearest to {1 << t} phi, modulo {1 << t}, at least as "
            "often as with the textbook's circuit."
        )

    def success(self, p: FloatVector) -> float:
        """Probability of the best estimate of t bits, beside what the textbook's circuit gives it.

        That is sin²(πδ)/(2**2t sin²(πδ/2**t)) with δ the distance of 2**t φ from it, and 4/π² at
        least (Cleve et al., Proc. R. Soc. A 454, 339 (1998)).
        """
        size = p.size
        best = round(size * self.phase)
        return min(1.0, float(p[best % size]) / _hit(best - size * self.phase, size))

    def further(self, p: FloatVector) -> dict[str, float]:
        """Distance of the likeliest answer from φ, in turns."""
        away = (int(p.argmax()) / p.size - self.phase) % 1.0
        return {"error_of_estimate": min(away, 1.0 - away)}

    def known_calls(self) -> int:
        """2**t - 1."""
        return (1 << self.qubits) - 1

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `OracleTask.known`."""
        t = self.qubits
        spread = [gate("h", q) for q in range(t)]
        powers = [Gate(ORACLE, (q, t)) for q in range(t) for _ in range(1 << q)]
        yield "textbook", t + 1, [gate("x", t), *spread, *powers, *inverse_fourier(range(t))]

    def others(self, rng: np.random.Generator) -> Iterator[Self]:
        """Other phases, as far from a number of t bits: on its other side, then on the same."""
        size = 1 << self.qubits
        yield self.model_copy(update={"phase": (0.5 - self.phase) % 1.0})
        while True:
            moved = self.phase + int(rng.integers(1, max(2, size))) / size
            yield self.model_copy(update={"phase": moved % 1.0})

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        t = min(drawn_size(rng, qubits, 3, 5), 8)
        # Not halfway between two estimates, where a wrong circuit may hit one more often.
        nearest, away = int(rng.integers(1 << t)), float(rng.uniform(-0.25, 0.25))
        return cls(qubits=t, phase=round((nearest + away) / (1 << t) % 1.0, 6) % 1.0)


class AmplitudeEstimation(EstimateTask):
    """The probability a = sin²θ of the marked part of a state A|0>.

    The oracle is the controlled amplification operator Q = -A S₀ A⁻¹ S, which turns the plane of
    the marked and the other part by 2θ (Brassard et al., quant-ph/0005055, section 4).
    """

    name: ClassVar[str] = "amplitude_estimation"
    title: ClassVar[str] = "Amplitude estimation: the probability of a marked state"
    qubits: int = Field(ge=2, le=8)
    """Bits of the estimate."""
    probability: float = Field(ge=0, le=1)
    """The probability a."""

    @property
    def n_qubits(self) -> int:
        """Bits of the estimate."""
        return self.qubits

    @property
    def _turn(self) -> float:
        """θ/π, in units of the estimate, 0 to half of 2**t."""
        return math.asin(math.sqrt(self.probability)) / math.pi * (1 << self.qubits)

    def oracle_gates(self) -> list[Gate]:
        """Controlled Q."""
        angle = 4 * math.asin(math.sqrt(self.probability))
        return [gate("cry", 0, 1, angles=(angle,))]

    def question(self) -> str:
        """See `OracleTask.question`."""
        t = self.qubits
        return (
            "The gate 'oracle' is a unitary Q on its second qubit, controlled by its first. Q is "
            "the amplification operator of a state cos(theta)|0> + sin(theta)|1> with the marked "
            "part |1>: it turns the real plane of |0> and |1> by 2 theta. Estimate the "
            f"probability a = sin(theta)^2 (amplitude estimation) to {t} bits: the measured answer "
            f"m must be the integer nearest to {1 << t} theta/pi, or {1 << t} minus it, at least "
            f"as often as with the textbook's circuit; the estimate is sin(pi m/{1 << t})^2."
        )

    def _best(self) -> list[int]:
        """The best estimate and the one that stands for the same probability."""
        size, best = 1 << self.qubits, round(self._turn)
        return sorted({best % size, (size - best) % size})

    def _known_success(self) -> float:
        """What the textbook's circuit gives the best estimates.

        Half of it comes from each of the eigenvalues exp(±2iθ).
        """
        size = 1 << self.qubits
        return (
            sum(_hit(m - self._turn, size) + _hit(m + self._turn, size) for m in self._best()) / 2
        )

    def success(self, p: FloatVector) -> float:
        """Probability of the best estimates, beside what the textbook's circuit gives them."""
        return min(1.0, float(p[self._best()].sum()) / self._known_success())

    def further(self, p: FloatVector) -> dict[str, float]:
        """Distance of the likeliest estimate from a."""
        estimate = math.sin(math.pi * int(p.argmax()) / p.size) ** 2
        return {"error_of_estimate": abs(estimate - self.probability)}

    def known_calls(self) -> int:
        """2**t - 1."""
        return (1 << self.qubits) - 1

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `OracleTask.known`; any real state of the last qubit will do."""
        t = self.qubits
        spread = [gate("h", q) for q in range(t)]
        powers = [Gate(ORACLE, (q, t)) for q in range(t) for _ in range(1 << q)]
        yield "textbook", t + 1, [*spread, *powers, *inverse_fourier(range(t))]

    def others(self, rng: np.random.Generator) -> Iterator[Self]:
        """Other probabilities, as far from an estimate."""
        half = 1 << (self.qubits - 1)
        step = half // 2
        while True:
            turn = (self._turn + step) % half
            angle = math.pi * turn / (2 * half)
            yield self.model_copy(update={"probability": math.sin(angle) ** 2})
            step = 2 * int(rng.integers(half // 2)) + 1  # odd: the lowest bit changes

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        t = min(drawn_size(rng, qubits, 3, 5), 8)
        nearest = int(rng.integers(1, 1 << (t - 1)))
        angle = math.pi * (nearest + float(rng.uniform(-0.25, 0.25))) / (1 << t)
        return cls(qubits=t, probability=round(math.sin(angle) ** 2, 6))


def _hit(away: float, size: int) -> float:
    """Probability of an estimate at a distance from the phase, in units of the estimate."""
    away = math.pi * (away % size)
    if abs(math.sin(away / size)) < 1e-12:
        return 1.0
    return (math.sin(away) / (size * math.sin(away / size))) ** 2


class HadamardTest(EstimateTask):
    """The real or imaginary part of <0|U|0>."""

    name: ClassVar[str] = "hadamard_test"
    title: ClassVar[str] = "Hadamard test: real or imaginary part of <0|U|0>"
    theta: float = Field(ge=0, le=math.pi)
    """U is RZ(phi) RY(theta) RZ(phi), radians."""
    phi: float = Field(ge=-math.pi, le=math.pi)
    """See `theta`."""
    part: Literal["real", "imaginary"] = "real"
    """Which part to estimate."""

    @property
    def n_qubits(self) -> int:
        """One bit."""
        return 1

    def oracle_gates(self) -> list[Gate]:
        """Controlled U."""
        turn = gate("crz", 0, 1, angles=(self.phi,))
        return [turn, gate("cry", 0, 1, angles=(self.theta,)), turn]

    @property
    def wanted(self) -> float:
        """<0|U|0> = exp(-i phi) cos(theta/2), the part of it."""
        size = math.cos(self.theta / 2)
        return size * (math.cos(self.phi) if self.part == "real" else -math.sin(self.phi))

    def question(self) -> str:
        """See `OracleTask.question`."""
        return (
            "The gate 'oracle' is a unitary U on its second qubit, controlled by its first. "
            f"Estimate the {self.part} part r of <0|U|0> (Hadamard test): the measured bit must be "
            "0 with probability (1 + r)/2."
        )

    def success(self, p: FloatVector) -> float:
        """One minus the error of 2 p(0) - 1."""
        return max(0.0, 1.0 - abs(2.0 * float(p[0]) - 1.0 - self.wanted))

    def further(self, p: FloatVector) -> dict[str, float]:
        """Distance of 2 p(0) - 1 from what is estimated."""
        return {"error_of_estimate": abs(2.0 * float(p[0]) - 1.0 - self.wanted)}

    def known_calls(self) -> int:
        """One."""
        return 1

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `OracleTask.known`."""
        turn = [gate("sdg", 0)] if self.part == "imaginary" else []
        yield "textbook", 2, [gate("h", 0), Gate(ORACLE, (0, 1)), *turn, gate("h", 0)]

    def others(self, rng: np.random.Generator) -> Iterator[Self]:
        """Other unitaries."""
        while True:
            theta, phi = float(rng.uniform(0, math.pi)), float(rng.uniform(-math.pi, math.pi))
            yield self.model_copy(update={"theta": theta, "phi": phi})

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        part: Literal["real", "imaginary"] = "real" if rng.integers(2) else "imaginary"
        theta, phi = rng.uniform(0.2, 2.8), rng.uniform(-3.0, 3.0)
        return cls(theta=round(float(theta), 4), phi=round(float(phi), 4), part=part)


ESTIMATES: tuple[type[EstimateTask], ...] = (PhaseEstimation, AmplitudeEstimation, HadamardTest)
"""The family's tasks."""
