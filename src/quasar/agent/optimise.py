"""Better angles for anybody's program: measured before, polished, and measured again.

What polishing is and does is in `polish`; this adds the verifier's reports on both ends, under
noise too where its settings name a device. Angles are found without noise; the gates stay.
"""

from __future__ import annotations

from dataclasses import dataclass

from quasar.agent.polish import Levels, Method, Polish, polish
from quasar.circuits.emit import emit
from quasar.circuits.qasm import Program
from quasar.core.errors import CircuitError, InputError
from quasar.core.seeds import generator
from quasar.optimize.trace import Budget
from quasar.problems.quantum.observable import EncodedObservable
from quasar.simulate.state_engine import answer_circuit
from quasar.verifier.device_report import worse_under_noise
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report


@dataclass(frozen=True, eq=False)
class Optimised:
    """What became of a program.

    Attributes:
        qasm: the program with better angles, or as it was where nothing was gained.
        polish: what polishing did.
        before: the verifier's report on the program as it was.
        report: the verifier's report on `qasm`.
    """

    qasm: str
    polish: Polish
    before: Report
    report: Report

    @property
    def improved(self) -> bool:
        """Whether the energy, or the CVaR that was asked for, became lower."""
        return self.polish.qasm is not None

    @property
    def device_note(self) -> str:
        """Which figures are worse under noise with the new angles, a sentence; empty for none."""
        given, found = self.before.device, self.report.device
        return "" if given is None or found is None else worse_under_noise(given, found)


def optimise(
    program: Program,
    verifier: Verifier,
    *,
    seed: int = 0,
    budget: Budget | None = None,
    method: Method = "lbfgs",
    cvar: float | None = None,
) -> Optimised:
    """Lower a program's energy by changing its angles only.

    Args:
        program: parsed, its inputs set.
        verifier: of the problem; with a device in its settings, both reports have what the device
            makes of the circuit, each compiled on its own.
        seed: of the restarts.
        budget: evaluations and seconds at most; default 600 evaluations.
        method: see `polish`.
        cvar: see `polish`.

    Raises:
        InputError: a CVaR of a fraction out of range, or of an observable.
        CircuitError: the program is dynamic, or does not measure one qubit for each variable.
    """
    if cvar is not None and not 0 < cvar <= 1:
        raise InputError(f"cvar is a fraction above 0 and at most 1, not {cvar:g}.")
    if cvar is not None and isinstance(verifier.problem, EncodedObservable):
        raise InputError(
            "CVaR is of problems whose answers are bit strings, not of observables: leave it out."
        )
    n = verifier.problem.n_qubits
    circuit = answer_circuit(program, n)
    if program.circuit is None:
        raise CircuitError(
            "the program is dynamic (mid-circuit measurement, reset or branches); this needs plain "
            "gates."
        )
    if circuit is None:
        raise CircuitError(
            f"the circuit has {program.n_qubits} qubits, the problem has {n}: this needs a circuit "
            "that measures one qubit of its own for each variable, and no others."
        )
    done = polish(
        circuit,
        verifier.problem.hamiltonian,
        generator(seed, "service", "optimise"),
        budget=budget,
        method=method,
        levels=Levels.of(verifier.problem),
        cvar=cvar,
    )
    written = emit(circuit)
    before = verifier.verify(written)
    if done.qasm is None:
        return Optimised(written, done, before, before)
    return Optimised(done.qasm, done, before, verifier.verify(done.qasm))
