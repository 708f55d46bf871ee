"""Family `evolution`: exp(-iHt) for a sum of Pauli strings, within a stated error.

The error is the root mean square distance of final states over Haar-random inputs, up to global
phase: sqrt(2 - 2 |Tr T†V|/2ⁿ). Known circuits are product formulas of order 1, 2 and 4 (Suzuki, J.
Math. Phys. 32, 400 (1991)) with the fewest steps that are accurate enough.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.pauli_ansatz import StringRotation, pauli_ansatz
from quasar.core.errors import InputError
from quasar.core.observable import Pauli, PauliSum
from quasar.problems.load import load_problem
from quasar.problems.quantum.observable import EncodedObservable
from quasar.problems.quantum.pauli_input import read_observable
from quasar.tasks.running import placed
from quasar.tasks.unitary_task import Columns, UnitaryTask

_MOST_STEPS = 512
_ORDERS = (2, 1, 4)  # the reference first


class Evolution(UnitaryTask):
    """exp(-iHt) within an error."""

    family: ClassVar[str] = "evolution"
    name: ClassVar[str] = "evolution"
    title: ClassVar[str] = "Time evolution exp(-iHt) within an error"
    qubits: int = Field(ge=1, le=10)
    """Qubits of the observable; by default as many as it names."""
    observable: str | dict[str, Any]
    """The Hamiltonian: text such as `X0*X1 + 0.5*Z0`, or a problem such as
    `{"problem_type": "tfim", "n": 4}`."""
    time: float = Field(gt=0, le=100)
    """t."""
    error: float = Field(default=0.01, ge=1e-6, le=1)
    """Largest error that counts as solved."""

    @model_validator(mode="before")
    @classmethod
    def _sized(cls, given: Any) -> Any:
        if isinstance(given, dict) and "qubits" not in given and "observable" in given:
            try:
                return {**given, "qubits": _read(given["observable"], None).n_qubits}
            except InputError as error:
                raise ValueError(str(error).rstrip(".")) from error
        return given

    @model_validator(mode="after")
    def _readable(self) -> Self:
        try:
            found = self.hamiltonian
        except InputError as error:
            raise ValueError(str(error).rstrip(".")) from error
        if not any(found.pauli_terms()):
            raise ValueError("the observable has no Pauli string, so nothing evolves")
        return self

    @property
    def hamiltonian(self) -> PauliSum:
        """H."""
        return _read(self.observable, self.qubits)

    def described(self) -> str:
        """See `UnitaryTask.described`."""
        return (
            f"it is exp(-i H t) with t = {self.time!r} and H = {self.hamiltonian.to_text()}, with "
            f"a root mean square error of states of at most {self.error!r}."
        )

    @functools.cached_property
    def _eigen(self) -> tuple[np.ndarray, Columns]:
        """Energies, shape [2**n], and eigenvectors, shape [2**n, 2**n]."""
        h, size = self.hamiltonian, 1 << self.qubits
        matrix = np.stack([h.apply(column) for column in np.eye(size, dtype=complex)], axis=1)
        energies, vectors = np.linalg.eigh(matrix)
        return energies, vectors

    def apply(self, columns: Columns) -> Columns:
        """See `UnitaryTask.apply`."""
        energies, vectors = self._eigen
        phases = np.exp(-1j * self.time * energies)[:, None]
        return np.asarray(vectors @ (phases * (vectors.conj().T @ columns)))

    def judge(self, fidelity: float, idle: float) -> tuple[float, bool, dict[str, float | str]]:
        """See `UnitaryTask.judge`; solved by the error."""
        score, _, details = super().judge(fidelity, idle)
        error = math.sqrt(max(0.0, 2.0 - 2.0 * math.sqrt(min(fidelity, 1.0))))
        return score, error <= self.error, {"error": error, **details}

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `UnitaryTask.known`."""
        terms = list(self.hamiltonian.pauli_terms().items())
        for order in _ORDERS:
            found = self._fewest(terms, order)
            if found is not None:
                steps, gates = found
                yield f"order {order}, {steps} step{'s' if steps > 1 else ''}", 0, gates

    def _fewest(
        self, terms: Sequence[tuple[Pauli, float]], order: int
    ) -> tuple[int, list[Gate]] | None:
        """The least number of steps that is accurate enough, by doubling and bisection."""

        def accurate(steps: int) -> bool:
            circuit = Circuit(self.qubits, tuple(self._formula(terms, order, steps)))
            made = placed(_program(circuit), self.qubits)
            return self._exact(made).solved

        low, high = 0, 1
        while not accurate(high):
            low, high = high, 2 * high
            if high > _MOST_STEPS:
                return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if accurate(middle) else (middle, high)
        return high, self._formula(terms, order, high)

    def _formula(self, terms: Sequence[tuple[Pauli, float]], order: int, steps: int) -> list[Gate]:
        """A product formula: rotations by 2 c t/steps."""
        step = _suzuki(terms, order, self.time / steps)
        merged: list[tuple[Pauli, float]] = []
        for pauli, angle in step * steps:
            if merged and merged[-1][0] == pauli:
                merged[-1] = pauli, merged[-1][1] + angle
            else:
                merged.append((pauli, angle))
        rotations = [StringRotation(pauli, k) for k, (pauli, _) in enumerate(merged)]
        ansatz = pauli_ansatz("product formula", self.qubits, (), rotations)
        return list(ansatz.bind(np.array([angle for _, angle in merged])).gates)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = int(rng.integers(2, 5)) if qubits is None else min(max(2, qubits), 10)
        j, h = (round(float(c), 3) for c in rng.uniform(0.4, 1.2, 2))
        axes = "XYZ"[: int(rng.integers(1, 4))]
        bonds = [f"{j}*{axis}{q}*{axis}{q + 1}" for q in range(n - 1) for axis in axes]
        fields = [f"{h}*{'XZ'[int(rng.integers(2))]}{q}" for q in range(n)]
        time = round(float(rng.uniform(0.3, 1.0)), 3)
        return cls(qubits=n, observable=" + ".join(bonds + fields), time=time, error=0.05)


def _suzuki(
    terms: Sequence[tuple[Pauli, float]], order: int, time: float
) -> list[tuple[Pauli, float]]:
    """One step: strings and angles of exp(-i angle/2 P)."""
    if order == 1:
        return [(pauli, 2.0 * c * time) for pauli, c in terms if pauli]
    if order == 2:
        half = _suzuki(terms, 1, time / 2)
        return half + half[::-1]
    p = 1.0 / (4.0 - 4.0 ** (1.0 / 3.0))
    outer, inner = _suzuki(terms, 2, p * time), _suzuki(terms, 2, (1 - 4 * p) * time)
    return outer + outer + inner + outer + outer


def _program(circuit: Circuit) -> Any:
    from quasar.circuits.qasm import Program

    return Program(circuit.n_qubits, circuit, None, "fast")


def _read(given: str | Mapping[str, Any], qubits: int | None) -> PauliSum:
    if isinstance(given, Mapping):
        data = dict(given)
        kind = data.pop("problem_type", None)
        attributes = data.pop("attributes", None) or data
        found = load_problem({}, problem_type=kind, attributes=attributes)
        if not isinstance(found, EncodedObservable):
            raise InputError(f"{kind!r} is no observable: take one such as 'tfim'.")
        observable = found.hamiltonian
        return PauliSum.of(observable)
    return read_observable(given, qubits)


EVOLUTIONS: tuple[type[UnitaryTask], ...] = (Evolution,)
"""The family's tasks."""
