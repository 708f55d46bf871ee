"""Other starts and objectives of QAOA, small and large."""

import networkx as nx
import numpy as np
import pytest

from quasar.circuits.qaoa import qaoa
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.qaoa_options import QaoaOptions, optimise_by_cones, optimise_exactly
from quasar.optimize.sampled_tail import SampledTail
from quasar.optimize.trace import Budget, Trace
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import probabilities
from quasar.simulate.tail_energy import TailEnergy


def of_graph(graph: nx.Graph) -> IsingHamiltonian:
    terms = {tuple(sorted(edge)): 1.0 for edge in graph.edges}
    return IsingHamiltonian(graph.number_of_nodes(), terms)


SMALL = of_graph(nx.random_regular_graph(3, 10, seed=3))
LADDER = of_graph(nx.ladder_graph(13))


def made(options: QaoaOptions, layers: int = 2):
    ansatz, found = optimise_exactly(SMALL, layers, options, Budget(150), Trace())
    p = probabilities(energy_of(ansatz, SMALL).state(found.theta))
    assert found.energy == pytest.approx(p @ SMALL.diagonal)
    return ansatz, found, float(p[SMALL.diagonal == SMALL.diagonal.min()].sum())


def test_each_start_ends_near_the_same_energy():
    reached = [made(QaoaOptions(start=start))[1].energy for start in ("table", "transfer", "ramp")]
    assert max(reached) - min(reached) < 0.05


def test_a_low_tail_raises_the_probability_of_the_optimum():
    _, mean, plain = made(QaoaOptions(start="table"))
    ansatz, low, tail = made(QaoaOptions(cvar=0.6))  # above P(optimum), else nothing is left
    assert tail > plain
    assert low.energy >= mean.energy - 1e-9
    energy = TailEnergy(ansatz, SMALL.diagonal, 0.6)
    assert energy.value(low.theta) < energy.value(mean.theta)


def test_a_relaxation_raises_it_too():
    plain = made(QaoaOptions(start="table"))[2]
    ansatz, _, warm = made(QaoaOptions(warm_start="relaxation"))
    assert ansatz.name == "warm qaoa p=2"
    assert warm > plain


def test_the_model_states_the_start():
    asked = []

    def of_model(h, layers):
        asked.append((h.n_qubits, layers))
        return np.array([0.3, 0.5, -0.5, -0.3])

    made(QaoaOptions(start="nano", of_model=of_model))
    assert asked == [(10, 2)]
    with pytest.raises(InputError, match="packaged model"):
        QaoaOptions(start="nano").angles(SMALL, 1)
    with pytest.raises(InputError, match="no start 'best'"):
        QaoaOptions(start="best").angles(SMALL, 1)


def test_without_a_budget_there_are_angles_all_the_same():
    for options in (QaoaOptions(start="table"), QaoaOptions(cvar=0.2, warm_start="relaxation")):
        _, found = optimise_exactly(SMALL, 1, options, Budget(1), Trace())
        assert found.theta.shape == (2,)
        assert np.isfinite(found.energy)


def test_beyond_24_qubits_a_warm_start_lowers_the_exact_mean():
    cold, warm = (
        optimise_by_cones(LADDER, 2, QaoaOptions(warm_start=kind), Budget(30), Trace())[1].energy
        for kind in (None, "relaxation")
    )
    assert warm < cold < 0


def test_beyond_24_qubits_the_tail_is_sampled():
    pytest.importorskip("quimb", reason="samples of large circuits need quimb")
    trace = Trace()
    energy, found = optimise_by_cones(LADDER, 1, QaoaOptions(cvar=0.1), Budget(10), trace)
    tail = SampledTail(energy.ansatz, LADDER, 0.1)
    assert found.energy == pytest.approx(energy.value(found.theta))
    assert tail.value(found.theta) < found.energy
    assert "sampled" in trace.stages[-1][1]


@pytest.mark.parametrize("budget", [{"max_evaluations": 2}, {"max_seconds": 0.0}])
def test_a_small_budget_does_not_leave_the_tail_out(budget):
    pytest.importorskip("quimb", reason="samples of large circuits need quimb")
    trace = Trace()
    optimise_by_cones(LADDER, 1, QaoaOptions(cvar=0.1), Budget(**budget), trace)
    assert "sampled" in trace.stages[-1][1]
    assert len(trace.energies) > trace.stages[-1][0]


def test_samples_of_too_low_fidelity_are_refused():
    pytest.importorskip("quimb", reason="samples of large circuits need quimb")
    h = of_graph(nx.random_regular_graph(3, 40, seed=1))
    tail = SampledTail(qaoa(h, 2), h, 0.1)
    tail._engine.max_bond = 4
    with pytest.raises(InputError, match="worthless here"):
        tail.value([0.24, 0.45, -0.55, -0.29])
