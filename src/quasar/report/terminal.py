"""Results in words for a terminal: the verifier's report, and what `quasar generate` found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quasar.core.numerals import share

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from quasar.agent.candidate import Candidate
    from quasar.agent.generate import Generation
    from quasar.agent.refine import Step
    from quasar.verifier.quality import DecodedState, Optimum, Quality
    from quasar.verifier.report import Report


_SHOWN = 8  # rows of a table before it is cut
_PLAIN_WIDTH = 110  # columns where output is no terminal


def solution_text(solution: Any, limit: int = 300) -> str:
    """A solution on one line, cut where it would flood the terminal."""
    text = (
        ", ".join(
            str(v) if not isinstance(v, list) else json.dumps(v, ensure_ascii=False)
            for v in solution
        )
        if isinstance(solution, list)
        else json.dumps(solution, ensure_ascii=False)
    )
    return text if len(text) <= limit else text[: limit - 1] + "…"


def report_text(report: Report) -> str:
    """The verifier's report as a person reads it."""
    lines = []
    if not report.feasible:
        lines += [f"infeasible: {report.fault}", f"reward     {report.reward.value:.4f}"]
        return "\n".join(lines)
    lines.append("feasible circuit" if report.no_solution else "feasible")
    quality = report.quality
    if quality is not None and quality.statistics is not None:
        s = quality.statistics
        lines.append(
            f"circuit    {counted(s.n_qubits, 'qubit')}, "
            f"{counted(s.gates, 'gate')}{effect_text(quality)}, "
            f"{s.two_qubit_gates} on two or more qubits, depth {s.depth}, "
            f"{counted(s.parameters, 'angle')}"
        )
    if quality is not None and quality.degrees_of_freedom is not None:
        lines.append(f"carries    {freedom_text(quality)}")
    if report.energy is not None and report.optimum is not None:
        constant = report.problem.constant
        without = f"; without the constant {constant:.6g}" if constant else ""
        lines.append(
            f"energy     {report.energy:.6g}  (best possible {report.optimum.e_min:.6g}, worst "
            f"{report.optimum.e_max:.6g}; {report.energy_convention} convention{without})"
        )
    if report.approximation_ratio is not None and report.p_optimal is not None:
        top = "optimal" if report.top_is_optimal else "not optimal"
        lines.append(
            f"quality    approximation ratio {share(report.approximation_ratio)}, probability of "
            f"an optimum {share(report.p_optimal)}, most probable state {top}"
        )
        lines.append(f"shots      {shots_text(report.shots_to_optimum)}")
    if report.stages.behaviour is not None:
        entropy = report.relative_entropy
        shown = "infinite" if entropy is None else f"{entropy:.4f} bits"
        lines.append(
            f"likeness   s2 {share(report.stages.behaviour.score)}, relative entropy to the "
            f"reference {shown}"
        )
    if report.stages.utility is not None:
        u = report.stages.utility
        steps = counted(u.evaluations, "optimiser step")
        reach = "reaches" if u.evaluations == 1 else "reach"
        lines.append(f"start      {steps} from its angles {reach} energy {u.energy_optimised:.6g}")
    lines += [f"{name:<10} {values_text(found)}" for name, found in report.stages.others.items()]
    if quality is not None and quality.top_states:
        lines.append(f"answer     {decoded_text(quality.top_states[0])}")
    if report.optimum is not None:
        lines.append(f"optimum    {optimum_text(report.optimum, report.problem.n_qubits)}")
    lines += solutions_lines(report)
    lines.append(f"reward     {report.reward.value:.4f} ({report.reward.scheme})")
    cost = ", ".join(f"{stage} {seconds * 1e3:.1f} ms" for stage, seconds in report.cost_s.items())
    lines.append(f"cost       {cost}")
    lines += [f"note       {remark}" for remark in report.remarks]
    return "\n".join(lines)


def values_text(values: Mapping[str, Any]) -> str:
    """Measurements by name, on one line."""
    shown = {k: f"{v:.6g}" if isinstance(v, float) else f"{v}" for k, v in values.items()}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items())


def optimum_text(optimum: Optimum, n_qubits: int) -> str:
    """The best there is, and how many states are as good."""
    if optimum.status == "infeasible":
        return f"no valid solution exists (proved: all {2**n_qubits:,} states were checked)"
    return f"{optimum.n_ground_states:,} state(s); e.g. {decoded_text(optimum.example)}"


def counted(count: int, what: str) -> str:
    """A number of things, in the singular for one."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def effect_text(quality: Quality) -> str:
    """What of the gates has an effect, in brackets; empty where it was not looked for."""
    acting = quality.effective
    if acting is None:
        return ""
    does = "does" if acting.gates == 1 else "do"
    on_two = str(acting.two_qubit_gates) if acting.two_qubit_gates else "none"
    return f" ({acting.gates} that {does} anything, {on_two} on two qubits)"


def freedom_text(quality: Quality) -> str:
    """How many numbers the circuit carries, and where they come from."""
    count = quality.degrees_of_freedom
    numbers = "one free angle" if count == 1 else f"{count or 'no'} free angles"
    if quality.from_hamiltonian:
        return f"{numbers}; all else follows from the Hamiltonian (QAOA)"
    return f"{numbers}; gates and angles do not follow from the Hamiltonian"


def shots_text(shots: int | None) -> str:
    """How often to run the circuit to see an optimum."""
    if shots is None:
        return "no number of shots shows an optimum"
    return f"{shots:,} to see an optimum with probability 0.99"


def decoded_text(state: DecodedState) -> str:
    """One basis state: bits, probability, what it means."""
    parts = [state.bitstring]
    if state.probability is not None:
        parts.append(f"with probability {share(state.probability)}")
    if state.solution is not None:
        kind = "" if state.feasible else "infeasible "
        value = f" (objective {amount(state.objective)})" if state.objective is not None else ""
        parts.append(f"= {kind}{solution_text(state.solution)}{value}")
    return " ".join(parts)


def generation_text(found: Generation) -> None:
    """Print the best circuit's answer, all candidates, and each step of a refinement."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console = Console(highlight=False, soft_wrap=True, width=_PLAIN_WIDTH)
    report, problem = found.best.report, found.problem
    source = problem.problem
    title = "Find a state of lowest energy" if source is None else source.title
    console.print(
        f"[bold]{title}[/bold] ({counted(problem.n_qubits, 'qubit')}, {problem.encoding} encoding)"
    )
    if report.feasible:
        _print_best(console, found)
    else:
        console.print(f"  verdict     no usable circuit: {report.fault}", markup=False)
    console.print(_candidates(found))
    if 0 < len(found.trace) <= _SHOWN:
        console.print(_trace(found))
    elif found.trace:
        kinds = Counter(step.kind for step in found.trace)
        done = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        console.print(f"  steps       {done}; report.json has each")
    for remark in report.remarks:
        console.print(f"  note        {remark}", markup=False)
    if found.interrupted:
        console.print("  note        Interrupted: this is the best there was by then.")
    elif found.out_of_time:
        console.print(
            "  note        The time limit cut the search short: the same command may give another "
            "circuit. Limits on evaluations (--max-evaluations, --budget) do not."
        )
    for reason in found.lost:
        console.print(f"  note        An answer is missing: {reason}", markup=False)


def _print_best(console: Console, found: Generation) -> None:
    """Answer, verdict and size of the best circuit."""
    best = found.best
    optimum, quality = best.report.optimum, best.report.quality
    if optimum is None or quality is None:
        return
    answer = quality.top_states[0]
    if answer.solution is not None:
        kind = "" if answer.feasible else " [red](breaks a constraint)[/red]"
        console.print(f"  answer      {solution_text(answer.solution)}{kind}", markup=True)
        console.print(f"  objective   {amount(answer.objective)}")
    console.print(f"  verdict     {verdict_text(answer, optimum, found.problem.n_qubits)}")
    if not best.report.no_solution:
        console.print(
            f"  measured    this answer with probability {share(answer.probability, 3)}, any of "
            f"{optimum.n_ground_states:,} optimal states with {share(best.report.p_optimal, 3)}"
        )
        console.print(f"  shots       {shots_text(best.report.shots_to_optimum)}")
    for line in solutions_lines(best.report):
        console.print(f"  {line}")
    console.print(f"  ratio       {share(best.report.approximation_ratio)} of the energy range")
    console.print(f"  state       {state_text(quality)}")
    size = quality.statistics
    if size is not None:
        console.print(
            f"  circuit     {best.name}: {counted(size.gates, 'gate')}{effect_text(quality)}, "
            f"{size.two_qubit_gates} on two qubits, depth {size.depth}"
        )
    if best.proposal is not None:
        by = "its angles by the optimiser" if best.origin == "polished" else "unchanged"
        console.print(f"  written by  {found.model}, {by}", markup=False)
    elif found.model != "designer":
        console.print(f"  written by  the designer, not {found.model}", markup=False)


def verdict_text(answer: DecodedState, optimum: Optimum, n_qubits: int) -> str:
    """What is proved of an answer."""
    every = f"all {2**n_qubits:,} states"
    if optimum.status == "infeasible":
        return optimum_text(optimum, n_qubits)
    if not answer.optimal:
        best = optimum.example
        if answer.feasible and best.feasible and answer.objective != best.objective:
            return (
                f"not optimal: objective {amount(answer.objective)}, best possible "
                f"{amount(best.objective)}"
            )
        if answer.energy <= optimum.e_min:
            return "not optimal, although its energy is the lowest: the Hamiltonian is not exact"
        return f"not optimal: energy {answer.energy:g}, best possible {optimum.e_min:g}"
    if optimum.encoding_is_exact:
        return f"proven optimal: best of {every}"
    broken = "" if answer.feasible else ", and breaks a constraint"
    return f"lowest energy of {every}, but the encoding is not exact{broken}"


def state_text(quality: Quality) -> str:
    """What the final state is."""
    if quality.basis_state:
        return "one bit string: a classical answer written as gates"
    if quality.product_state:
        return "a product state: a classical answer written as gates"
    if quality.entanglement is None:
        return "a mixture of measurement outcomes"
    return f"entangled (Meyer-Wallach {share(quality.entanglement, 3)})"


def solutions_lines(report: Report) -> list[str]:
    """What is measured of valid solutions, and the penalty that keeps to them."""
    found, lines = report.solutions, []
    if found is None or found.p_feasible is None or report.no_solution:
        return []
    among = found.feasible_ratio
    ratio = "" if among is None else f", ratio among them {share(among)}"
    lines.append(f"valid       with probability {share(found.p_feasible)}{ratio}")
    best = [
        f"{amount(value)} in {shots:,} shots"
        for shots, value in found.expected_best.items()
        if value is not None
    ]
    if best:
        lines.append(f"best seen   expected objective {', '.join(best)}")
    if report.penalty is not None:
        weight = report.penalty
        own = "" if weight.weight == weight.sufficient else f" (sufficient: {weight.sufficient:g})"
        why = f": {weight.derivation}" if not own else ""
        lines.append(f"penalty     {weight.weight:g}{own}{why}")
    return lines


def amount(value: float | None) -> str:
    """An objective in full: integers as such."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value == round(value) and abs(value) < 1e15 else f"{value:.6g}"


def _candidates(found: Generation) -> Table:
    """The best candidates, and what they are held against."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None)
    for heading in ("tried", "state", "P(opt)", "shots", "ratio", "gates", "2q", "depth"):
        table.add_column(heading, no_wrap=True)
    alike: dict[str, list[Candidate]] = {}
    for candidate in found.candidates:
        alike.setdefault(candidate.qasm or candidate.name, []).append(candidate)
    shown = list(alike.values())[:_SHOWN]
    for same in shown:
        measured = same[0].report
        table.add_row(
            Text(_name(found, same)),
            _kind(measured),
            share(measured.p_optimal or 0.0, 3),
            _shots(measured.shots_to_optimum),
            share(measured.approximation_ratio or 0.0),
            *_sizes(measured.quality),
        )
    more = len(found.candidates) - sum(map(len, shown))
    if more:
        table.add_row(f"… {more} more in report.json")
    if found.comparison is None:
        return table
    uniform = found.comparison.uniform
    table.add_row(
        "guessing (uniform)",
        "product",
        share(uniform.p_optimal, 3),
        _shots(uniform.shots_to_optimum),
        share(uniform.approximation_ratio),
    )
    for answer in found.comparison.classical:
        value = "" if answer.objective is None else f", objective {amount(answer.objective)}"
        broken = " (breaks a constraint)" if answer.feasible is False else ""
        took = answer.elapsed_ms
        table.add_row(
            f"{answer.method} search, {took:.{1 if took < 10 else 0}f} ms{value}{broken}",
            "classical",
            share(float(answer.optimal), 3),
            "1" if answer.optimal else "-",
        )
    return table


def _name(found: Generation, same: Sequence[Candidate]) -> str:
    """Who made a circuit, and how many candidates are the same circuit."""
    first = same[0]
    by = f"{found.model}'s " if first.proposal is not None else ""
    cut = " (cut short)" if first.out_of_time else ""
    others = f" (and {len(same) - 1} alike)" if len(same) > 1 else ""
    return f"{by}{first.name}{cut}{others}"


def _kind(report: Report) -> str:
    """What the state is, in a word."""
    quality = report.quality
    if not report.feasible or quality is None:
        return "unusable"
    if quality.basis_state:
        return "bit string"
    if quality.product_state:
        return "product"
    return "mixture" if quality.entanglement is None else "entangled"


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


def _trace(found: Generation) -> Table:
    """What each step of a refinement gained."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None)
    for heading in ("step", "circuit", "ratio", "P(opt)", "top", "evals"):
        table.add_column(heading, no_wrap=True)
    noted = any(step.note for step in found.trace)
    if noted:
        table.add_column("note")
    for step in found.trace:
        after = step.after
        table.add_row(
            step.kind,
            step.candidate,
            _change(step, "approximation_ratio", 4),
            _change(step, "p_optimal", 3),
            "optimal" if after.top_is_optimal else "-",
            str(step.evaluations) if step.kind == "polished" else "",
            *([Text(step.note if len(step.note) <= 60 else step.note[:59] + "…")] if noted else []),
        )
    return table


def _change(step: Step, measure: str, decimals: int) -> str:
    """A measurement before and after a step."""
    standings = [step.after] if step.before is None else [step.before, step.after]
    values = [getattr(standing, measure) for standing in standings]
    shown = ("unusable" if value is None else share(value, decimals) for value in values)
    return " -> ".join(shown)
