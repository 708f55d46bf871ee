"""The packaged model's angles for instances larger than it reads."""

import networkx as nx
import numpy as np
import pytest

from quasar.core.errors import InfrastructureError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.nano_angles import nano_angles
from quasar.models.scripted import ScriptedModel
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
    one, ten = (nano_angles(cubic(40, weight), 1, read=2) for weight in (1.0, 10.0))
    assert ten[0] * 10 == pytest.approx(one[0])
    assert np.isclose(ten[1], one[1])


def test_an_answer_without_angles():
    model = ScriptedModel(["nothing"] * 8)
    with pytest.raises(InfrastructureError, match="no angles"):
        nano_angles(cubic(40), 1, model)
