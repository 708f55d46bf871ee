"""The packaged network's angles for instances of any size."""

import networkx as nx
import numpy as np
import pytest

from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models import nano_angles as module
from quasar.models.nano_angles import nano_angles
from quasar.optimize.qaoa_large import starting_angles


def cubic(n: int, weight: float = 1.0) -> IsingHamiltonian:
    graph = nx.random_regular_graph(3, n, seed=1)
    return IsingHamiltonian(n, {tuple(sorted(edge)): weight for edge in graph.edges})


def test_they_are_near_those_of_the_table():
    found = nano_angles(cubic(200), 2)
    assert found.shape == (4,)
    assert found == pytest.approx(starting_angles(cubic(200), 2, "table"), abs=0.25)
    assert (found[2:] < 0).all()


def test_they_follow_the_scale_of_the_weights():
    one, ten = (nano_angles(cubic(40, weight), 1) for weight in (1.0, 10.0))
    assert ten[0] * 10 == pytest.approx(one[0], rel=1e-4)
    assert np.isclose(ten[1], one[1], rtol=1e-4)


def test_an_installation_without_them(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "packaged_folder", lambda: tmp_path)
    with pytest.raises(InputError, match="another start"):
        nano_angles(cubic(8), 1)
