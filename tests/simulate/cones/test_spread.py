"""Cones on processes and on Ray: the same numbers to the last bit."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from quasar.circuits.qaoa import qaoa
from quasar.core.cluster import Cluster
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.progress import Progress
from quasar.simulate.cones import expectation, spread
from quasar.simulate.cones.energy import ConeEnergy
from quasar.simulate.cones.spread import ConeWorkers, TooWide, working_on

THETA = [0.4, 0.7, -0.5, -0.3]


def weighted(n: int) -> IsingHamiltonian:
    graph = nx.random_regular_graph(3, n, seed=2)
    terms = {tuple(sorted(e)): 0.5 + (sum(e) % 7) / 8 for e in graph.edges}
    return IsingHamiltonian(n, {**terms, (0,): 0.3, (1, 5, 9): -0.2})


H = weighted(24)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_CHUNK", 5), ("_WORTH_TERMS", 0), ("_WORTH_COST", 0.0)):
        monkeypatch.setattr(spread, name, value)
    monkeypatch.setattr(expectation, "_PART", 1e4)


class Counted(Progress):
    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    def start(self, what: str, total: int | None, done: int = 0) -> None:
        self.now = what
        self.seen[what] = -(total or 0)

    def advance(self, count: int = 1) -> None:
        self.seen[self.now] += count


def results(workers: ConeWorkers | None) -> tuple[np.ndarray, float, np.ndarray]:
    energy = ConeEnergy(qaoa(H, 2), H, workers=workers)
    assert energy.cones is not None
    return (energy.cones.values(THETA), *energy.value_and_gradient(THETA))


def same(one: tuple, other: tuple) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.usefixtures("small_pieces")
def test_processes_give_the_same_bits() -> None:
    progress = Counted()
    assert same(results(None), results(ConeWorkers(jobs=2, progress=progress)))
    assert progress.seen == {"finding causal cones": 0, "contracting causal cones": 0}
    with working_on(ConeWorkers(jobs=2, progress=progress)):
        assert spread.chosen_workers().jobs == 2
    assert spread.chosen_workers() is spread.HERE


@pytest.mark.usefixtures("small_pieces", "any_cluster")
def test_a_cluster_gives_the_same_bits() -> None:
    assert same(results(None), results(ConeWorkers(cluster=Cluster(None, 2))))


@pytest.mark.usefixtures("small_pieces")
def test_cones_too_wide_are_told_from_other_processes() -> None:
    with pytest.raises(TooWide, match="Use fewer layers"):
        ConeEnergy(qaoa(H, 3), H, max_width=4, workers=ConeWorkers(jobs=2))


def test_many_instances_of_one_class_have_the_right_slopes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = results(None)
    monkeypatch.setattr(expectation, "_AT_ONCE", 9)  # two or three at a time
    monkeypatch.setattr(expectation, "_PART", 1e4)
    for one, other in zip(whole, results(None), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-13)
