"""What the summary says of a state that is to be a ground state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quasar.core.numerals import share
from quasar.problems.overlay import counted
from quasar.report import phrases

if TYPE_CHECKING:
    from quasar.verifier.report import Report
    from quasar.verifier.stages.ground import Ground

_ENERGIES = {"hartree": "Ha", "": ""}


def answer_facts(report: Report, found: Ground) -> Iterator[tuple[str, str]]:
    """How near the state is, by label."""
    yield "energy", f"{_energy(found, found.energy_total)}{_with_constant(report)}"
    yield "verdict", verdict_text(found)
    yield "ground", _ground(found)
    if found.fidelity is not None:
        yield "fidelity", f"{share(found.fidelity)} with the ground space"
    if found.variance is not None:
        yield "variance", f"{found.variance:.3g} (0 for eigenstates)"
    for symmetry in found.symmetries:
        spread = "" if symmetry.spread < 1e-6 else f" ± {symmetry.spread:.2g}"
        kept = "conserved" if symmetry.conserved else "not conserved"
        wanted = "" if symmetry.wanted is None else f", wanted {symmetry.wanted:g}"
        name = {"sz": "S_z"}.get(symmetry.name, symmetry.name)
        yield name, f"{round(symmetry.value, 9) + 0.0:.4g}{spread} ({kept}{wanted})"
    yield "measuring", _shots(found)


def figure_facts(report: Report) -> Iterator[tuple[str, str]]:
    """State and size."""
    if report.approximation_ratio is not None:
        yield "ratio", f"{share(report.approximation_ratio)} of the energy range"
    quality, ground = report.quality, report.stages.ground
    size = None if ground is None else ground.statistics
    if quality is not None:
        size = quality.statistics
        if quality.product_state:
            yield "state", "a product state"
        elif quality.entanglement is not None:
            yield "state", f"entangled (Meyer-Wallach {share(quality.entanglement, 3)})"
    if size is not None:
        angles = counted(size.parameters, "angle")
        qubits = counted(size.n_qubits, "qubit")
        yield "circuit", f"{qubits}, {phrases.gates_text(size)}, depth {size.depth}, {angles}"


def verdict_text(found: Ground) -> str:
    """Whether the state is a solution, and how far it is from one."""
    if found.energy_error is None or found.accuracy is None:
        reach = f"{_energy(found, found.low)} to {_energy(found, found.high)}"
        return f"the ground energy is not known: it is in {reach}, without the constant"
    error = _energy(found, found.energy_error, digits=3)
    if found.chemical_accuracy is not None:
        within = "within" if found.accurate else "not within"
        return f"{within} chemical accuracy (1.6 mHa): {error} above the ground energy"
    limit = _energy(found, found.accuracy, digits=3)
    solved = "solved" if found.accurate else "not solved"
    return f"{solved}: {error} above the ground energy ({limit} will do)"


def gist(found: Ground) -> str:
    """In a few words."""
    if found.energy_error is None:
        return f"energy {_energy(found, found.energy_total)}"
    text = f"energy {_energy(found, found.energy_error, digits=3)} above the ground"
    return text if found.fidelity is None else f"{text}, fidelity {share(found.fidelity, 3)}"


def _energy(found: Ground, value: float, digits: int = 8) -> str:
    unit = _ENERGIES.get(found.unit, found.unit)
    return f"{value:.{digits}g} {unit}".rstrip()


def _with_constant(report: Report) -> str:
    constant = report.problem.constant
    return f", the constant {constant:.6g} included" if constant else ""


def _ground(found: Ground) -> str:
    if found.ground_energy_total is None:
        return (
            f"between {_energy(found, found.low)} ({found.method}) and "
            f"{_energy(found, found.high)}, without the constant"
        )
    states = counted(found.degeneracy or 1, "ground state")
    gap = "" if found.gap is None else f", gap {_energy(found, found.gap, digits=4)}"
    return f"{_energy(found, found.ground_energy_total)} by {found.method}; {states}{gap}"


def _shots(found: Ground) -> str:
    groups = counted(found.measurement_groups, "basis", "bases")
    if found.shots is None or found.precision is None:
        return groups
    precision = _energy(found, found.precision, digits=3)
    noun = "shot" if found.shots == 1 else "shots"
    return f"{groups}; {found.shots:,} {noun} for a standard error of {precision}"
