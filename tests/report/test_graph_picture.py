"""The user's graph with a solution on it."""

import warnings

import networkx as nx
import numpy as np
import pytest

from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.maxcut import MaxCut
from quasar.problems.registry import PROBLEMS
from quasar.problems.vertex_cover import VertexCover
from quasar.report import style
from quasar.report.graph_picture import GraphPicture, solution_figure
from support.pictures import picture, saved, shows

FAMILIES = nx.florentine_families_graph()


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
            drawn = saved(
                solution_figure(problem, encoded.decode(index).solution), path, tight=False
            )
            assert drawn == path.exists()
            assert drawn or not hasattr(problem, "graph")
            if drawn:
                height, width, _ = picture(path).shape
                assert 100 < height < 2000
                assert 300 < width < 2000

    def test_sides_and_cut(self, tmp_path):
        encoded = encode(MaxCut(FAMILIES))
        best = encoded.decode(int(encoded.hamiltonian.spectrum.ground_states[0]))
        assert saved(
            solution_figure(encoded.problem, best.solution), tmp_path / "g.png", tight=False
        )
        pixels = picture(tmp_path / "g.png")
        assert shows(pixels, style.BLUE, 5000)
        assert shows(pixels, style.ORANGE, 5000)
        assert not shows(pixels, style.VERMILLION)

    def test_broken_constraints_are_marked(self, tmp_path):
        problem = VertexCover(FAMILIES)
        saved(solution_figure(problem, sorted(FAMILIES)), tmp_path / "all.png", tight=False)
        assert not shows(picture(tmp_path / "all.png"), style.VERMILLION)
        saved(solution_figure(problem, ["Medici"]), tmp_path / "one.png", tight=False)
        assert shows(picture(tmp_path / "one.png"), style.VERMILLION)

    def test_same_picture_every_time(self, tmp_path):
        problem = MaxCut(FAMILIES)
        for name in ("a.png", "b.png"):
            saved(solution_figure(problem, ["Medici", "Pazzi"]), tmp_path / name, tight=False)
        assert np.array_equal(picture(tmp_path / "a.png"), picture(tmp_path / "b.png"))

    def test_any_name_and_form(self, tmp_path):
        names = ["東京", "$x$", "a_b^c", "Ω {}", "two words", 7, (1, "a"), "🙂", "line\nbreak", ""]
        graph = nx.empty_graph()
        graph.add_nodes_from(names)
        nx.add_path(graph, names[:6])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert saved(
                solution_figure(MaxCut(graph), ["東京", [1, "a"]]), tmp_path / "g.png", tight=False
            )
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
        assert saved(solution_figure(MaxCut(graph), [0]), tmp_path / "g.png", tight=False)
        height, width, _ = picture(tmp_path / "g.png").shape
        assert max(height, width) < 2000
        assert min(height, width) > 100

    def test_other_endings(self, tmp_path):
        problem = VertexCover(nx.star_graph(3))
        for ending in ("svg", "pdf"):
            saved(solution_figure(problem, [0]), tmp_path / f"g.{ending}", tight=False)
            assert (tmp_path / f"g.{ending}").stat().st_size > 3000
        with pytest.raises(InputError, match=r"ends in .png, .svg, .pdf"):
            saved(solution_figure(problem, [0]), tmp_path / "g.docx", tight=False)


def test_graphs_of_thousands_of_nodes_are_left_out() -> None:
    problem = MaxCut(nx.path_graph(1_001))
    assert solution_figure(problem, [0]) is None
