"""How many layers are worth it: QAOA of more and more layers, ideal and under noise.

More layers come nearer to the optimum without noise and lose more with it. The crossover is the
number of layers from which on the noisy approximation ratio falls. Angles are optimised without
noise. Does not choose a circuit for a device: see `generate`.
"""

from __future__ import annotations

from collections.abc import Iterator

from quasar.circuits.circuit import Circuit
from quasar.circuits.qasm import Program
from quasar.core.documented import Documented
from quasar.core.errors import CircuitError, InputError
from quasar.optimize.qaoa import optimise_qaoa
from quasar.optimize.trace import Budget
from quasar.problems.base import EncodedProblem
from quasar.verifier.device_report import DeviceReport
from quasar.verifier.on_device import DeviceRun

MOST_LAYERS = 12


class LayerFigures(Documented):
    """QAOA of some layers."""

    layers: int
    """P."""
    report: DeviceReport
    """Ideal, noisy and mitigated figures, and the compiled circuit."""


class Crossover(Documented):
    """QAOA against the number of layers."""

    layers: list[LayerFigures]
    """One entry for each p, from 1 on."""
    best_layers: int
    """P of the best noisy approximation ratio."""
    crossover: int | None
    """First p whose noisy ratio is below that of p - 1; None where more layers always helped."""
    certain: bool
    """Whether the fall there is larger than two standard errors (always, where means are exact)."""


def crossover(problem: EncodedProblem, run: DeviceRun, layers: int = 5) -> Crossover:
    """Judge QAOA circuits of 1 to `layers` layers under noise.

    Raises:
        InputError: layers out of range, or circuits of this problem cannot be run on the device or
            not be simulated.
    """
    if not 1 <= layers <= MOST_LAYERS:
        raise InputError(f"layers are 1 to {MOST_LAYERS}, not {layers}.")
    try:  # the circuits are ours: a device or problem that does not suit them is the caller's
        found = [
            LayerFigures(layers=p, report=run.report(program, problem))
            for p, program in enumerate(_programs(problem, layers), start=1)
        ]
    except CircuitError as error:
        raise InputError(str(error)) from error
    ratios = [one.report.noisy.approximation_ratio for one in found]
    falls = [i for i in range(1, len(ratios)) if ratios[i] < ratios[i - 1]]
    certain = True
    if falls:
        before, after = (found[i].report.noisy for i in (falls[0] - 1, falls[0]))
        spread = (before.energy_error**2 + after.energy_error**2) ** 0.5
        certain = after.energy - before.energy >= 2 * spread
    return Crossover(
        layers=found,
        best_layers=1 + max(range(len(ratios)), key=ratios.__getitem__),
        crossover=falls[0] + 1 if falls else None,
        certain=certain,
    )


def _programs(problem: EncodedProblem, layers: int) -> Iterator[Program]:
    best = optimise_qaoa(problem.hamiltonian, layers, budget=Budget(max_evaluations=400 * layers))
    for energy, minimum in best:
        circuit: Circuit = energy.bind(minimum.theta)
        yield Program(circuit.n_qubits, circuit, None, "fast")
