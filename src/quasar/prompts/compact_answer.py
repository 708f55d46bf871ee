"""How answers in the compact style are written, for training: short, and predictable.

1. What a circuit is to do is settled before the first gate, in a comment that begins with `PLAN`:
   for VQE and adaptive circuits the decisions of `optimize.plan` (qubit, strength of its field,
   bit), for QAOA the angles.
2. A solved adaptive circuit is grown along the plan (`grown_text`), so that its order follows from
   the problem. A layer of equal rotations is one statement on the whole register.
3. QAOA states each coefficient once, in a gate `cost` that all layers call; its angle is written
   as 2γσ/(σ in units of the largest coefficient), so that the number to be found is of one size
   for all problems. Angles of a set of `optimize.qaoa_table` are written as the table has them.

Angles and coefficients are rounded to the values of `numbers`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from quasar.circuits.circuit import Circuit, Gate
from quasar.core.errors import CircuitError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.plan import Decision, largest_coefficient, rows
from quasar.optimize.qaoa import sigma
from quasar.optimize.qaoa_table import find_set
from quasar.prompts.compact import deviation_text
from quasar.prompts.numbers import angle_text, number_text, rounded

HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
ZZ = "gate zz(t) a,b{cx a,b;rz(t) b;cx a,b;}\n"
PLAN = "// plan: "
GATES = ("rx", "ry", "rz", "crx", "cry", "crz", "cx", "cz", "h")
"""Gates that can be written."""

STRENGTHS = (0.0, 0.03, 0.12, 0.3, 0.6, 1.0, 2.0, 4.0)
"""Sizes of fields that a plan tells apart, in units of the largest coefficient."""


def field_text(field: float) -> str:
    """Sign and strength of a field, e.g. `f-3`: the nearest of `STRENGTHS` on a log scale."""
    sizes = [abs(math.log((s + 0.01) / (abs(field) + 0.01))) for s in STRENGTHS]
    strength = sizes.index(min(sizes))
    return f"f{'-' if field < 0 and strength else '+'}{strength}"


def plan_text(decisions: Iterable[Decision]) -> str:
    """The plan's comment line."""
    steps = [f"@q{d.qubit} {field_text(d.field)} q{d.qubit}={d.bit} " for d in decisions]
    return f"{PLAN}{''.join(steps)}\n"


def circuit_text(circuit: Circuit, decisions: Iterable[Decision] = ()) -> str:
    """A circuit of `GATES` with its plan.

    Raises:
        CircuitError: it has another gate.
    """
    steps = tuple(decisions)
    body = [_statement(*layer) for layer in _layers(circuit)]
    plan = plan_text(steps) if steps else ""
    return f"{HEADER}{plan}qubit[{circuit.n_qubits}] q;\n{''.join(body)}"


def grown_text(hamiltonian: IsingHamiltonian, decisions: Iterable[Decision]) -> str:
    """The adaptive circuit of a plan: Hadamards, then one rotation by ±π/2 for each decision.

    In |+...+> with the qubits before it decided, the gradient of RY on a qubit is its field, so the
    plan's order is that of the largest gradient. A controlled RY has the same gradient where its
    control is 1; it is preferred, with the latest such qubit that a term couples. Nothing is grown
    to find this: it is what growth by the largest gradient (ADAPT-VQE, Grimsley et al., Nat.
    Commun. 10, 3007 (2019)) comes to where the plan follows the fields.
    """
    steps = tuple(decisions)
    coupled = {
        row.qubit: {other for coupling in row.couplings for other in coupling.others}
        for row in rows(hamiltonian)
    }
    body: list[str] = []
    ones: list[int] = []
    for step in steps:
        angle = angle_text(math.pi / 2 if step.bit else -math.pi / 2)
        control = next((q for q in reversed(ones) if q in coupled[step.qubit]), None)
        if control is None:
            body.append(f"ry({angle}) q[{step.qubit}];\n")
        else:
            body.append(f"cry({angle}) q[{control}],q[{step.qubit}];\n")
        if step.bit:
            ones.append(step.qubit)
    register = f"qubit[{hamiltonian.n_qubits}] q;\n"
    return f"{HEADER}{plan_text(steps)}{register}h q;\n{''.join(body)}"


def plan_alone(text: str) -> str:
    """An answer up to the end of its plan: all that takes thought, a third of the tokens."""
    return text[: text.index("\n", text.index(PLAN)) + 1]


def qaoa_text(
    hamiltonian: IsingHamiltonian, gammas: Sequence[float], betas: Sequence[float]
) -> str:
    """QAOA with layers exp(-iγH) and exp(-iβΣX).

    Args:
        gammas: one a layer, in 1/energy.
        betas: one a layer, radians.
    """
    n, unit = hamiltonian.n_qubits, largest_coefficient(hamiltonian)
    deviation = f"/{deviation_text(hamiltonian)}"
    scale = sigma(hamiltonian)
    if (known := find_set(hamiltonian, gammas, betas)) is not None:
        gammas, betas = known.gammas, known.betas
        if known.unit == "coefficient":
            deviation = ""
        scale = 1.0
    angles = [
        (f"{angle_text(2.0 * gamma * scale)}{deviation}", angle_text(2.0 * beta))
        for gamma, beta in zip(gammas, betas, strict=True)
    ]
    lines = [HEADER, PLAN, *(f"{cost} {mixer} " for cost, mixer in angles), "\n"]
    cost = [f"gate cost(g) {','.join(f'q{i}' for i in range(n))}{{\n"]
    pairs = False
    for qubit, couplings in rows(hamiltonian):
        for others, coefficient in couplings:
            if rounded(coefficient / unit):
                pairs |= len(others) == 1
                cost += _term(qubit, others, number_text(coefficient / unit))
    lines += [ZZ] if pairs else []
    lines += [*cost, "}\n", f"qubit[{n}] q;\n", "h q;\n"]
    register = ",".join(f"q[{i}]" for i in range(n))
    for cost_angle, mixer_angle in angles:
        lines += [f"cost({cost_angle}) {register};\n", f"rx({mixer_angle}) q;\n"]
    return "".join(lines)


def _term(qubit: int, others: tuple[int, ...], coefficient: str) -> Iterator[str]:
    if not others:
        yield f"rz({coefficient}*g) q{qubit};\n"
    elif len(others) == 1:
        yield f"zz({coefficient}*g) q{others[0]},q{qubit};\n"
    else:
        chain = list(zip(others, (*others[1:], qubit), strict=True))
        ladder = [f"cx q{a},q{b};\n" for a, b in chain]
        yield from (*ladder, f"rz({coefficient}*g) q{qubit};\n", *reversed(ladder))


def _layers(circuit: Circuit) -> Iterator[tuple[Gate, bool]]:
    """Gates in an equivalent order; the flag says that one stands for the whole register."""
    for alone, run in groupby(circuit.gates, key=lambda gate: len(gate.qubits) == 1):
        gates = list(run)
        own = [[g for g in gates if g.qubits[0] == q] for q in range(circuit.n_qubits)]
        names = [[g.name for g in mine] for mine in own]
        if not alone or not names[0] or any(mine != names[0] for mine in names):
            yield from ((gate, False) for gate in gates)
            continue
        for layer in zip(*own, strict=True):
            if len({_angles(gate) for gate in layer}) == 1:
                yield layer[0], True
            else:
                yield from ((gate, False) for gate in layer)


def _statement(gate: Gate, everywhere: bool) -> str:
    if gate.name not in GATES:
        raise CircuitError(f"the compact style has no gate {gate.name}.")
    operands = "q" if everywhere else ",".join(f"q[{q}]" for q in gate.qubits)
    angles = _angles(gate)
    return f"{gate.name}({angles}) {operands};\n" if angles else f"{gate.name} {operands};\n"


def _angles(gate: Gate) -> str:
    return ",".join(angle_text(angle) for angle in gate.params)
