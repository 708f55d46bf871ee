"""The same compiled circuit on better qubits: every way to lay its couplers onto the device's.

Gates and routing stay; only the physical qubits change, so that two-qubit gates are as many as
before and ESP can only rise. Places are enumerated by VF2 (subgraph isomorphism) up to a limit.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from quasar.compile.part import Part
from quasar.compile.placed import GateStep, Placed
from quasar.compile.success import Scorer

MOST_PLACES = 3_000
MOST_CALLS = 200_000
"""Steps of the search for places; a few tenths of a second."""


def relocated(placed: Placed, part: Part, scorer: Scorer, measured: Sequence[int]) -> Placed:
    """The circuit where its ESP is best among the places found; `placed` itself if none is better.

    Args:
        placed: in the part's numbers.
        scorer: of the part's device.
    """
    import rustworkx

    device = _graph(len(part.qubits), {pair for _, pair in _pair_gates(part)})
    active = {q: i for i, q in enumerate(placed.active)}
    pairs = {
        tuple(active[q] for q in step.qubits) for step in placed.steps if len(step.qubits) == 2
    }
    if not pairs:
        return placed
    wanted = _graph(len(active), pairs)
    found = rustworkx.vf2_mapping(
        device, wanted, subgraph=True, induced=False, id_order=False, call_limit=MOST_CALLS
    )
    value = _Value(placed, part, scorer, measured)
    best, best_value = None, value({q: q for q in active}) + 1e-12
    for mapping in itertools.islice(found, MOST_PLACES):
        place = {placed.active[i]: physical for physical, i in mapping.items()}
        if (now := value(place)) > best_value:
            best, best_value = place, now
    return placed if best is None else placed.moved(best, len(part.qubits))


class _Value:
    """log ESP of the circuit at other places, with the idle times of the present ones."""

    def __init__(self, placed: Placed, part: Part, scorer: Scorer, measured: Sequence[int]) -> None:
        self.part, self.scorer = part, scorer
        self.counts = Counter(placed.steps)
        self.measured = [placed.final[q] for q in measured]
        at = part.qubits
        steps = [GateStep(step.name, tuple(at[q] for q in step.qubits)) for step in placed.steps]
        idle = scorer.idle_times(steps)[1]
        self.rest = {part.place[q]: t for q, t in idle.items()}
        self.known: dict[tuple[object, ...], float] = {}

    def __call__(self, place: Mapping[int, int]) -> float:
        at = self.part.qubits
        total = 0.0
        for step, count in self.counts.items():
            moved = GateStep(step.name, tuple(at[place[q]] for q in step.qubits))
            if not self.exists(moved):
                return -math.inf
            total += count * self.scorer.step(moved)[0]
        total += sum(self.scorer.readout(at[place[q]]) for q in self.measured)
        return total + sum(self.scorer.idle(at[place[q]], t) for q, t in self.rest.items())

    def exists(self, step: GateStep) -> bool:
        known = self.known.get(step)
        if known is None:
            known = self.part.device.target.instruction_supported(step.name, step.qubits)
            self.known[step] = known
        return bool(known)


def _pair_gates(part: Part) -> list[tuple[str, tuple[int, ...]]]:
    place = part.place
    return [
        (name, (place[a], place[b]))
        for name, (a, b) in part.device.two_qubit_gates
        if a in place and b in place
    ]


def _graph(nodes: int, pairs: set[tuple[int, ...]]) -> Any:
    import rustworkx

    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from_no_data([(a, b) for a, b in sorted(pairs)])
    return graph
