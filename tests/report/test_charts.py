"""Pictures: what they show, by the functions that choose it, and that they come out readable."""

import sys
import warnings

import networkx as nx
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from quasar.core.bits import bitstring_to_index
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.maxcut import MaxCut
from quasar.problems.registry import PROBLEMS
from quasar.problems.vertex_cover import VertexCover
from quasar.report import style
from quasar.report.charts import (
    LISTED_STATES,
    bars,
    best_so_far,
    histogram,
    optimisation_curve,
    solution_graph,
)
from quasar.report.graph_picture import GraphPicture

STAR = encode(VertexCover(nx.star_graph(3)))
FAMILIES = nx.florentine_families_graph()


def picture(path):
    """Pixels, shape [height, width, 3], each in [0, 1]."""
    return imread(path)[..., :3]


def shows(pixels, colour, least=30):
    """Whether a colour covers at least so many pixels."""
    return np.count_nonzero(np.abs(pixels - to_rgb(colour)).max(axis=2) < 0.02) >= least


def spread(n_qubits, weights):
    """A distribution with the given probabilities of bit strings, the rest even."""
    p = np.zeros(1 << n_qubits)
    for bitstring, weight in weights.items():
        p[bitstring_to_index(bitstring)] = weight
    return p + (1 - p.sum()) / p.size


class TestHistogram:
    def test_ground_states_are_marked(self):
        found = bars(spread(4, {"1000": 0.5, "0111": 0.3}), STAR)
        assert found.states[:2] == [bitstring_to_index("1000"), bitstring_to_index("0111")]
        assert found.optimal[:2] == [True, False]
        assert sum(found.optimal) == 1
        assert found.heights == sorted(found.heights, reverse=True)
        assert found.n_rest == 0
        assert found.rest == 0.0

    def test_the_others_are_added_up(self):
        encoded = encode(MaxCut(nx.cycle_graph(6)))
        p = spread(6, {"101010": 0.4})
        found = bars(p, encoded)
        assert len(found.states) == LISTED_STATES
        assert found.n_rest == 64 - LISTED_STATES
        assert sum(found.heights) + found.rest == pytest.approx(1)
        # The other ground state is one of the even rest, listed or not.
        listed = found.states.count(bitstring_to_index("010101"))
        assert found.rest_optimal == pytest.approx(0.0 if listed else 0.6 / 64)

    def test_equal_probabilities_come_in_order_of_index(self):
        found = bars(np.full(64, 1 / 64), encode(MaxCut(nx.cycle_graph(6))))
        assert found.states == list(range(LISTED_STATES))

    def test_invisible_bars_are_left_out(self):
        p = np.zeros(16)
        p[3], p[5], p[9] = 0.9999, 5e-5, 5e-5
        found = bars(p, STAR)
        assert found.states == [3]
        assert found.n_rest == 15
        assert found.rest == pytest.approx(1e-4)

    @pytest.mark.parametrize("n_qubits", [1, 4, 9, 16])
    def test_picture(self, tmp_path, n_qubits):
        hamiltonian = IsingHamiltonian(n_qubits, {(i,): 1.0 for i in range(n_qubits)})
        encoded = EncodedProblem(None, hamiltonian, (), "given", "natural")
        histogram(spread(n_qubits, {"0" * n_qubits: 0.3}), encoded, tmp_path / "h.png")
        pixels = picture(tmp_path / "h.png")
        height, width, _ = pixels.shape
        assert 300 < height < 1200
        assert 500 < width < 1800
        assert shows(pixels, style.GREEN)
        assert shows(pixels, style.BLUE)

    def test_no_optimal_bar_without_an_optimal_state(self, tmp_path):
        p = np.zeros(16)
        p[bitstring_to_index("0111")] = 1.0
        histogram(p, STAR, tmp_path / "h.png")
        legend_only = picture(tmp_path / "h.png")[110:]
        assert not shows(legend_only, style.GREEN)
        assert shows(legend_only, style.BLUE)


class TestOptimisationCurve:
    def test_best_so_far(self):
        assert best_so_far([3.0, 1.0, 2.0, 0.5]) == pytest.approx([3, 1, 1, 0.5])

    @pytest.mark.parametrize(
        ("energies", "stages"),
        [
            ([3.0, 1.0, 2.0, 0.5, -1.0], [(0, "first"), (3, "second")]),
            ([1.0], []),
            ([1.0, 1.0], [(0, "flat"), (2, "never begun")]),
            (list(np.linspace(5, -2, 3000)), [(i, f"restart {i}") for i in range(0, 3000, 10)]),
        ],
    )
    def test_picture(self, tmp_path, energies, stages):
        assert optimisation_curve(energies, stages, -2.0, 6.0, tmp_path / "c.png")
        pixels = picture(tmp_path / "c.png")
        height, width, _ = pixels.shape
        assert 400 < height < 800
        assert 700 < width < 1300
        for colour in (style.BLUE, style.GREEN):
            assert shows(pixels, colour)

    def test_flat_problem(self, tmp_path):
        assert optimisation_curve([0.0, 0.0], [], 0.0, 0.0, tmp_path / "c.png")

    def test_nothing_to_draw(self, tmp_path):
        assert not optimisation_curve([], [], -1.0, 1.0, tmp_path / "c.png")
        assert not (tmp_path / "c.png").exists()


class TestSolutionGraph:
    @pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
    def test_every_problem_type(self, tmp_path, problem_type):
        limit = 16 if problem_type in {"hamiltonian_path", "graph_isomorphism"} else 12
        problem = PROBLEMS[problem_type].sample(generator(2, problem_type), limit)
        encoded = encode(problem)
        for name, index in (
            ("best", int(encoded.hamiltonian.spectrum.ground_states[0])),
            ("random", int(generator(2).integers(1 << encoded.n_qubits))),
        ):
            path = tmp_path / f"{name}.png"
            drawn = solution_graph(problem, encoded.decode(index).solution, path)
            assert drawn == path.exists()
            assert drawn or not hasattr(problem, "graph")
            if drawn:
                height, width, _ = picture(path).shape
                assert 100 < height < 2000
                assert 300 < width < 2000

    def test_sides_and_cut(self, tmp_path):
        encoded = encode(MaxCut(FAMILIES))
        best = encoded.decode(int(encoded.hamiltonian.spectrum.ground_states[0]))
        assert solution_graph(encoded.problem, best.solution, tmp_path / "g.png")
        pixels = picture(tmp_path / "g.png")
        assert shows(pixels, style.BLUE, 5000)
        assert shows(pixels, style.ORANGE, 5000)
        assert not shows(pixels, style.VERMILLION)

    def test_broken_constraints_are_marked(self, tmp_path):
        problem = VertexCover(FAMILIES)
        solution_graph(problem, sorted(FAMILIES), tmp_path / "all.png")
        assert not shows(picture(tmp_path / "all.png"), style.VERMILLION)
        solution_graph(problem, ["Medici"], tmp_path / "one.png")
        assert shows(picture(tmp_path / "one.png"), style.VERMILLION)

    def test_same_picture_every_time(self, tmp_path):
        problem = MaxCut(FAMILIES)
        for name in ("a.png", "b.png"):
            solution_graph(problem, ["Medici", "Pazzi"], tmp_path / name)
        assert np.array_equal(picture(tmp_path / "a.png"), picture(tmp_path / "b.png"))

    def test_any_name_and_form(self, tmp_path):
        names = ["東京", "$x$", "a_b^c", "Ω {}", "two words", 7, (1, "a"), "🙂", "line\nbreak", ""]
        graph = nx.empty_graph()
        graph.add_nodes_from(names)
        nx.add_path(graph, names[:6])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert solution_graph(MaxCut(graph), ["東京", [1, "a"]], tmp_path / "g.png")
        assert picture(tmp_path / "g.png").std() > 0.05

    def test_names_are_written_as_they_are(self):
        graph = nx.Graph([("Zürich", "$x$"), ("$x$", "a_b^c"), ("a_b^c", 10)])
        axes = GraphPicture(MaxCut(graph).overlay(["Zürich"])).axes
        assert {text.get_text() for text in axes.texts} == {"Zürich", "$x$", "a_b^c", "10"}
        assert not any(text.get_parse_math() for text in axes.texts)

    def test_roles_stand_with_the_names(self):
        problem = PROBLEMS["hamiltonian_path"](nx.path_graph(4), 0, 3)
        axes = GraphPicture(problem.overlay([0, 1, 2, 3])).axes
        assert {text.get_text() for text in axes.texts} == {*"0123", "(start)", "(end)"}

    @pytest.mark.parametrize(
        "graph",
        [
            nx.empty_graph(1),
            nx.empty_graph(9),
            nx.complete_graph(14),
            nx.path_graph(20),
            nx.disjoint_union(nx.star_graph(9), nx.cycle_graph(5)),
        ],
    )
    def test_any_shape(self, tmp_path, graph):
        assert solution_graph(MaxCut(graph), [0], tmp_path / "g.png")
        height, width, _ = picture(tmp_path / "g.png").shape
        assert max(height, width) < 2000
        assert min(height, width) > 100


@pytest.mark.parametrize("suffix", ["svg", "pdf"])
def test_other_formats(tmp_path, suffix):
    histogram(np.full(16, 1 / 16), STAR, tmp_path / f"h.{suffix}")
    optimisation_curve([1.0, 0.0], [], 0.0, 2.0, tmp_path / f"c.{suffix}")
    solution_graph(STAR.problem, [0], tmp_path / f"g.{suffix}")
    assert all((tmp_path / f"{name}.{suffix}").stat().st_size > 3000 for name in "hcg")


def test_unknown_format(tmp_path):
    for draw in (
        lambda path: histogram(np.full(16, 1 / 16), STAR, path),
        lambda path: optimisation_curve([1.0], [], 0.0, 2.0, path),
        lambda path: solution_graph(STAR.problem, [0], path),
    ):
        with pytest.raises(InputError, match=r"ends in .png, .svg, .pdf"):
            draw(tmp_path / "picture.docx")


def test_matplotlib_keeps_no_state(tmp_path):
    solution_graph(STAR.problem, [0], tmp_path / "g.png")
    histogram(np.full(16, 1 / 16), STAR, tmp_path / "h.png")
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()
