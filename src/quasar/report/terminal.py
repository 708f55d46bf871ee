"""Summaries of results as plain text: the answer first, then figures, then the evidence.

Covers the verifier's report (`report_text`), what `quasar.generate` found (`generation_text`), and
each step of a refinement (`trace_text`). All of them fit 80 columns; see `plain_text`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from quasar.core.numerals import share
from quasar.problems.overlay import counted, label_text
from quasar.report import estimates_text, ground_text, on_device, phrases
from quasar.report.device_text import device_facts
from quasar.report.phrases import amount
from quasar.report.plain_text import labelled, table, wrapped

if TYPE_CHECKING:
    from quasar.agent.candidate import Candidate
    from quasar.agent.generate import Generation
    from quasar.agent.refine import Step
    from quasar.problems.base import EncodedProblem
    from quasar.verifier.quality import Quality
    from quasar.verifier.report import Report

_SHOWN = 8  # circuits listed
_LONGEST = 4000  # characters of a Hamiltonian; a longer one is counted

Line = tuple[str, str]
"""A label and a text."""


# --- the verifier's report -----------------------------------------------------------------------


def report_text(report: Report) -> str:
    """The verifier's report as a person reads it."""
    if not report.feasible:
        lines = [
            *wrapped(f"infeasible: {report.fault}", 80),
            f"reward     {report.reward.value:.4f}",
        ]
        return "\n".join(lines)
    return "\n".join(labelled(label, text) for label, text in report_facts(report))


def report_facts(report: Report) -> list[Line]:
    """Everything that the summary says, by label."""
    if not report.feasible:
        return [("infeasible", str(report.fault)), ("reward", f"{report.reward.value:.4f}")]
    return [*_answer(report), *_figures(report), *_evidence(report)]


def _answer(report: Report) -> Iterator[Line]:
    """What the circuit answers, and what is proved of it."""
    if report.estimates is not None:
        yield from estimates_text.answer_facts(report, report.estimates)
        return
    if report.stages.ground is not None:
        yield from ground_text.answer_facts(report, report.stages.ground)
        return
    quality, optimum = report.quality, report.optimum
    top = quality.top_states[0] if quality is not None and quality.top_states else None
    if top is None or optimum is None:
        yield "verdict", "the circuit is feasible"
        if "ground" in report.skipped and report.energy is None:
            yield "energy", f"not measured: {report.skipped['ground']}"
        return
    yield from phrases.answer_lines(top)
    yield "verdict", phrases.verdict_text(top, optimum, report.problem.n_qubits)
    if not report.no_solution:
        yield "measured", phrases.measured_text(report)
        yield "shots", phrases.shots_text(report.shots_to_optimum)
    yield from _solutions(report)


def _figures(report: Report) -> Iterator[Line]:
    """Energy and size."""
    if report.estimates is not None:
        yield from estimates_text.figure_facts(report, report.estimates)
        return
    if report.stages.ground is not None:
        yield from ground_text.figure_facts(report)
        return
    quality, optimum = report.quality, report.optimum
    if report.approximation_ratio is not None:
        yield "ratio", f"{share(report.approximation_ratio)} of the energy range"
    if report.energy is not None and optimum is not None:
        constant = report.problem.constant
        without = f"; without the constant {constant:.6g}" if constant else ""
        yield (
            "energy",
            f"{report.energy:.6g} (best possible {optimum.e_min:.6g}, worst {optimum.e_max:.6g}; "
            f"{report.energy_convention} convention{without})",
        )
    if quality is None:
        return
    yield "state", phrases.state_text(quality)
    size = quality.statistics
    if size is not None:
        angles = counted(size.parameters, "angle")
        yield (
            "circuit",
            f"{counted(size.n_qubits, 'qubit')}, {phrases.size_text(quality)}, {angles}",
        )
    if quality.degrees_of_freedom is not None:
        yield "carries", phrases.freedom_text(quality)


def _evidence(report: Report) -> Iterator[Line]:
    """The stages' own measurements, the optimum, the reward, and remarks."""
    stages = report.stages
    if stages.behaviour is not None:
        entropy = report.relative_entropy
        shown = "infinite" if entropy is None else f"{entropy:.4f} bits"
        yield (
            "likeness",
            f"s2 {share(stages.behaviour.score)}, relative entropy to the reference {shown}",
        )
    if stages.utility is not None:
        steps = counted(stages.utility.evaluations, "optimiser step")
        reach = "reaches" if stages.utility.evaluations == 1 else "reach"
        energy = stages.utility.energy_optimised
        yield "start", f"{steps} from its angles {reach} energy {energy:.6g}"
    for name, found in stages.others.items():
        yield name, phrases.values_text(found)
    if report.quality is not None and report.quality.top_states:
        top = report.quality.top_states[0]
        yield "top state", f"{top.bitstring} with probability {share(top.probability)}"
    if report.optimum is not None:
        yield "optimum", phrases.optimum_text(report.optimum, report.problem.n_qubits)
    yield from device_facts(report)
    yield "reward", f"{report.reward.value:.4f} ({report.reward.scheme})"
    costs = (f"{stage} {seconds * 1e3:.1f} ms" for stage, seconds in report.cost_s.items())
    yield "cost", ", ".join(costs)
    for remark in report.remarks:
        yield "note", remark


def _solutions(report: Report) -> Iterator[Line]:
    """What is measured of valid solutions, and the penalty that keeps to them."""
    found = report.solutions
    if found is None or found.p_feasible is None or report.no_solution:
        return
    among = found.feasible_ratio
    ratio = "" if among is None else f", ratio among them {share(among)}"
    yield "valid", f"with probability {share(found.p_feasible)}{ratio}"
    best = [
        f"{amount(value)} in {shots:,} shots"
        for shots, value in found.expected_best.items()
        if value is not None
    ]
    if best:
        yield "best seen", f"expected objective {', '.join(best)}"
    if report.penalty is not None:
        weight = report.penalty
        own = "" if weight.weight == weight.sufficient else f" (sufficient: {weight.sufficient:g})"
        why = f": {weight.derivation}" if not own else ""
        yield "penalty", f"{weight.weight:g}{own}{why}"


# --- a generation --------------------------------------------------------------------------------


def generation_text(found: Generation) -> str:
    """The best circuit's answer and figures, then all circuits that were tried."""
    lines = wrapped(generation_title(found), 80)
    lines += [labelled(label, text, indent=2) for label, text in _of_best(found)]
    if found.best.report.estimates is None:
        lines.append(table(tried_headings(found), tried_rows(found)))
    lines += [labelled(label, text, indent=2) for label, text in _run(found)]
    return "\n".join(lines)


def generation_title(found: Generation) -> str:
    """The task in words."""
    return problem_title(found.problem)


def generation_facts(found: Generation) -> list[Line]:
    """Everything that the summary says beside the table, by label."""
    return [*_of_best(found), *_run(found)]


def _of_best(found: Generation) -> list[Line]:
    report = found.best.report
    estimates = report.estimates
    if estimates is not None and estimates.samples is None and found.recursive is not None:
        facts = estimates_text.recursive_facts(found.recursive, estimates)
        return [*facts, *_best(found)]
    if report.feasible:
        return [*_answer(report), *_best(found)]
    return [("verdict", f"no usable circuit: {report.fault}")]


def _best(found: Generation) -> Iterator[Line]:
    """Figures of the best circuit."""
    best = found.best
    if best.report.estimates is not None:
        yield from estimates_text.figure_facts(best.report, best.report.estimates)
        return
    if best.report.stages.ground is not None:
        yield from ground_text.figure_facts(best.report)
        return
    quality = best.report.quality
    yield "ratio", f"{share(best.report.approximation_ratio)} of the energy range"
    if quality is not None:
        yield "state", phrases.state_text(quality)
        if size := phrases.size_text(quality):
            yield "circuit", f"{best.name}: {size}"
    if best.design is not None and best.design.keeps:
        yield "mixer", best.design.keeps
    yield from on_device.device_facts(found)
    if best.proposal is not None:
        by = "its angles by the optimiser" if best.origin == "polished" else "unchanged"
        yield "written by", f"{found.model}, {by}"
    elif found.model != "designer":
        yield "written by", f"the designer, not {found.model}"


def _run(found: Generation) -> Iterator[Line]:
    """Why the circuits stand in this order, classical search, what was done, and remarks."""
    if order := phrases.ranking_text([candidate.report for candidate in found.candidates]):
        yield "order", order
    if found.comparison is not None:
        for answer in found.comparison.classical:
            value = "" if answer.objective is None else f" objective {amount(answer.objective)},"
            broken = " breaks a constraint," if answer.feasible is False else ""
            best = "optimal" if answer.optimal else "not optimal"
            took = answer.elapsed_ms
            time = f"{took:.{1 if took < 10 else 0}f} ms"
            yield "classical", f"{answer.method} search:{value}{broken} {best}, {time}"
    if found.recursive is not None:
        yield "recursive", estimates_text.recursive_text(found.recursive, found.best.report)
    if found.trace:
        kinds = Counter(step.kind for step in found.trace)
        done = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        yield "steps", f"{done} (--trace lists them)"
    for remark in found.best.report.remarks:
        yield "note", remark
    if found.interrupted:
        yield "note", "Interrupted: this is the best there was by then."
    elif found.out_of_time:
        yield (
            "note",
            "The time limit cut the search short: the same command may give another circuit. "
            "Limits on evaluations (--max-evaluations, --budget) do not.",
        )
    for reason in found.lost:
        yield "note", f"An answer is missing: {reason}"


TRIED = ("tried", "state", "P(opt)", "shots", "ratio", "gates", "2q", "depth")
"""Headings of the table of circuits."""
TRIED_GROUND = ("tried", "state", "error", "fidelity", "ratio", "gates", "2q", "depth")
"""The same where a ground state is asked for."""


def tried_headings(found: Generation) -> tuple[str, ...]:
    """The headings of `tried_rows`."""
    if found.device is not None:
        return on_device.TRIED_ON_DEVICE
    return TRIED if found.best.report.stages.ground is None else TRIED_GROUND


def tried_rows(found: Generation) -> list[list[str]]:
    """The best candidates, and guessing beside them."""
    alike: dict[str, list[Candidate]] = {}
    for candidate in found.candidates:
        alike.setdefault(candidate.qasm or candidate.name, []).append(candidate)
    shown = list(alike.values())[:_SHOWN]
    if found.device is not None:
        return [[_name(same), *on_device.device_row(same[0])] for same in shown]
    rows = [
        [
            _name(same),
            phrases.state_word(same[0].report),
            *_quality_cells(same[0].report),
            share(same[0].report.approximation_ratio or 0.0),
            *_sizes(same[0].report.quality),
        ]
        for same in shown
    ]
    more = len(found.candidates) - sum(map(len, shown))
    if more:
        rows.append([f"… {more} more"])
    if found.comparison is not None:
        uniform = found.comparison.uniform
        shots = _shots(uniform.shots_to_optimum)
        ratio = share(uniform.approximation_ratio)
        rows.append(["guessing (uniform)", "product", share(uniform.p_optimal, 3), shots, ratio])
    return rows


def _quality_cells(report: Report) -> tuple[str, str]:
    """How good the answer is, in two cells."""
    if report.stages.ground is None:
        return share(report.p_optimal or 0.0, 3), _shots(report.shots_to_optimum)
    error = report.energy_error
    return "-" if error is None else f"{error:.2g}", share(report.ground_space_fidelity)


def _name(same: Sequence[Candidate]) -> str:
    """What a circuit is called, and how many candidates are the same circuit."""
    cut = " (cut short)" if same[0].out_of_time else ""
    others = f" (and {len(same) - 1} alike)" if len(same) > 1 else ""
    return f"{same[0].name}{cut}{others}"


def _shots(shots: int | None) -> str:
    if shots is None:
        return "-"
    return f"{shots:,}" if shots < 10**6 else f"{shots:.1e}"


def _sizes(quality: Quality | None) -> list[str]:
    """Gates, those on two qubits and depth, without what does nothing where that is known."""
    size = None if quality is None else quality.effective or quality.statistics
    if size is None:
        return ["-"] * 3
    return [str(size.gates), str(size.two_qubit_gates), str(size.depth)]


# --- the steps of a refinement -------------------------------------------------------------------


def trace_text(found: Generation) -> str:
    """What each step of a refinement gained, and why nothing came of it where nothing did."""
    if not found.trace:
        return " no steps: nothing was refined"
    rows: list[list[str]] = []
    for step in found.trace:
        rows.append(
            [
                f"{step.kind} {step.candidate}",
                _change(step, "approximation_ratio", 4),
                _change(step, "p_optimal", 3),
                "optimal" if step.after.top_is_optimal else "-",
                str(step.evaluations) if step.kind == "polished" else "",
            ]
        )
        if step.note:
            rows.append([f"  {step.note}"])
    return table(["step", "ratio", "P(opt)", "top", "evals"], rows)


def _change(step: Step, measure: str, decimals: int) -> str:
    """A measurement before and after a step."""
    standings = [step.after] if step.before is None else [step.before, step.after]
    values = [getattr(standing, measure) for standing in standings]
    shown = ("unusable" if value is None else share(value, decimals) for value in values)
    return " -> ".join(shown)


# --- a problem -----------------------------------------------------------------------------------


def problem_title(problem: EncodedProblem) -> str:
    """The task in words, with its size."""
    source = problem.problem
    title = "Find a state of lowest energy" if source is None else source.title
    return f"{title} ({counted(problem.n_qubits, 'qubit')}, {problem.encoding} encoding)"


def problem_text(problem: EncodedProblem) -> str:
    """The task, what each qubit stands for, and the Hamiltonian."""
    lines = wrapped(problem_title(problem), 80)
    lines += [labelled(label, text, indent=2) for label, text in problem_facts(problem)]
    return "\n".join(lines)


def problem_facts(problem: EncodedProblem) -> list[Line]:
    """The summary of a problem by label."""
    hamiltonian = problem.hamiltonian
    facts = []
    if problem.problem is not None:
        facts.append(("type", problem.problem.problem_type))
    names = (label_text(variable) for variable in problem.variables)
    variables = ", ".join(f"q[{i}] {name}" for i, name in enumerate(names))
    facts.append(("variables", variables or "unknown"))
    facts.append(("constant", f"{hamiltonian.constant!r}"))
    text = hamiltonian.to_text()
    whole = text if len(text) <= _LONGEST else f"{len(hamiltonian.pauli_terms()):,} terms"
    facts.append(("Hamiltonian", whole))
    return facts
