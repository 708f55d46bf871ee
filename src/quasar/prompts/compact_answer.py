"""How answers in the compact style are written: what is decided, and the program after it.

1. What a circuit is to do is settled before the first gate, in a comment (`answer_plan`). From
   there on the program follows from the problem alone: `program`. A model can write it itself, or
   have it written (`plan_guide`).
2. QAOA states each coefficient once, in a gate `cost` that all layers call; its angle is written
   as 2γσ/(σ in units of the largest coefficient), so that the number to be found is of one size
   for all problems.
3. Circuits of style `agent-q`, whose angles depend on random starts, are written gate by gate after
a
   plan that begins with `PLAN` (`circuit_text`). A layer of equal rotations is one statement on the
   whole register.

Numbers are rounded to the values of `numbers`, or, where `exact` is asked for, written in full.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.sim19 import sim
from quasar.core.errors import CircuitError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.decimation import SpinFix, largest_coefficient, rows
from quasar.optimize.qaoa import sigma
from quasar.optimize.warm_start import EPSILON, warm_angles
from quasar.prompts.answer_plan import PLAN, AnswerPlan, plan_line, steps_text
from quasar.prompts.compact import deviation_text
from quasar.prompts.numbers import angle_text, number_text, rounded
from quasar.recipes.converged.basis_states import basis_state_angles, basis_state_maps
from quasar.recipes.converged.subcube import Subcube

HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
ZZ = "gate zz(t) a,b{cx a,b;rz(t) b;cx a,b;}\n"
GATES = ("rx", "ry", "rz", "crx", "cry", "crz", "cx", "cz", "h")
"""Gates that can be written."""


def plan_text(decisions: Iterable[SpinFix]) -> str:
    """The plan's comment line before a circuit of style `agent-q`."""
    return f"{PLAN}{steps_text(decisions)}\n"


def circuit_text(circuit: Circuit, decisions: Iterable[SpinFix] = ()) -> str:
    """A circuit of `GATES` with its plan.

    Raises:
        CircuitError: it has another gate.
    """
    steps = tuple(decisions)
    body = [_statement(*layer) for layer in _layers(circuit)]
    plan = plan_text(steps) if steps else ""
    return f"{HEADER}{plan}qubit[{circuit.n_qubits}] q;\n{''.join(body)}"


def answer_text(hamiltonian: IsingHamiltonian, plan: AnswerPlan, *, exact: bool = False) -> str:
    """The whole answer that a plan leads to."""
    return f"{HEADER}{plan_line(plan)}{program(hamiltonian, plan, exact=exact)}"


def program(hamiltonian: IsingHamiltonian, plan: AnswerPlan, *, exact: bool = False) -> str:
    """What follows the plan's line.

    Args:
        exact: write coefficients and angles that follow from the problem in full, not to the
            numbers that a model has tokens for.
    """
    if plan.structure == "qaoa":
        return _qaoa(hamiltonian, plan, exact)
    if plan.structure == "warm":
        return _warm(hamiltonian, plan, exact)
    if plan.structure == "adaptive":
        return _grown(hamiltonian, plan)
    return _template(hamiltonian, plan)


def _qaoa(hamiltonian: IsingHamiltonian, plan: AnswerPlan, exact: bool) -> str:
    n = hamiltonian.n_qubits
    costs = _cost_angles(hamiltonian, plan.angles[0::2], exact, plan.per_coefficient)
    lines = [*_cost_gate(hamiltonian, exact), f"qubit[{n}] q;\n", "h q;\n"]
    text: Callable[[float], str] = _in_full if exact else number_text
    for cost, mixer in zip(costs, plan.angles[1::2], strict=True):
        lines += [f"cost({cost}) {_register(n)};\n", f"rx({text(mixer)}) q;\n"]
    return "".join(lines)


def _warm(hamiltonian: IsingHamiltonian, plan: AnswerPlan, exact: bool) -> str:
    """See `optimize.warm_start`; every qubit's start is the same but for its bit."""
    n = hamiltonian.n_qubits
    text: Callable[[float], str] = _in_full if exact else number_text
    tilt = 2.0 * math.asin(math.sqrt(EPSILON))
    towards = (tilt, math.pi - tilt)
    starts = [text(towards[plan.state >> q & 1]) for q in range(n)]
    gammas, betas = warm_angles(plan.layers)
    costs = _cost_angles(hamiltonian, [2.0 * gamma for gamma in gammas], exact)
    lines = [*_cost_gate(hamiltonian, exact), f"qubit[{n}] q;\n"]
    lines += [f"ry({start}) q[{q}];\n" for q, start in enumerate(starts)]
    for cost, beta in zip(costs, betas, strict=True):
        lines.append(f"cost({cost}) {_register(n)};\n")
        lines += [f"ry(-{start}) q[{q}];\n" for q, start in enumerate(starts)]
        lines.append(f"rz({text(-2.0 * beta)}) q;\n")
        lines += [f"ry({start}) q[{q}];\n" for q, start in enumerate(starts)]
    return "".join(lines)


def _template(hamiltonian: IsingHamiltonian, plan: AnswerPlan) -> str:
    """The template at angles that write the plan's state."""
    ansatz = sim(plan.template or 0, hamiltonian.n_qubits, plan.layers)
    state_map = basis_state_maps(ansatz)[0]
    theta = basis_state_angles(ansatz, state_map, Subcube(state_map.preimage(plan.state), 0))
    body = [_statement(*layer) for layer in _layers(ansatz.bind(theta))]
    return f"qubit[{hamiltonian.n_qubits}] q;\n{''.join(body)}"


def _grown(hamiltonian: IsingHamiltonian, plan: AnswerPlan) -> str:
    """The adaptive circuit of a plan: Hadamards, then one rotation by ±π/2 for each decision.

    In |+...+> with the qubits before it decided, the gradient of RY on a qubit is its field, so the
    plan's order is that of the largest gradient. A controlled RY has the same gradient where its
    control is 1; it is preferred, with the latest such qubit that a term couples. Nothing is grown
    to find this: it is what growth by the largest gradient (ADAPT-VQE, Grimsley et al., Nat.
    Commun. 10, 3007 (2019)) comes to where the plan follows the fields.
    """
    coupled = {
        row.qubit: {other for coupling in row.couplings for other in coupling.others}
        for row in rows(hamiltonian)
    }
    body: list[str] = []
    ones: list[int] = []
    for step in plan.decisions:
        angle = angle_text(math.pi / 2 if step.bit else -math.pi / 2)
        control = next((q for q in reversed(ones) if q in coupled[step.qubit]), None)
        if control is None:
            body.append(f"ry({angle}) q[{step.qubit}];\n")
        else:
            body.append(f"cry({angle}) q[{control}],q[{step.qubit}];\n")
        if step.bit:
            ones.append(step.qubit)
    return f"qubit[{hamiltonian.n_qubits}] q;\nh q;\n{''.join(body)}"


def _register(n_qubits: int) -> str:
    return ",".join(f"q[{i}]" for i in range(n_qubits))


def _cost_angles(
    hamiltonian: IsingHamiltonian,
    doubled: Iterable[float],
    exact: bool,
    per_coefficient: bool = False,
) -> list[str]:
    """Arguments of the gate `cost`, whose coefficients are in units of the largest."""
    if per_coefficient:
        return [number_text(angle) for angle in doubled]
    if not exact:
        deviation = deviation_text(hamiltonian)
        return [f"{number_text(angle)}/{deviation}" for angle in doubled]
    # At least 1, except without terms.
    per = _in_full(max(sigma(hamiltonian) / largest_coefficient(hamiltonian), 1.0))
    return [f"{_in_full(angle)}/{per}" for angle in doubled]


def _cost_gate(hamiltonian: IsingHamiltonian, exact: bool) -> list[str]:
    """Definition of `cost`, and of `zz` where it is needed."""
    n, unit = hamiltonian.n_qubits, largest_coefficient(hamiltonian)
    body: list[str] = []
    pairs = False
    for qubit, couplings in rows(hamiltonian):
        for others, coefficient in couplings:
            share = coefficient / unit
            if share if exact else rounded(share):
                pairs |= len(others) == 1
                body += _term(qubit, others, _in_full(share) if exact else number_text(share))
    head = f"gate cost(g) {','.join(f'q{i}' for i in range(n))}{{\n"
    return [*([ZZ] if pairs else []), head, *body, "}\n"]


def _in_full(value: float) -> str:
    """A number to ten digits, always with a point and without an exponent."""
    text = f"{value:.10f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text


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
    """Gates in an equivalent order; the boolean says that one stands for the whole register."""
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
