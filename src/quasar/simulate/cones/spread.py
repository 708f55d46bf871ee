"""Cones found and contracted here, on processes of this machine, or on a Ray cluster.

Pieces of work are the same wherever they are done, and their results are put together in one
order. So results agree to the last bit where BLAS computes alike: with one thread for each process,
as workers have. Pieces carry all that they need, and a process keeps what it has computed of the
circuit, so that one that dies is replaced.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.core.cluster import Cluster, RayPool
from quasar.core.errors import InputError
from quasar.core.observable import Pauli, show_pauli
from quasar.core.parallel import ProcessPool
from quasar.core.progress import Progress
from quasar.simulate.cones.causal import Causes, Cone, Key, on_wires
from quasar.simulate.cones.contraction import Plan, WidthExceeded
from quasar.simulate.cones.network import Network
from quasar.simulate.cones.pieces import Pieces

FloatVector = npt.NDArray[np.float64]

_CHUNK = 100
"""Terms whose cones are found at a time; it does not depend on the workers."""
_WORTH_TERMS = 400
"""Terms from which on it is worth to ask others."""
_WORTH_COST = 4e7
"""Multiplications from which on it is worth to ask others: about a second."""


class TooWide(InputError):
    """A cone needs tensors of more variables than allowed."""


@dataclass(frozen=True)
class ConeWorkers:
    """Where cones are contracted.

    Attributes:
        jobs: processes of this machine; 1 works in this one.
        cluster: work there and not on this machine.
        progress: told how far the work is.
    """

    jobs: int = 1
    cluster: Cluster | None = None
    progress: Progress = field(default_factory=Progress)


HERE = ConeWorkers()
"""This process."""
_CHOSEN = ContextVar("cone workers", default=HERE)


@contextmanager
def working_on(workers: ConeWorkers) -> Iterator[None]:
    """Where cones are contracted while this lasts, unless they are told otherwise."""
    token = _CHOSEN.set(workers)
    try:
        yield
    finally:
        _CHOSEN.reset(token)


def chosen_workers() -> ConeWorkers:
    """Those of `working_on`; this process without."""
    return _CHOSEN.get()


class Terms(NamedTuple):
    """Terms whose cones are sought."""

    first: int
    paulis: tuple[Pauli, ...]


class Members(NamedTuple):
    """Terms with one key: its plan, their numbers, and their scales, shape [terms, F]."""

    key: Key
    plan: Plan
    numbers: list[int]
    scales: FloatVector
    n_wires: int


class Instances(NamedTuple):
    """Instances of a class to be contracted.

    Attributes:
        key: of the class.
        plan: of its network.
        scales: of the instances, shape [B, F].
        theta: the angles, shape [P].
        mass: weight of each instance, shape [B]; None where no slopes are asked for.
    """

    key: Key
    plan: Plan
    scales: FloatVector
    theta: FloatVector
    mass: FloatVector | None


class ConeWork:
    """Finds and contracts cones of one circuit; what it has found it keeps, but does not pickle.

    Args:
        ansatz: its gates.
        max_width: variables of the largest tensor allowed.
    """

    def __init__(self, ansatz: Ansatz, max_width: int) -> None:
        self.ansatz = ansatz
        self.max_width = max_width
        self._found: tuple[Pieces, Causes] | None = None
        self._networks: dict[Key, Network] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_found": None, "_networks": {}}

    def __call__(self, item: tuple[int, Terms | Instances]) -> tuple[int, Any]:
        """The number of the item and its result.

        Raises:
            TooWide: a product that needs wider tensors.
        """
        number, work = item
        if isinstance(work, Terms):
            return number, self._cones(work)
        network = self._network(work.key, work.plan)
        if work.mass is None:
            values = network.contract(work.scales, work.theta).value.real
            return number, np.array(np.broadcast_to(values, (len(work.scales),)))
        values, slopes = network.contract_with_slopes(work.scales, work.theta, work.mass)
        return number, (float(work.mass @ np.broadcast_to(values, work.mass.shape)), slopes)

    @property
    def _circuit(self) -> tuple[Pieces, Causes]:
        if self._found is None:
            pieces = Pieces(self.ansatz)
            self._found = pieces, Causes(pieces.listed)
        return self._found

    def _network(self, key: Key, plan: Plan | None = None) -> Network:
        if key not in self._networks:
            forms = self._circuit[0].forms.listed
            self._networks[key] = Network(key, forms, self.max_width, plan)
        return self._networks[key]

    def _cones(self, terms: Terms) -> list[Members]:
        pieces, causes = self._circuit
        by_key: dict[Key, list[tuple[int, Cone]]] = {}
        for number, pauli in enumerate(terms.paulis, start=terms.first):
            cone = causes.cone(on_wires(pauli, pieces.wire))
            by_key.setdefault(cone.key, []).append((number, cone))
            try:
                self._network(cone.key)
            except WidthExceeded as wide:
                raise TooWide(
                    f"the causal cone of {show_pauli(pauli)} has {cone.n_wires} qubits and needs "
                    f"tensors of more than {self.max_width} binary variables. Use fewer layers or "
                    "a sparser problem; samples (engine mps) and `quasar solve` have no such limit."
                ) from wide
        found = []
        for key, members in by_key.items():
            network = self._networks[key]
            scales = np.array([[cone.scales[f] for f in network.angled] for _, cone in members])
            shaped = scales.reshape(len(members), len(network.angled))
            numbers = [number for number, _ in members]
            found.append(Members(key, network.plan, numbers, shaped, members[0][1].n_wires))
        return found


def _call(work: ConeWork, item: Any) -> Any:
    return work(item)


class Spread:
    """Does work of a circuit's cones where it is told to.

    Args:
        work: of one circuit.
        workers: where; processes start with the first work, and end with this object.
    """

    def __init__(self, work: ConeWork, workers: ConeWorkers) -> None:
        self.work = work
        self.workers = workers
        self._pool: ProcessPool | RayPool | None = None

    def cones(self, paulis: Sequence[Pauli]) -> list[Members]:
        """The classes of the products' cones, in the order in which the products show them.

        Raises:
            TooWide: a product that needs wider tensors.
        """
        starts = range(0, len(paulis), _CHUNK)
        parts = [Terms(i, tuple(paulis[i : i + _CHUNK])) for i in starts]
        merged: dict[Key, list[Members]] = {}
        for found in self._ordered(parts, "finding causal cones", len(paulis) >= _WORTH_TERMS):
            for members in found:
                merged.setdefault(members.key, []).append(members)
        return [
            several[0]._replace(
                numbers=[number for part in several for number in part.numbers],
                scales=np.concatenate([part.scales for part in several]),
            )
            for several in merged.values()
        ]

    def contracted(self, parts: Sequence[Instances]) -> list[Any]:
        """The result of each part."""
        cost = sum(part.plan.cost * len(part.scales) for part in parts)
        return self._ordered(parts, "contracting causal cones", cost >= _WORTH_COST)

    def _ordered(self, parts: Sequence[Terms | Instances], what: str, worth: bool) -> list[Any]:
        results: list[Any] = [None] * len(parts)
        progress = self.workers.progress
        progress.start(what, len(parts))
        for number, result in self._results(parts, worth):
            results[number] = result
            progress.advance()
        return results

    def _results(
        self, parts: Sequence[Terms | Instances], worth: bool
    ) -> Iterator[tuple[int, Any]]:
        items = iter(enumerate(parts))
        alone = self.workers.jobs == 1 and self.workers.cluster is None
        if alone or not worth or len(parts) < 2:
            return map(self.work, items)
        if self._pool is None:
            cluster = self.workers.cluster
            self._pool = (
                ProcessPool(self.work, self.workers.jobs)
                if cluster is None
                else RayPool(_call, self.work, cluster)
            )
            weakref.finalize(self, self._pool.close)
        return self._pool.run(items)
