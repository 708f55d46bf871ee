"""The summary of a circuit beyond exact enumeration: what is known, and how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from quasar.core.numerals import share
from quasar.problems.overlay import counted
from quasar.report import phrases
from quasar.report.phrases import amount

if TYPE_CHECKING:
    from quasar.verifier.estimates import Estimates, Proportion, SampledState, Samples
    from quasar.verifier.report import Report


def answer_facts(report: Report, found: Estimates) -> Iterator[tuple[str, str]]:
    """The best measured answer, the optimum, and how the one is to the other."""
    samples = found.samples
    if samples is None:
        yield "verdict", "the circuit is feasible; there are no samples to decode"
    else:
        yield from phrases.answer_lines(samples.best)
        yield "verdict", _verdict(samples, found.optimum)
        yield "measured", f"best of {samples.shots:,} samples ({samples.engine})"
    if found.optimum is not None:
        yield "optimum", optimum_text(found.optimum)
    if samples is not None and samples.p_best_known is not None:
        yield "P(best)", f"{_interval(samples.p_best_known)} to measure one as good as that"
    if samples is not None and samples.p_feasible is not None and samples.p_feasible.value < 1:
        yield "valid", f"with probability {_interval(samples.p_feasible)}"


def figure_facts(report: Report, found: Estimates) -> Iterator[tuple[str, str]]:
    """Energy, its error, and the circuit's size."""
    if found.objective_mean is not None:
        yield "mean", f"objective {amount(found.objective_mean)} ({_known(found)})"
    if report.approximation_ratio is not None:
        yield "ratio", f"{share(report.approximation_ratio)} of the energy range"
    low, high = ("unknown" if end is None else f"{end:.6g}" for end in (found.e_min, found.e_max))
    ends = "" if found.e_min is None else f"; best possible {low}, worst {high}"
    yield "energy", f"{found.energy:.6g} ({_known(found)}{ends})"
    samples = found.samples
    if samples is not None:
        yield (
            "samples",
            f"mean energy {samples.energy:.6g} ± {samples.energy_error:.2g}, estimated fidelity "
            f"{share(samples.fidelity)}",
        )
    size = found.statistics
    if size is not None:
        two = size.two_qubit_gates or "none"
        yield (
            "circuit",
            f"{counted(size.n_qubits, 'qubit')}, {counted(size.gates, 'gate')} ({two} on two "
            f"qubits), depth {size.depth}, {counted(size.parameters, 'angle')}",
        )


def optimum_text(known: dict[str, Any]) -> str:
    """The optimum, or what is known of it, in words."""
    status, value, bound = known["status"], known["value"], known["bound"]
    how = f" by {known['method']}" if known.get("method") else ""
    if status == "proven":
        return f"{amount(value)}, proven{how}"
    if status == "infeasible":
        return f"no valid solution exists, proved{how}"
    if status == "bounded" and value is not None:
        low, high = sorted((value, bound))
        return f"between {amount(low)} and {amount(high)}{how}; best known {amount(value)}"
    if value is not None:
        return f"not known; best known {amount(value)}{how}"
    return "not known: no solution was found in time"


def recursive_text(found: SampledState, report: Report) -> str:
    """What recursive QAOA found, beside the optimum."""
    known = None if report.estimates is None else report.estimates.optimum
    compared = _compared(found, known)
    if found.objective is None:
        value = f"energy {found.energy:.6g}; "
    else:
        value = f"objective {amount(found.objective)}"
        value = "" if value in compared else f"{value}; "
    return f"QAOA, variable by variable: {value}{compared}"


def recursive_facts(found: SampledState, estimates: Estimates) -> Iterator[tuple[str, str]]:
    """The answer of recursive QAOA, where the circuit itself has no samples."""
    yield from phrases.answer_lines(found)
    yield "verdict", _compared(found, estimates.optimum)
    yield (
        "found by",
        "recursive QAOA, from exact means; the circuit itself has no samples here",
    )
    if estimates.optimum is not None:
        yield "optimum", optimum_text(estimates.optimum)


def _verdict(samples: Samples, known: dict[str, Any] | None) -> str:
    return _compared(samples.best, known)


def _compared(best: SampledState, known: dict[str, Any] | None) -> str:
    if best.feasible is False:
        return "no answer obeys every constraint"
    if known is None or known["value"] is None or best.objective is None:
        return "how good the answer is is not known: no optimum to compare with"
    gap = abs(best.objective - known["value"])
    same = gap <= 1e-6 * max(1.0, abs(known["value"]))
    if same and known["status"] == "proven":
        return "proven optimal: as good as the proven optimum"
    if same:
        return "as good as the best solution known"
    what = "the optimum" if known["status"] == "proven" else "the best known"
    beyond = known["sense"] == "max" and best.objective > known["value"]
    if beyond or (known["sense"] == "min" and best.objective < known["value"]):
        return f"better than the best that the solvers found, {amount(known['value'])}"
    return f"not optimal: objective {amount(best.objective)}, {what} {amount(known['value'])}"


def _known(found: Estimates) -> str:
    if found.energy_known == "exact":
        return f"exact, by {found.energy_by}"
    return f"± {found.energy_error:.2g}, from samples"


def _interval(found: Proportion) -> str:
    return f"{share(found.value)} [{share(found.low)}, {share(found.high)}]"
