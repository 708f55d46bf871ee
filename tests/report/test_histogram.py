"""Measurements as bars: what they show, and that they come out readable."""

import networkx as nx
import numpy as np
import pytest

import quasar
from quasar.core.bits import bitstring_to_index
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.maxcut import MaxCut
from quasar.problems.vertex_cover import VertexCover
from quasar.report import style
from quasar.report.histogram import (
    LISTED_STATES,
    bars,
    histogram_figure,
    report_figure,
    solution_name,
)
from quasar.verifier.quality import DecodedState
from support.pictures import picture, saved, shows

STAR = encode(VertexCover(nx.star_graph(3)))


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
        saved(
            histogram_figure(spread(n_qubits, {"0" * n_qubits: 0.3}), encoded), tmp_path / "h.png"
        )
        pixels = picture(tmp_path / "h.png")
        height, width, _ = pixels.shape
        assert 150 < height < 1200
        assert 500 < width < 1800
        assert shows(pixels, style.GREEN)
        assert shows(pixels, style.BLUE)

    def test_no_optimal_bar_without_an_optimal_state(self, tmp_path):
        p = np.zeros(16)
        p[bitstring_to_index("0111")] = 1.0
        saved(histogram_figure(p, STAR), tmp_path / "h.png")
        below_the_legend = picture(tmp_path / "h.png")[60:]
        assert not shows(below_the_legend, style.GREEN)
        assert shows(below_the_legend, style.BLUE)

    def test_solutions_are_named(self):
        figure = histogram_figure(spread(4, {"1000": 0.5, "0111": 0.3}), STAR)
        names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
        assert names[:2] == ["★ 0", "1, 2, 3"]
        bits = [label.get_text() for label in figure.axes[1].get_yticklabels()]
        assert bits[:2] == ["1000", "0111"]
        told = [text.get_text() for text in figure.axes[0].texts]
        assert told[0].endswith(" (1)")
        assert not any(label.get_parse_math() for label in figure.axes[0].get_yticklabels())

    def test_what_breaks_a_constraint_is_hatched(self):
        figure = histogram_figure(spread(4, {"1000": 0.5, "0011": 0.3}), STAR)
        first, second, *_ = figure.axes[0].patches
        assert first.get_hatch() is None
        assert second.get_hatch()

    def test_one_bar_says_everything(self, tmp_path):
        p = np.zeros(16)
        p[bitstring_to_index("1000")] = 1.0
        figure = histogram_figure(p, STAR)
        assert figure.axes[0].get_yticklabels()[0].get_text() == "★ 0"
        assert max(figure.axes[0].get_xticks()) <= 1.0
        style.save(figure, tmp_path / "h.png")
        height, width, _ = picture(tmp_path / "h.png").shape
        assert height < width

    def test_a_report_alone_has_its_most_probable_states(self):
        circuit = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nh q[0];\nx q[1];'
        report = quasar.verify(circuit, STAR)
        again = quasar.Report.model_validate_json(report.model_dump_json())
        assert again.judged.problem is None
        axes = report_figure(again).axes[0]
        assert sum(patch.get_width() for patch in axes.patches[:2]) == pytest.approx(1.0)

    def test_other_endings(self, tmp_path):
        for ending in ("svg", "pdf"):
            saved(histogram_figure(np.full(16, 1 / 16), STAR), tmp_path / f"h.{ending}")
            assert (tmp_path / f"h.{ending}").stat().st_size > 3000
        with pytest.raises(InputError, match=r"ends in .png, .svg, .pdf"):
            saved(histogram_figure(np.full(16, 1 / 16), STAR), tmp_path / "h.docx")


class TestSolutionName:
    def name(self, solution, *, optimal=False):
        state = DecodedState(
            bitstring="01", ket="10", energy=0.0, optimal=optimal, solution=solution
        )
        return solution_name(state)

    def test_forms(self):
        assert self.name(None) == "01"
        assert self.name([], optimal=True) == "★ none selected"
        assert self.name(["$x$", 7]) == "$x$, 7"
        assert self.name([["a", "b"], ["c", None]]) == "(a, b), (c, –)"
        assert self.name({"x0": 1, "x1": 0, "x2": 1}) == "x0, x2"
        assert self.name({"x0": 0}) == "all 0"
        assert self.name({"x0": 3}) == "x0 = 3"

    def test_long_ones_take_two_lines_and_say_how_many_there_are(self):
        short = self.name([f"family {i}" for i in range(6)])
        assert short.count("\n") == 1
        assert "…" not in short
        long = self.name([f"family {i}" for i in range(40)])
        assert long.count("\n") == 1
        assert long.endswith("… (40)")
        assert "…" in self.name(["x" * 200])
