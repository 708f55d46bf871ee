"""Results as the page draws them: gates in columns, solutions on the graph, bars.

JSON-able data only: no colours and no places. Names of nodes are keys: their JSON text, as
`JSON.stringify` writes it, so that the page finds its own nodes again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from quasar.circuits.circuit import Gate
from quasar.circuits.effective import effective
from quasar.circuits.qasm import Program, parse
from quasar.circuits.zz_terms import joined
from quasar.core.errors import CircuitError
from quasar.core.labels import Label, to_json
from quasar.problems.base import EncodedProblem
from quasar.problems.overlay import SolutionOverlay, label_text
from quasar.problems.quantum.observable import EncodedObservable
from quasar.report.histogram import bars
from quasar.simulate.engine import Readout, get_engine
from quasar.verifier.quality import read_state
from quasar.verifier.report import Report

MOST_ITEMS = 1500
"""Gates of a circuit that are drawn; further ones are counted."""
_MOST_OVERLAYS = 24
_LARGE_GRAPH = 300  # nodes from which only the first answer is shown on the graph


def key(label: Label) -> str:
    """The name of a node or variable as the page writes it."""
    return json.dumps(to_json(label), ensure_ascii=False, separators=(",", ":"))


def view(
    problem: EncodedProblem,
    report: Report,
    qasm: str,
    parameters: Mapping[str, float | str] | None = None,
) -> dict[str, Any]:
    """What the page shows of one verified circuit beside its report.

    Returns:
        `circuit` (None where there is none to draw), `bars` (None where the distribution is not
        known), `answers`: the solutions of the bars on the graph, and `rest`.
    """
    if not report.feasible or not qasm:
        return {"circuit": None, "bars": None, "answers": _sampled(problem, report)}
    try:
        program = parse(qasm, parameters=parameters, header="language")
    except CircuitError:
        return {"circuit": None, "bars": None, "answers": []}
    shown = circuit_view(program, problem)
    if report.estimates is not None:
        return {"circuit": shown, "bars": None, "answers": _sampled(problem, report)}
    if isinstance(problem, EncodedObservable) or report.quality is None:
        return {"circuit": shown, "bars": None, "answers": []}
    outcome = get_engine().run(program, Readout(problem.n_qubits))
    found = bars(outcome.distribution(), problem)
    states = [
        read_state(state, problem, height)
        for state, height in zip(found.states, found.heights, strict=True)
    ]
    rest = {"probability": found.rest, "optimal": found.rest_optimal, "states": found.n_rest}
    graph = problem.problem is not None and _size(problem) > _LARGE_GRAPH
    few = states[: 1 if graph else _MOST_OVERLAYS]
    return {
        "circuit": shown,
        "bars": [state.model_dump(mode="json") for state in states],
        "rest": rest,
        "answers": [answer_view(problem, state.solution) for state in few],
    }


def _size(problem: EncodedProblem) -> int:
    return len(problem.variables) or problem.n_qubits


def _sampled(problem: EncodedProblem, report: Report) -> list[dict[str, Any] | None]:
    """The best of the samples."""
    samples = None if report.estimates is None else report.estimates.samples
    return [] if samples is None else [answer_view(problem, samples.best.solution)]


def answer_view(problem: EncodedProblem, solution: Any) -> dict[str, Any] | None:
    """A solution on the graph, or as piles; None where neither can be."""
    source = problem.problem
    if source is None or solution is None:
        return None
    stacks = source.stacks(solution)
    if stacks is not None:
        return {
            "title": stacks.title,
            "unit": stacks.unit,
            "limit": stacks.limit,
            "stacks": [stack._asdict() for stack in stacks.stacks],
        }
    overlay = source.overlay(solution)
    return None if overlay is None else overlay_view(overlay)


def overlay_view(overlay: SolutionOverlay) -> dict[str, Any]:
    """Nodes, edges and legend of an overlay."""
    nodes = [
        {
            "key": key(node),
            "name": overlay.names.get(node, label_text(node)),
            "group": overlay.groups.get(node),
            "wrong": node in overlay.wrong_nodes,
            "note": overlay.notes.get(node),
            "junction": node in overlay.junctions,
        }
        for node in overlay.graph
    ]
    directed = overlay.graph.is_directed()
    pairs = dict.fromkeys((*overlay.strong, *overlay.wrong_edges))
    marked = set(pairs) | (set() if directed else {(v, u) for u, v in pairs})
    pairs.update(dict.fromkeys(edge for edge in overlay.graph.edges if edge not in marked))
    edges = [
        {
            "source": key(u),
            "target": key(v),
            "strong": (u, v) in overlay.strong,
            "wrong": (u, v) in overlay.wrong_edges,
            "arrow": directed or (u, v) in overlay.arrows,
            "label": overlay.edge_labels.get((u, v)) or overlay.edge_labels.get((v, u)),
        }
        for u, v in pairs
    ]
    legend = [entry._asdict() for entry in overlay.legend]
    return {"title": overlay.title, "nodes": nodes, "edges": edges, "legend": legend}


def circuit_view(program: Program, problem: EncodedProblem) -> dict[str, Any] | None:
    """A circuit as items in columns; None for a dynamic one.

    Ladders of `cx` around `rz` are one item, as in the project's pictures. An item is `idle` where
    none of its gates is left once everything without effect is taken out.
    """
    circuit = program.circuit
    if circuit is None:
        return None
    names: dict[str, str] = {}
    if problem.variables:
        bits = program.answer(problem.n_qubits).bits
        final = circuit.measurements.final
        places = range(len(problem.variables)) if bits is None else [final.get(b) for b in bits]
        pairs = zip(places, problem.variables, strict=False)
        names = {str(qubit): _wire(name) for qubit, name in pairs if qubit is not None}
    alive = Counter(map(_same, effective(circuit).gates))
    whole = Counter(map(_same, circuit.gates))
    found = joined(circuit)
    items, free = [], [0] * circuit.n_qubits
    for gate, size in found[:MOST_ITEMS]:
        low, high = min(gate.qubits), max(gate.qubits)
        column = max(free[low : high + 1])
        free[low : high + 1] = [column + 1] * (high - low + 1)
        idle = size == 1 and whole[_same(gate)] > 0 and not alive[_same(gate)]
        items.append(
            {
                "name": gate.name,
                "qubits": list(gate.qubits),
                "params": list(gate.params),
                "column": column,
                "gates": size,
                "idle": idle,
            }
        )
    return {
        "n_qubits": circuit.n_qubits,
        "names": names,
        "items": items,
        "columns": max(free, default=0),
        "left_out": sum(size for _, size in found[MOST_ITEMS:]),
        "measured": sorted(set(circuit.measurements.final.values())),
    }


def _wire(name: Label) -> str:
    """A variable's name in the little room beside a wire: its parts without brackets."""
    parts = name if isinstance(name, tuple) else (name,)
    return " ".join(label_text(part) for part in parts)


def _same(gate: Gate) -> tuple[Any, ...]:
    return gate.name, gate.qubits, tuple(round(angle, 9) for angle in gate.params)
