"""The base of family `unitary`: a circuit for every input, graded by its process fidelity.

F = |Tr T†V|²/4ⁿ with V the circuit on inputs whose ancillas are |0>, projected on ancillas |0>. The
score is 0 for the fidelity of the empty circuit, which is near 1 for gates with many controls.

Up to 2n + ancillas = 24 qubits F is exact, from half of n Bell pairs. Beyond, the circuit runs on
Haar-random states ψ. The first fixes the global phase φ; each of the others has to be within δ of
the target, |Vψ - exp(iφ)Tψ|² <= δ. If V - exp(iφ)T has operator norm η, its largest singular value
alone makes that larger than δ unless |<u|ψ>|² <= δ/η² for its singular vector u, which has a
probability of (2ⁿ - 1)δ/η² at most.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.controlled import gate
from quasar.core.seeds import generator
from quasar.simulate.engine import MAX_QUBITS as MOST_SIMULATED
from quasar.tasks.running import PlacedProgram, keep_inputs, placed, run, run_from, within
from quasar.tasks.state_task import on
from quasar.tasks.task import (
    MAX_QUBITS,
    TOLERANCE,
    Construction,
    Submission,
    TargetTask,
    TaskScore,
    written,
)

Columns = npt.NDArray[np.complex128]
"""States side by side, shape [2**n, count]."""

_CHUNK = 256
_PROBES = 5
_CLOSE = 1e-10  # δ
_WRONG = 0.1  # η


class UnitaryTask(TargetTask):
    """Act on every state in a given way."""

    family: ClassVar[str] = "unitary"
    qubits: int = Field(ge=1, le=MAX_QUBITS)
    """Qubits that the unitary acts on."""

    @property
    def n_qubits(self) -> int:
        """Qubits that the unitary acts on."""
        return self.qubits

    @abstractmethod
    def described(self) -> str:
        """The unitary in words."""

    @abstractmethod
    def apply(self, columns: Columns) -> Columns:
        """The unitary on states side by side, shape [2**n, count]."""

    @abstractmethod
    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """Known circuits: name, ancillas and gates, the reference first."""

    def text(self) -> str:
        """See `TargetTask.text`."""
        return (
            f"Write a circuit that acts on {on(self.qubits)} as follows, for every input state and "
            f"up to global phase: {self.described()} Registers have their least significant qubit "
            "first. Further qubits may be used; they start in |0> and must return to it."
        )

    def constructions(self) -> Iterator[Construction]:
        """See `TargetTask.constructions`."""
        for name, ancillas, gates in self.known():
            yield written(name, Circuit(self.qubits + ancillas, tuple(gates)))

    def judge(self, fidelity: float, idle: float) -> tuple[float, bool, dict[str, float | str]]:
        """Score, whether it is solved, and details, from the process fidelities of the circuit and
        of the empty one.
        """
        room = 1.0 - idle
        score = fidelity if room < TOLERANCE else max(0.0, (fidelity - idle) / room)
        return score, fidelity >= 1.0 - TOLERANCE, {"fidelity_of_empty_circuit": idle}

    def grade(self, submission: Submission) -> TaskScore:
        """Process fidelity with the ancillas in |0>."""
        made = placed(submission.program, self.qubits)
        keep_inputs(submission.text, submission.program, self.qubits)
        if made.circuit.n_qubits + self.qubits <= MOST_SIMULATED:
            return self._exact(made)
        return self._probed(made)

    def _exact(self, made: PlacedProgram) -> TaskScore:
        n, m = self.qubits, made.circuit.n_qubits
        within(len(made.circuit.gates) + 2 * n, m + n)
        pairs = [
            step
            for i, place in enumerate(made.inputs)
            for step in (gate("h", m + i), gate("cx", m + i, place))
        ]
        state = run(Circuit(m + n, (*pairs, *made.circuit.gates)))
        size = 1 << n
        rows = state.reshape(size, 1 << m)[:, :size]  # [input, output]
        overlap, idle = 0.0 + 0.0j, 0.0 + 0.0j
        for first in range(0, size, _CHUNK):
            count = min(_CHUNK, size - first)
            inputs = np.zeros((size, count), dtype=complex)
            inputs[first + np.arange(count), np.arange(count)] = 1.0
            wanted = self.apply(inputs)  # [output, input]
            overlap += complex(np.vdot(wanted.T, rows[first : first + count]))
            idle += wanted[first + np.arange(count), np.arange(count)].sum()
        fidelity = min(float(abs(overlap) ** 2) / size, 1.0)
        return self._score(made, fidelity, float(abs(idle / size) ** 2))

    def _probed(self, made: PlacedProgram) -> TaskScore:
        n, size = self.qubits, 1 << self.qubits
        within(len(made.circuit.gates), made.circuit.n_qubits, _PROBES)
        rng = generator(0, "probes", n)
        index = np.arange(size)
        places = np.zeros(size, dtype=np.int64)
        for i, place in enumerate(made.inputs):
            places |= (index >> i & 1) << place
        fidelities, idle, gaps, phase = [], [], [], 1.0 + 0.0j
        for probe in range(_PROBES):
            psi = rng.normal(size=size) + 1j * rng.normal(size=size)
            psi /= np.linalg.norm(psi)
            start = np.zeros(1 << made.circuit.n_qubits, dtype=complex)
            start[places] = psi
            wanted = self.apply(psi[:, None])[:, 0]
            overlap = complex(np.vdot(wanted, run_from(made.circuit, start)[:size]))
            if probe == 0 and abs(overlap) > 0:
                phase = overlap / abs(overlap)
            gaps.append(2.0 - 2.0 * (overlap / phase).real)
            fidelities.append(abs(overlap) ** 2)
            idle.append(float(abs(np.vdot(wanted, psi)) ** 2))
        mean, empty = (  # average to process fidelity (Nielsen, quant-ph/0205035, equation 3)
            max(0.0, ((size + 1) * float(np.mean(found)) - 1) / size)
            for found in (fidelities, idle)
        )
        score = self._score(made, min(mean, 1.0), min(empty, 1.0))
        chance = min(1.0, (size - 1) * _CLOSE / _WRONG**2) ** (_PROBES - 1)
        return score.model_copy(
            update={
                "solved": score.solved and max(gaps) <= self.closeness(),
                "known_by": "probes",
                "failure_probability": chance,
                "probe_error": _WRONG,
            }
        )

    def closeness(self) -> float:
        """Largest squared distance of a probe that passes."""
        return _CLOSE

    def _score(self, made: PlacedProgram, fidelity: float, idle: float) -> TaskScore:
        score, solved, details = self.judge(fidelity, idle)
        return TaskScore(
            score=min(score, 1.0),
            solved=solved,
            measure="process fidelity",
            value=fidelity,
            tolerance=TOLERANCE,
            ancillas=made.ancillas,
            details=details,
        )
