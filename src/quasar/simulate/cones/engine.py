"""The engine of causal cones: exact expectation values of programs too large for amplitudes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Circuit
from quasar.circuits.measurement import Answer
from quasar.circuits.qasm import Program
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.numerals import about_seconds
from quasar.core.observable import Axis, Observable, Pauli, PauliSum
from quasar.simulate.cones.causal import Causes, on_wires
from quasar.simulate.cones.energy import ConeEnergy
from quasar.simulate.cones.expectation import MAX_WIDTH, ConeExpectations, TooWide
from quasar.simulate.cones.pieces import Pieces
from quasar.simulate.engine import (
    ALL_WRITTEN,
    Counts,
    Energy,
    Estimate,
    Feature,
    FloatVector,
    Outcome,
    Readout,
)

MAX_QUBITS = 20_000
"""Qubits that a program may declare."""
_MULTIPLICATION_S, _CONE_S = 3e-8, 3e-3  # measured at widths 15 to 22, one thread
_MOST_PAIRS = 200_000  # of terms with overlapping cones, in a variance


_NOTHING = Ansatz("program", 0, (), (), 0)


@dataclass(eq=False, slots=True)
class ConeOutcome(Outcome):
    """What is known of a program by the causal cones of what is asked.

    Attributes:
        ansatz: the program's gates, without free angles.
        qubits: that hold the answer's bits, the least significant first.
        max_width: variables of the largest tensor allowed.
        max_seconds: that an observable's means may take, predicted; None: no limit.
    """

    ansatz: Ansatz = _NOTHING
    qubits: tuple[int, ...] = ()
    max_width: int = MAX_WIDTH
    max_seconds: float | None = None

    def expectation(self, observable: Observable) -> Estimate:
        """Mean of an observable on the answer's w bits, without its constant; exact.

        Raises:
            InputError: an observable of another number of qubits, one with X or Y where two bits
                hold the same qubit, or a cone too wide.
        """
        values = self.expectations(observable)
        weights = np.array(list(observable.pauli_terms().values()))
        return Estimate(float(weights @ values))

    def expectations(self, observable: Observable) -> FloatVector:
        """Mean of each product of an observable, in the order of its terms; exact."""
        return self._means([self._on_qubits(p, observable) for p in observable.pauli_terms()])

    def variance(self, observable: Observable) -> Estimate:
        """Variance of an observable that is diagonal, exact.

        Products whose cones share no qubit are independent and cost nothing.

        Raises:
            InputError: an observable with X or Y, a cone too wide, or too many pairs of terms
                whose cones overlap.
        """
        if not PauliSum.of(observable).is_diagonal:
            raise InputError("variances by cones are of sums of Z products only.")
        hamiltonian = IsingHamiltonian.from_observable(observable)
        pieces = Pieces(self.ansatz)
        causes = Causes(pieces.listed)
        terms = [self._on_qubits(p, observable) for p in hamiltonian.pauli_terms()]
        weights = list(hamiltonian.terms.values())
        reached = [causes.wires(on_wires(term, pieces.wire)) for term in terms]
        by_wire: dict[int, list[int]] = {}
        pairs = []
        for number, wires in enumerate(reached):
            pairs += [
                (a, number) for a in {a for w in wires for a in by_wire.get(w, ())} | {number}
            ]
            for wire in wires:
                by_wire.setdefault(wire, []).append(number)
            if len(pairs) > _MOST_PAIRS:
                raise InputError(
                    f"the variance needs over {_MOST_PAIRS:,} pairs of terms, since their causal "
                    "cones overlap: estimate it from samples (engine mps)."
                )
        joined = [_product(terms[a], terms[b]) for a, b in pairs]
        single = self._means(terms)
        both = self._means(joined)
        total = 0.0
        for (a, b), mean in zip(pairs, both, strict=True):
            once = weights[a] * weights[b] * (mean - single[a] * single[b])
            total += once if a == b else 2.0 * once
        return Estimate(float(total))

    def distribution(self) -> FloatVector:
        """Refused: no amplitudes are known."""
        raise _no_samples()

    def probability(self, index: int) -> Estimate:
        """Refused: no amplitudes are known."""
        raise _no_samples()

    def sample(self, shots: int, seed: int = 0) -> Counts:
        """Refused: no amplitudes are known."""
        raise _no_samples()

    def _means(self, paulis: list[Pauli]) -> FloatVector:
        distinct: Mapping[Pauli, int] = {
            pauli: i for i, pauli in enumerate(dict.fromkeys(p for p in paulis if p))
        }
        cones = ConeExpectations(self.ansatz, list(distinct), max_width=self.max_width)
        seconds = cones.cost * _MULTIPLICATION_S + cones.n_classes * _CONE_S
        if self.max_seconds is not None and seconds > self.max_seconds:
            raise TooWide(
                f"the exact energy would take about {about_seconds(seconds)} (cones of up to "
                f"{cones.largest_cone} qubits, width {cones.width}); {self.max_seconds:,.3g} s are "
                "allowed. Use fewer layers or a sparser problem."
            )
        values = np.append(cones.values(()), 1.0)  # the last is that of the empty product
        return np.asarray(values[[distinct.get(pauli, len(distinct)) for pauli in paulis]])

    def _on_qubits(self, pauli: Pauli, observable: Observable) -> Pauli:
        if observable.n_qubits != self.answer.width:
            raise InputError(
                f"the observable has {observable.n_qubits} qubits, the program's answer "
                f"{self.answer.width} bits: measure one bit for each qubit."
            )
        axes: dict[int, Axis] = {}
        for bit, axis in pauli:
            qubit = self.qubits[bit]
            if qubit in axes and axes[qubit] == axis == "Z":
                del axes[qubit]  # two bits of one qubit are equal
            elif qubit in axes or (axis != "Z" and self.qubits.count(qubit) > 1):
                raise InputError("X and Y cannot be read where two bits hold the same qubit.")
            else:
                axes[qubit] = axis
        return tuple(sorted(axes.items()))


class ConesEngine:
    """Exact means of programs of hundreds of qubits whose causal cones are narrow.

    Args:
        max_width: variables of the largest tensor allowed; time and memory grow as 2**width.
        max_seconds: that the means of one observable may take; predicted and not measured, so that
            every machine refuses the same. None: no limit.
    """

    name = "cones"
    supports: frozenset[Feature] = frozenset({"gradient"})

    def __init__(self, max_width: int = MAX_WIDTH, max_seconds: float | None = None) -> None:
        self.max_width = max_width
        self.max_seconds = max_seconds

    def run(
        self,
        program: Program,
        readout: Readout = ALL_WRITTEN,
        *,
        shots: int | None = None,
        seed: int = 0,
    ) -> ConeOutcome:
        """Take a program; what is computed depends on what its outcome is asked.

        Raises:
            CircuitError: kind `unsimulable` for a dynamic program, `limit` for too many qubits.
            InputError: shots asked for: this engine has means only.
        """
        if shots is not None:
            raise _no_samples()
        circuit = static_circuit(program, "causal cones")
        answer, qubits = answer_qubits(program, circuit, readout)
        ansatz = Ansatz("program", circuit.n_qubits, circuit.gates, (), 0)
        return ConeOutcome(
            None,
            answer,
            circuit,
            ansatz=ansatz,
            qubits=qubits,
            max_width=self.max_width,
            max_seconds=self.max_seconds,
        )

    def energy(self, ansatz: Ansatz, observable: Observable) -> Energy:
        """E(θ) with gradients in about three times the time of a value."""
        return ConeEnergy(ansatz, observable, max_width=self.max_width)


def static_circuit(program: Program, what: str) -> Circuit:
    """The circuit of a program that engines without amplitudes take.

    Raises:
        CircuitError: kind `unsimulable` for a dynamic program, `limit` for too many qubits.
    """
    if program.circuit is None:
        raise CircuitError(
            f"{what} need a program without mid-circuit measurements, resets and branches.",
            kind="unsimulable",
            hint="Write it without them; the engine qulacs takes them, up to 24 qubits.",
        )
    if program.n_qubits > MAX_QUBITS:
        raise CircuitError(
            f"{program.n_qubits:,} qubits declared; {what} stop at {MAX_QUBITS:,}.",
            kind="limit",
            limit="qubits",
        )
    return program.circuit


def answer_qubits(
    program: Program, circuit: Circuit, readout: Readout
) -> tuple[Answer, tuple[int, ...]]:
    """The answer of a static program, and the qubit that each of its bits holds."""
    if readout.all_qubits:
        return Answer(None, program.n_qubits), tuple(range(program.n_qubits))
    answer = program.answer(readout.n_variables)
    if answer.bits is None:
        return answer, tuple(range(answer.width))
    return answer, tuple(circuit.measurements.final[bit] for bit in answer.bits)


def _product(a: Pauli, b: Pauli) -> Pauli:
    """Of two products of Z."""
    qubits = {q for q, _ in a} ^ {q for q, _ in b}
    return tuple((qubit, "Z") for qubit in sorted(qubits))


def _no_samples() -> InputError:
    return InputError(
        "causal cones give means, not samples or probabilities: use the engine mps for samples, or "
        "qulacs up to 24 qubits."
    )
