"""The same compiled circuit on better qubits: every way to lay its couplers onto the device's.

Gates and routing stay; only the physical qubits change, so that two-qubit gates are as many as
before and ESP can only rise. Places are enumerated by VF2 (subgraph isomorphism) up to a limit, of
each group of qubits that gates join on its own: of all groups together there are far too many.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from quasar.compile.part import Part
from quasar.compile.placed import GateStep, Placed
from quasar.compile.success import Scorer

MOST_PLACES = 3_000
BEAM, BRANCHES = 50, 20
"""Places of some groups that are kept while the next is placed, and its places tried with each."""
MOST_CALLS = 200_000
"""Steps of the search for places; a few tenths of a second."""


def relocated(placed: Placed, part: Part, scorer: Scorer, measured: Sequence[int]) -> Placed:
    """The circuit where its ESP is best among the places found; `placed` itself if none is better.

    Args:
        placed: in the part's numbers.
        scorer: of the part's device.
    """
    value = _Value(placed, part, scorer, measured)
    device = _graph(len(part.qubits), {qubits for _, qubits in _pair_gates(part)})
    choices = [_choices(group, device, value) for group in _groups(placed)]
    before = value({q: q for q in placed.active})
    best = _together(choices)
    if best is None or best.value <= before + 1e-12:
        return placed
    return placed.moved(best.place, len(part.qubits))


class _Group(NamedTuple):
    """Qubits of a circuit that its two-qubit gates join; the places of groups are independent, as
    each gate, readout and wait belongs to one of them.
    """

    qubits: tuple[int, ...]
    pairs: frozenset[tuple[int, ...]]


def _groups(placed: Placed) -> list[_Group]:
    """The groups of the active qubits, the largest first."""
    import networkx as nx

    pairs = {step.qubits for step in placed.steps if len(step.qubits) == 2}
    graph = nx.Graph(pairs)
    graph.add_nodes_from(placed.active)
    found = [tuple(sorted(group)) for group in nx.connected_components(graph)]
    return [
        _Group(group, frozenset(pair for pair in pairs if pair[0] in group))
        for group in sorted(found, key=lambda group: (-len(group), group))
    ]


class _Choice(NamedTuple):
    """A place of some groups.

    Attributes:
        value: log ESP of their gates, readouts and waits there.
        taken: its qubits, as bits of a number.
        place: of each of the groups' qubits.
    """

    value: float
    taken: int
    place: dict[int, int]


def _choices(group: _Group, device: Any, value: _Value) -> list[_Choice]:
    """Places of one group, best first; its present one is among them."""
    import rustworkx

    index = {q: i for i, q in enumerate(group.qubits)}
    wanted = _graph(len(index), {tuple(index[q] for q in pair) for pair in group.pairs})
    found = rustworkx.vf2_mapping(
        device, wanted, subgraph=True, induced=False, id_order=False, call_limit=MOST_CALLS
    )
    places = [{q: q for q in group.qubits}]
    for mapping in itertools.islice(found, MOST_PLACES):
        places.append({group.qubits[i]: physical for physical, i in mapping.items()})
    choices = [_Choice(value(p), sum(1 << q for q in p.values()), p) for p in places]
    return sorted(choices, key=lambda choice: -choice.value)


def _together(choices: Sequence[Sequence[_Choice]]) -> _Choice | None:
    """The best place of all groups, none on another's qubits, as far as a beam search finds it."""
    beam = [_Choice(0.0, 0, {})]
    for one in choices:
        grown = []
        for begun in beam:
            beside = (choice for choice in one if not choice.taken & begun.taken)
            grown += [
                _Choice(
                    begun.value + choice.value,
                    begun.taken | choice.taken,
                    {**begun.place, **choice.place},
                )
                for choice in itertools.islice(beside, BRANCHES)
            ]
        beam = heapq.nlargest(BEAM, grown, key=lambda choice: choice.value)
    return beam[0] if beam else None


class _Value:
    """log ESP of a group of qubits at other places, with the idle times of the present ones."""

    def __init__(self, placed: Placed, part: Part, scorer: Scorer, measured: Sequence[int]) -> None:
        self.part, self.scorer = part, scorer
        self.counts = Counter(placed.steps)
        self.measured = [(placed.final[q], q) for q in measured]
        at = part.qubits
        steps = [GateStep(step.name, tuple(at[q] for q in step.qubits)) for step in placed.steps]
        idle = scorer.idle_times(steps)[1]
        self.rest = {part.place[q]: t for q, t in idle.items()}
        self.known: dict[tuple[object, ...], float] = {}

    def __call__(self, place: Mapping[int, int]) -> float:
        at = self.part.qubits
        total = 0.0
        for step, count in self.counts.items():
            if not step.qubits or step.qubits[0] not in place:
                continue
            moved = GateStep(step.name, tuple(at[place[q]] for q in step.qubits))
            if not self.exists(moved):
                return -math.inf
            total += count * self.scorer.step(moved)[0]
        total += sum(self.scorer.readout(at[place[q]], i) for q, i in self.measured if q in place)
        waits = ((place[q], t) for q, t in self.rest.items() if q in place)
        return total + sum(self.scorer.idle(at[q], t) for q, t in waits)

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
