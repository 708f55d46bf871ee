"""What a device makes of a circuit: ideal beside noisy beside mitigated, and what that costs."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from quasar.core.documented import Documented
from quasar.simulate.engine import Estimate
from quasar.verifier.stages.objective import shots_to_optimum

_Z95 = 1.959963984540054  # quantile of the normal distribution
_ROUNDING = 1e-9


class DeviceFigures(Documented):
    """Means of one kind: ideal, noisy or mitigated. Errors are standard errors, 0 where exact."""

    energy: float
    """Mean energy without the constant, physical convention."""
    energy_error: float
    """Of the energy."""
    approximation_ratio: float
    """r = (E_max - E)/(E_max - E_min)."""
    p_optimal: float
    """Probability of an optimal state; mitigated, an estimate that can leave [0, 1]."""
    p_optimal_error: float
    """Of that probability."""
    p_feasible: float | None = None
    """Probability of a valid solution; None where every state is one, or none can be decoded."""
    p_feasible_error: float | None = None
    """Of that probability."""
    shots_to_optimum: int | None = None
    """Shots that show an optimum with probability 0.99. None where none can, and for mitigated
    means: mitigation corrects means, and no single shot."""
    shots_to_optimum_low: int | None = None
    """The same at the upper end of the 95% interval of `p_optimal`."""
    shots_to_optimum_high: int | None = None
    """At its lower end; None where that is 0."""


class CompiledFor(Documented):
    """The circuit on the device."""

    qubits: list[int]
    """Physical qubits that something acts on."""
    measured: list[int]
    """Physical qubit that bit i of the answer is measured from."""
    gates: int
    """Gates, those included that take no time."""
    two_qubit_gates: int
    """Gates on two or more qubits among them."""
    depth: int
    """Longest path, every gate counting 1, without measurements."""
    duration_s: float | None = None
    """From the first gate to the last, where the device states durations."""
    esp: float | None = None
    """Estimated success probability of gates, readout and waiting; see `compile.success`."""
    proof: str | None = None
    """How it is known to be equivalent to the circuit."""


class Extrapolation(Documented):
    """Of the energy, by zero-noise extrapolation."""

    folding: str
    """`local` (each two-qubit gate) or `global`."""
    fit: str
    """`linear`, `richardson` or `exponential`."""
    factors: list[float]
    """By which noise was made stronger."""
    energies: list[float]
    """At each factor, after the other steps of mitigation."""
    errors: list[float]
    """Their standard errors."""


class DeviceReport(Documented):
    """A circuit under noise."""

    device: str | None = None
    """Name of the device; None for a model without one."""
    source: str | None = None
    """Where its numbers come from."""
    noise: str
    """The noise model, as it can be asked for."""
    method: Literal["density matrix", "trajectories"]
    """How noise was simulated: exactly, or by random trajectories."""
    trajectories: int | None = None
    """How many; None for a density matrix."""
    shots: int | None = None
    """Shots of each circuit; None: as if there were endlessly many."""
    seed: int
    """Of shots, trajectories and twirls."""
    compiled: CompiledFor | None = None
    """The compiled circuit; None without a device."""
    ideal: DeviceFigures
    """Without noise, exact."""
    noisy: DeviceFigures
    """With noise, nothing done against it."""
    mitigated: DeviceFigures | None = None
    """With mitigation; None where none was asked for."""
    mitigation: list[str] = Field(default_factory=list)
    """Its steps."""
    extrapolation: Extrapolation | None = None
    """Of zero-noise extrapolation."""
    circuits: int = 1
    """Circuits that all of it runs, the noisy one included."""
    total_shots: int | None = None
    """Shots of all of them; None where they are endless."""
    cost_s: float = 0.0
    """Seconds that this took to compute."""


def figures(
    means: tuple[Estimate, ...], e_min: float, e_max: float, *, shots: bool = True
) -> DeviceFigures:
    """Figures from the means of energy, optimal states and, where there are three, valid ones.

    Args:
        shots: whether shots to the optimum make sense.
    """
    energy, optimal, *feasible = means
    width = e_max - e_min
    margin = _Z95 * optimal.error
    valid = feasible[0] if feasible else None
    return DeviceFigures(
        energy=energy.value,
        energy_error=energy.error,
        approximation_ratio=1.0 if width == 0 else (e_max - energy.value) / width,
        p_optimal=optimal.value,
        p_optimal_error=optimal.error,
        p_feasible=None if valid is None else valid.value,
        p_feasible_error=None if valid is None else valid.error,
        shots_to_optimum=_shots(optimal.value) if shots else None,
        shots_to_optimum_low=_shots(optimal.value + margin) if shots else None,
        shots_to_optimum_high=_shots(optimal.value - margin) if shots else None,
    )


def worse_under_noise(given: DeviceReport, found: DeviceReport) -> str:
    """Which figures are worse in `found` than in `given`, a sentence; empty for none."""
    kinds = [("noisy energy", given.noisy, found.noisy)]
    if given.mitigated is not None and found.mitigated is not None:
        kinds.append(("mitigated energy", given.mitigated, found.mitigated))
    energy, optimal = "energy", "p_optimal"
    compared = [
        *((name, 1.0, energy, old, new) for name, old, new in kinds),
        ("noisy P(opt)", -1.0, optimal, given.noisy, found.noisy),
    ]
    worse = []
    for name, sign, field, old, new in compared:
        was, now = getattr(old, field), getattr(new, field)
        if sign * (now - was) <= _ROUNDING:
            continue
        said = [f"{name} {now:.4f} instead of {was:.4f}"]
        if sign * (getattr(found.ideal, field) - getattr(given.ideal, field)) > _ROUNDING:
            said.append("worse without noise too")
        error = math.hypot(getattr(old, f"{field}_error"), getattr(new, f"{field}_error"))
        if abs(now - was) < 2 * error:
            said.append("within two standard errors")
        worse.append(said[0] if len(said) == 1 else f"{said[0]} ({', '.join(said[1:])})")
    if not worse:
        return ""
    return f"under noise the new angles are worse than the given ones: {', '.join(worse)}."


def _shots(p: float) -> int | None:
    return shots_to_optimum(p) if math.isfinite(p) and p > 0 else None
