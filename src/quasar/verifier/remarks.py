"""Plain sentences for the report: what is likely wrong with a circuit, or worth knowing."""

from __future__ import annotations

import math

from quasar.circuits.circuit import Circuit
from quasar.circuits.compiled_facts import in_degrees
from quasar.circuits.header import VERSION
from quasar.problems.base import EncodedProblem
from quasar.simulate.engine import FloatVector
from quasar.verifier.quality import Quality, ShotStatistics
from quasar.verifier.stages.feasibility import counted_qubits

ONE_STRING_PROBABILITY = 0.99  # from here on a remark says that the state is one bit string
CONVERTED = (
    "The text is OpenQASM 2, and was converted to OpenQASM 3 by Qiskit. In the benchmark's tables "
    "such an answer does not count."
)
UNIFORM_BITS = 0.1  # entropy this near to n bits counts as uniform


def remarks(
    p: FloatVector,
    circuit: Circuit | None,
    quality: Quality,
    problem: EncodedProblem,
    *,
    exact: bool = True,
) -> list[str]:
    """Plain sentences on what is likely wrong or worth knowing.

    Args:
        exact: p is the distribution itself, not frequencies of shots.
    """
    n = problem.n_qubits
    said = []
    if circuit is None and exact:
        said.append("The program is dynamic: its exact mixture of outcomes was followed.")
    if quality.product_state and (n > 1 or quality.basis_state):
        what = "one bit string and a product state" if quality.basis_state else "a product state"
        said.append(
            f"The final state is {what}: it is a classical answer, no matter which gates are "
            "written around it."
        )
    elif n > 1 and quality.effective is not None and quality.effective.two_qubit_gates == 0:
        said.append(
            "No two-qubit gate changes what is measured: the bits are independent, so the answer "
            "is classical."
        )
    if n > 1 and quality.entropy_bits > n - UNIFORM_BITS:
        said.append(
            f"The distribution is nearly uniform ({quality.entropy_bits:.2f} of {n} bits): "
            "measuring it is hardly better than guessing."
        )
    elif not quality.product_state and float(p.max()) > ONE_STRING_PROBABILITY:
        said.append(
            f"The final state is one bit string (probability {float(p.max()):.4f}): the gates "
            "found the answer, they do not superpose several."
        )
    slip = _convention_slip(p, problem)
    if slip:
        said.append(slip)
    if quality.top_states[0].feasible is False and problem.optimality.n_feasible:
        said.append("The most probable state decodes to a solution that breaks a constraint.")
    if circuit is not None and _in_degrees(circuit):
        said.append(
            "Every angle is an integer larger than a full turn: angles are radians, not degrees. "
            "Write 90 degrees as pi/2."
        )
    return said


def shots_remark(measured: ShotStatistics) -> str:
    """That the numbers are estimates, and how good ones."""
    return (
        f"Measured with {measured.shots:,} shots by {measured.engine}: all probabilities and "
        f"energies are estimates (standard error {measured.energy_error:.3g} of the energy, "
        f"{measured.p_optimal_error:.2g} of the probability of an optimum)."
    )


def problem_remarks(problem: EncodedProblem) -> list[str]:
    """Plain sentences on the problem itself."""
    said = []
    optimality = problem.optimality
    if problem.encoding == "given":
        said.append(
            "The file's Hamiltonian matches neither encoding of its graph under either variable "
            "order, so states cannot be decoded."
        )
    if optimality.status == "infeasible":
        said.append(no_solution(problem))
    elif not optimality.is_exact and problem.encoding == "exact":
        said.append(
            "The penalty weight is too small: the ground states of the Hamiltonian are not the "
            "best solutions of the problem, so that a lower energy may be a worse answer."
        )
    elif not optimality.is_exact:
        said.append(
            f"The {problem.encoding} encoding is not exact here: the ground states of its "
            "Hamiltonian are not the best solutions of the problem."
        )
    if not problem.hamiltonian.spectrum.resolved:
        said.append(
            "The coefficients differ so much in size that float64 energies cannot tell an optimal "
            "state from others: the verdict is exact, but energy, ratio and optimisers are not."
        )
    return said


def no_solution(problem: EncodedProblem) -> str:
    """The verdict on a problem without any valid solution."""
    return f"No valid solution exists (proved: all {2**problem.n_qubits:,} states were checked)."


def _convention_slip(p: FloatVector, problem: EncodedProblem) -> str | None:
    """Whether the answer is right but written with bits flipped or in reverse order."""
    n = problem.n_qubits
    k = int(p.argmax())
    optimal = problem.optimality.optimal
    if optimal[k] or p[k] < 0.1:
        return None
    mask = (1 << n) - 1
    mirrored = int(format(k, f"0{n}b")[::-1], 2)
    slips = {
        "with every bit flipped (a qubit measured as 0 means selected)": k ^ mask,
        "with the qubits in reverse order (qubit 0 is the least significant bit)": mirrored,
    }
    for words, other in slips.items():
        if optimal[other]:
            return f"The most probable state would be optimal {words}."
    return None


def _in_degrees(circuit: Circuit) -> bool:
    """Whether the angles were meant in degrees: integers larger than 2π, or 0."""
    found = in_degrees(circuit)
    if found is not None:
        return found
    angles = [abs(angle) for gate in circuit.gates for angle in gate.params if angle != 0.0]
    return bool(angles) and all(a > math.tau and a == round(a) for a in angles)


def header_remark(found: str | None) -> str:
    """That a program is valid by the language only."""
    header = "the text has no version header" if found is None else f"the header is {found!r}"
    return (
        f"Valid OpenQASM 3, but {header}: by the published rule, and so in every table, a text "
        f"without '{VERSION}' does not parse."
    )


def size_remark(reference_qubits: int, n_qubits: int, compared: int) -> str:
    """What a reference of another number of qubits means for the comparison."""
    first = "the first qubit" if compared == 1 else f"the first {compared} qubits"
    return (
        f"The reference circuit has {counted_qubits(reference_qubits)}, this circuit {n_qubits}: "
        f"they were compared on {first} only, s2 is halved and the reward is lowered."
    )
