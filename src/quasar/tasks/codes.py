"""Family `code`: encoders and syndrome circuits of stabiliser codes with one logical qubit.

An encoder is graded on half of a Bell pair: the fidelity is the norm left by the projectors on the
stabilisers and on the logical operators beside those of the other half. A syndrome circuit is
graded on a codeword with no error and with each single-qubit error, of which the worst counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, NamedTuple, Self

import numpy as np

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.controlled import gate
from quasar.core.errors import CircuitError
from quasar.core.observable import PauliSum
from quasar.simulate.engine import ComplexVector
from quasar.tasks.asking import program_text
from quasar.tasks.constructions.clifford import encoder
from quasar.tasks.running import keep_inputs, placed, run, within
from quasar.tasks.task import (
    TOLERANCE,
    Construction,
    Submission,
    TargetTask,
    TaskScore,
    written,
)

Name = Literal["repetition", "five_qubit", "steane", "shor"]


class StabiliserCode(NamedTuple):
    """Generators and logical operators as Pauli letters, qubit 0 first."""

    stabilisers: tuple[str, ...]
    x: str
    z: str

    @property
    def n(self) -> int:
        """Physical qubits."""
        return len(self.x)


CODES: dict[str, StabiliserCode] = {
    "repetition": StabiliserCode(("ZZI", "IZZ"), "XXX", "ZII"),
    "five_qubit": StabiliserCode(("XZZXI", "IXZZX", "XIXZZ", "ZXIXZ"), "XXXXX", "ZZZZZ"),
    "steane": StabiliserCode(
        ("IIIXXXX", "IXXIIXX", "XIXIXIX", "IIIZZZZ", "IZZIIZZ", "ZIZIZIZ"), "XXXXXXX", "ZZZZZZZ"
    ),
    "shor": StabiliserCode(
        (
            *("ZZIIIIIII", "IZZIIIIII", "IIIZZIIII", "IIIIZZIII", "IIIIIIZZI", "IIIIIIIZZ"),
            *("XXXXXXIII", "IIIXXXXXX"),
        ),
        "ZZZZZZZZZ",
        "XXXXXXXXX",
    ),
}
"""Codes by name; their sources are in Nielsen and Chuang, chapter 10."""


class CodeTask(TargetTask):
    """A task about a code."""

    family: ClassVar[str] = "code"
    code: Name
    """`repetition` (3 qubits), `five_qubit`, `steane` (7) or `shor` (9)."""

    @property
    def chosen(self) -> StabiliserCode:
        """The code."""
        return CODES[self.code]

    def _described(self) -> str:
        code = self.chosen
        return (
            f"the {self.code.replace('_', '-')} code on {code.n} qubits with the stabilisers "
            f"{', '.join(code.stabilisers)}, logical X = {code.x} and logical Z = {code.z} (the "
            "first letter is qubit 0)"
        )

    def _score(self, fidelity: float, ancillas: int) -> TaskScore:
        return TaskScore(
            score=min(fidelity, 1.0),
            solved=fidelity >= 1.0 - TOLERANCE,
            measure="fidelity",
            value=min(fidelity, 1.0),
            tolerance=TOLERANCE,
            ancillas=ancillas,
        )

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        names = sorted(CODES, key=lambda name: abs(CODES[name].n - (qubits or 0)))
        return cls.parse({"code": names[0] if qubits else str(rng.choice(names))})


class Encoder(CodeTask):
    """|ψ>|0...0> to the logical |ψ>."""

    name: ClassVar[str] = "encoder"
    title: ClassVar[str] = "Encoder of a stabiliser code"

    @property
    def n_qubits(self) -> int:
        """Those of the code."""
        return self.chosen.n

    def text(self) -> str:
        """See `TargetTask.text`."""
        return (
            f"Encode the state of qubit 0 into {self._described()}; the other qubits start in |0>. "
            "Further qubits may be used and must return to |0>."
        )

    def constructions(self) -> Iterator[Construction]:
        """See `TargetTask.constructions`."""
        code = self.chosen
        gates = encoder(code.stabilisers, code.x, code.z)
        yield written("Gaussian elimination", Circuit(code.n, tuple(gates)))

    def grade(self, submission: Submission) -> TaskScore:
        """Fidelity of the encoded half of a Bell pair."""
        code = self.chosen
        made = placed(submission.program, code.n)
        keep_inputs(submission.text, submission.program, 1)
        m = made.circuit.n_qubits
        within(len(made.circuit.gates), m + 1)
        pair = (gate("h", m), gate("cx", m, made.inputs[0]))
        state = run(Circuit(m + 1, (*pair, *made.circuit.gates)))
        rest = "I" * (m - code.n)
        wanted = [f"{letters}{rest}I" for letters in code.stabilisers]
        wanted += [f"{code.x}{rest}X", f"{code.z}{rest}Z"]
        wanted += [_single("Z", q, m + 1) for q in range(code.n, m)]
        for letters in wanted:
            state = (state + _applied(letters, state)) / 2
        return self._score(float(np.vdot(state, state).real), made.ancillas)


class SyndromeCircuit(CodeTask):
    """Measures the stabilisers without disturbing the codeword."""

    name: ClassVar[str] = "syndrome"
    title: ClassVar[str] = "Syndrome circuit of a stabiliser code"

    @property
    def n_qubits(self) -> int:
        """Bits of the syndrome."""
        return len(self.chosen.stabilisers)

    def text(self) -> str:
        """See `TargetTask.text`."""
        code, r = self.chosen, self.n_qubits
        return (
            f"Measure the syndrome of {self._described()}. Qubits 0 to {code.n - 1} hold a "
            f"codeword with at most one Pauli error and must keep it; qubits {code.n} to "
            f"{code.n + r - 1} are ancillas that start in |0>. At the end ancilla {code.n} + i is "
            f"measured into bit i of 'bit[{r}] c;': 1 where stabiliser i has the value -1."
        )

    def constructions(self) -> Iterator[Construction]:
        """See `TargetTask.constructions`."""
        code = self.chosen
        gates: list[Gate] = []
        for i, letters in enumerate(code.stabilisers):
            ancilla = code.n + i
            gates.append(gate("h", ancilla))
            gates += [
                gate(f"c{letter.lower()}", ancilla, q)
                for q, letter in enumerate(letters)
                if letter != "I"
            ]
            gates.append(gate("h", ancilla))
        yield Construction("one ancilla each", _measured(gates, code.n, self.n_qubits))
        plain: list[Gate] = []
        for i, letters in enumerate(code.stabilisers):
            for q, letter in enumerate(letters):
                turn = [gate("h", q)] if letter == "X" else []
                if letter != "I":
                    plain += [*turn, gate("cx", q, code.n + i), *turn]
        yield Construction("parities", _measured(plain, code.n, self.n_qubits))

    def grade(self, submission: Submission) -> TaskScore:
        """Least fidelity of syndrome and codeword over all single-qubit errors."""
        code, r = self.chosen, self.n_qubits
        circuit = self._arranged(submission)
        m = circuit.n_qubits
        errors = ["I" * code.n]
        errors += [_single(axis, q, code.n) for q in range(code.n) for axis in "XYZ"]
        within(len(circuit.gates), m, len(errors))
        start = (gate("ry", 0, angles=(0.7,)), gate("p", 0, angles=(0.4,)))
        prefix = (*start, *encoder(code.stabilisers, code.x, code.z))
        fidelities = []
        for error in errors:
            flips = tuple(Gate(c.lower(), (q,)) for q, c in enumerate(error) if c != "I")
            codeword = run(Circuit(code.n, (*prefix, *flips)))
            syndrome = sum(_differs(s, error) << i for i, s in enumerate(code.stabilisers))
            out = run(Circuit(m, (*prefix, *flips, *circuit.gates)))
            part = out.reshape(-1, 1 << r, 1 << code.n)[0, syndrome]  # [ancillas, bits, data]
            fidelities.append(float(abs(np.vdot(codeword, part)) ** 2))
        return self._score(min(fidelities), m - code.n - r)

    def _arranged(self, submission: Submission) -> Circuit:
        """The program with data first, then the qubits of the syndrome's bits, then the rest."""
        code, r, program = self.chosen, self.n_qubits, submission.program
        circuit = program.circuit
        if circuit is None:
            raise CircuitError(
                "the program measures or resets midway.",
                kind="measurement",
                hint="Measure each ancilla once, at the end.",
            )
        keep_inputs(submission.text, program, code.n)
        answer = program.answer(r)
        held = tuple(range(code.n, code.n + r))
        if answer.bits is not None:
            held = tuple(circuit.measurements.final[bit] for bit in answer.bits)[:r]
        if len(set(held)) < r or min(held) < code.n or max(held) >= circuit.n_qubits:
            raise CircuitError(
                f"the syndrome's {r} bits must be measured from {r} ancillas, qubits {code.n} and "
                "up.",
                kind="measurement",
                hint=f"Measure them into 'bit[{r}] c;'.",
            )
        place = {q: q for q in range(code.n)} | {q: code.n + i for i, q in enumerate(held)}
        for q in sorted({q for g in circuit.gates for q in g.qubits} - set(place)):
            place[q] = len(place)
        gates = tuple(g._replace(qubits=tuple(place[q] for q in g.qubits)) for g in circuit.gates)
        return Circuit(len(place), gates)


def _measured(gates: Sequence[Gate], first: int, bits: int) -> str:
    """A program that measures `bits` qubits from `first` on."""
    whole = program_text([], gates, first + bits, bits)
    for i in range(bits):
        whole = whole.replace(f"c[{i}] = measure q[{i}];", f"c[{i}] = measure Q[{first + i}];")
    return whole.replace(" Q[", " q[")


def _single(axis: str, qubit: int, n: int) -> str:
    return "I" * qubit + axis + "I" * (n - qubit - 1)


def _applied(letters: str, state: ComplexVector) -> ComplexVector:
    term = tuple((q, axis) for q, axis in enumerate(letters) if axis != "I")
    return PauliSum(len(letters), {term: 1.0}).apply(state)  # type: ignore[dict-item]


def _differs(first: str, second: str) -> int:
    """1 where two Pauli strings anticommute."""
    pairs = zip(first, second, strict=True)
    return sum(a != b and "I" not in (a, b) for a, b in pairs) & 1


CODE_TASKS: tuple[type[CodeTask], ...] = (Encoder, SyndromeCircuit)
"""The family's tasks."""
