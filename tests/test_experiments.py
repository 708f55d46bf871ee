"""The three first experiments: known states, known entanglement, known optima."""

import json
import math
import re
from functools import cache
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qaoa import qaoa
from quasar.optimize.qaoa import optimise_qaoa
from quasar.problems.base import encode
from quasar.problems.maxcut import MaxCut
from quasar.simulate.engine import AMPLITUDE_ENGINES, get_engine
from quasar.simulate.qaoa_energy import QaoaEnergy
from quasar.simulate.state_facts import meyer_wallach
from support.random_circuits import matrix

ROOT = Path(__file__).resolve().parents[1]
ENGINES = [get_engine(name) for name in AMPLITUDE_ENGINES]
PAULIS = {
    "rx": np.array([[0, 1], [1, 0]]),
    "ry": np.array([[0, -1j], [1j, 0]]),
    "rz": np.diag([1, -1]),
}


@pytest.fixture(scope="module")
def benchmarks():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        from benchmarks import _common, experiments

        yield experiments, _common


@pytest.fixture(scope="module")
def results(benchmarks):
    """The rows of an experiment, by its name; each is run when first asked for."""
    experiments, _ = benchmarks
    return cache(lambda name: experiments.EXPERIMENTS[name][1]())


NAMES = ["rotations", "entanglement", pytest.param("ansaetze", marks=pytest.mark.slow)]


class TestResults:
    @pytest.mark.parametrize("name", NAMES)
    def test_every_row_meets_its_formula(self, results, name):
        for row in results(name):
            optimised = re.search(r"p=[2-9]|optimised|adaptive", row["case"])
            assert row["error"] < (1e-6 if optimised else 1e-12), row
            assert row["measured"] == pytest.approx(row["expected"], abs=1e-6)

    @pytest.mark.parametrize("name", NAMES)
    def test_the_page_shows_these_numbers(self, benchmarks, results, name):
        experiments, _ = benchmarks
        # How far an adaptive circuit grows may depend on the machine's rounding.
        rows = [row for row in results(name) if not row["case"].startswith("adaptive")]
        page = experiments.PAGE.read_text(encoding="utf-8")
        for line in experiments.markdown(rows, without=["error"]).splitlines():
            assert line in page

    def test_rewriting_the_page(self, benchmarks):
        experiments, _ = benchmarks
        page = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
        expected = "a\n<!-- begin x -->\nnew \\1\n<!-- end x -->\nb\n"
        assert experiments.with_tables(page, {"x": "new \\1"}) == expected


class TestRotations:
    @settings(max_examples=30, deadline=None)
    @given(st.sampled_from(sorted(PAULIS)), st.floats(-10, 10), st.integers(0, 2**32 - 1))
    def test_bloch_vectors_turn_about_the_axis(self, name, angle, seed):
        """A rotation turns the Bloch vector by its angle about its axis (Rodrigues' formula)."""
        theta, phi = np.random.default_rng(seed).uniform(0, np.pi, 2)
        start = np.array([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])
        axis = np.eye(3)["xyz".index(name[1])]
        turned = start * np.cos(angle) + np.cross(axis, start) * np.sin(angle)
        turned += axis * (axis @ start) * (1 - np.cos(angle))
        circuit = Circuit(1, (Gate("U", (0,), (theta, phi, 0.0)), Gate(name, (0,), (angle,))))
        for engine in ENGINES:
            state = engine.state(circuit)
            found = [np.vdot(state, PAULIS[p] @ state).real for p in ("rx", "ry", "rz")]
            assert found == pytest.approx(turned, abs=1e-12)


class TestEntanglement:
    CONTROLLED = ("cx", "cy", "cz", "ch", "cp", "crx", "cry", "crz")

    @settings(max_examples=40, deadline=None)
    @given(st.sampled_from(CONTROLLED), st.integers(0, 2**32 - 1))
    def test_any_controlled_gate_on_any_product_state(self, name, seed):
        """C = |sin α| √(1 - |<ψ|U|ψ>|²), and Q = C²."""
        rng = np.random.default_rng(seed)
        alpha, beta, gamma, angle = rng.uniform(-4, 4, 4)
        params = (angle,) if name in {"cp", "crx", "cry", "crz"} else ()
        gate = Gate(name, (0, 1), params)
        u = matrix(gate)[1::2, 1::2]
        psi = np.array([np.cos(beta / 2), np.exp(1j * gamma) * np.sin(beta / 2)])
        expected = abs(np.sin(alpha)) * math.sqrt(max(0, 1 - abs(np.vdot(psi, u @ psi)) ** 2))
        before = (Gate("ry", (0,), (alpha,)), Gate("U", (1,), (beta, gamma, 0.0)))
        for engine in ENGINES:
            a, b, c, d = state = engine.state(Circuit(2, (*before, gate)))
            assert 2 * abs(a * d - b * c) == pytest.approx(expected, abs=1e-7)
            assert meyer_wallach(state) == pytest.approx(expected**2, abs=1e-10)

    @pytest.mark.parametrize("n_qubits", [2, 3, 6])
    def test_ghz_and_w_amplitudes(self, benchmarks, n_qubits):
        experiments, _ = benchmarks
        for engine in ENGINES:
            ghz = np.abs(engine.state(experiments.ghz(n_qubits))) ** 2
            assert ghz[[0, -1]] == pytest.approx([0.5, 0.5])
            w = np.abs(engine.state(experiments.w_state(n_qubits))) ** 2
            singles = [1 << i for i in range(n_qubits)]
            assert w[singles] == pytest.approx(np.full(n_qubits, 1 / n_qubits))


class TestAnsaetze:
    @settings(max_examples=25, deadline=None)
    @given(st.integers(2, 8), st.floats(0.2, 1.0), st.integers(0, 10**6), st.floats(-3, 3))
    def test_expected_cut_at_one_layer(self, benchmarks, n_nodes, density, seed, gamma):
        """Wang et al., theorem 1, on graphs of every kind."""
        experiments, _ = benchmarks
        graph = nx.gnp_random_graph(n_nodes, density, seed=seed)
        problem = encode(MaxCut(graph))
        beta = np.random.default_rng(seed).uniform(-2, 2)
        energy = QaoaEnergy(qaoa(problem.hamiltonian, 1), problem.hamiltonian.diagonal)
        cut = -energy.value([gamma, beta]) - problem.hamiltonian.constant
        assert cut == pytest.approx(experiments.cut_formula(graph, gamma, beta), abs=1e-10)

    @pytest.mark.parametrize(
        ("graph", "per_edge"),
        [
            (nx.cycle_graph(10), 0.75),
            (nx.petersen_graph(), 0.6924),
            (nx.heawood_graph(), 0.6924),
        ],
    )
    def test_known_angles_are_stationary_and_best(self, benchmarks, graph, per_edge):
        experiments, _ = benchmarks
        problem = encode(MaxCut(graph))
        gamma, beta, best = experiments.regular_optimum(graph.degree[0])
        assert best == pytest.approx(per_edge, abs=1e-4)
        energy = QaoaEnergy(qaoa(problem.hamiltonian, 1), problem.hamiltonian.diagonal)
        value, gradient = energy.value_and_gradient([gamma, beta])
        assert experiments.cut_fraction(value, problem) == pytest.approx(best, abs=1e-12)
        assert gradient == pytest.approx([0, 0], abs=1e-10)
        ((_, found),) = optimise_qaoa(problem.hamiltonian, 1)
        assert found.theta == pytest.approx([gamma, beta], abs=1e-4)

    def test_two_layers_on_a_long_ring(self, benchmarks):
        """5/6 of the edges (Farhi et al.), by a schedule that reads the same from both ends."""
        experiments, _ = benchmarks
        problem = encode(MaxCut(nx.cycle_graph(14)))
        _, found = optimise_qaoa(problem.hamiltonian, 2)[-1]
        assert experiments.cut_fraction(found.energy, problem) == pytest.approx(5 / 6, abs=1e-8)
        gammas, betas = found.theta[:2], found.theta[2:]
        assert gammas == pytest.approx(-2 * betas[::-1], abs=1e-3)

    def test_even_ring_at_half_its_length(self):
        """p = n/2 prepares (|0101...> + |1010...>)/√2: certain and fully entangled."""
        hamiltonian = encode(MaxCut(nx.cycle_graph(6))).hamiltonian
        energy, found = optimise_qaoa(hamiltonian, 3)[-1]
        state = energy.state(found.theta)
        ground = hamiltonian.spectrum.ground_states
        assert np.abs(state[ground]) ** 2 == pytest.approx([0.5, 0.5], abs=1e-6)
        assert meyer_wallach(state) == pytest.approx(1, abs=1e-6)


class TestCommon:
    """What all benchmarks share."""

    def test_result_file(self, benchmarks, monkeypatch, tmp_path):
        _, common = benchmarks
        monkeypatch.setattr(common, "RESULTS", tmp_path / "results")
        path = common.write_result("sample", [{"n": 4, "time_s": 0.5}], {"seed": 7})
        content = json.loads(path.read_text(encoding="utf-8"))
        assert path == tmp_path / "results" / "sample.json"
        assert content["rows"] == [{"n": 4, "time_s": 0.5}]
        assert content["seed"] == 7
        assert content["machine"]["processor"]
        assert content["machine"]["cores"] >= 1
        assert {"python", "numpy", "qulacs", "qiskit"} <= set(content["versions"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+\+00:00", content["date"])

    def test_commit(self, benchmarks, monkeypatch, tmp_path):
        _, common = benchmarks
        assert common.commit() is None or re.fullmatch(r"[0-9a-f]{40}\+?", common.commit())
        monkeypatch.setattr(common, "ROOT", tmp_path)
        assert common.commit() is None
        monkeypatch.setenv("PATH", "")
        assert common.commit() is None

    def test_table(self, benchmarks, capsys):
        _, common = benchmarks
        common.print_table([{"case": "a", "value": 1 / 3}, {"case": "b", "value": None}], "Title")
        shown = capsys.readouterr().out
        assert "Title" in shown
        assert "0.333333" in shown
        common.print_table([])
        assert "no rows" in capsys.readouterr().out
