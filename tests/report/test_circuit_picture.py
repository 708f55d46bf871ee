import networkx as nx
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.image import imread

import quasar
from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qasm import parse
from quasar.core.errors import InputError
from quasar.report.circuit_picture import circuit_figure, draw_text
from support.pictures import saved
from support.random_circuits import all_gates_circuit, random_circuit


def draw(circuit, path, **how):
    saved(circuit_figure(circuit, **how), path, tight=False)


def test_every_gate(tmp_path):
    path = tmp_path / "circuit.png"
    draw(all_gates_circuit(), path, title="every gate")
    picture = imread(path)
    assert picture.std() > 0.05


def test_large_circuits_stay_a_page(tmp_path):
    circuit = random_circuit(np.random.default_rng(0), 15, 300)
    draw(circuit, tmp_path / "large.png")
    height, width, _ = imread(tmp_path / "large.png").shape
    assert width < 6000
    assert 0.4 < width / height < 3.0


@pytest.mark.parametrize("ending", ["svg", "pdf"])
def test_other_formats(tmp_path, ending):
    path = tmp_path / f"circuit.{ending}"
    draw(Circuit(2), path)
    assert path.stat().st_size > 500


def test_what_is_left_out_is_counted(tmp_path):
    circuit = random_circuit(np.random.default_rng(1), 4, 30)
    draw(circuit, tmp_path / "cut.svg", max_gates=10)
    draw(circuit, tmp_path / "whole.svg")
    assert (tmp_path / "cut.svg").stat().st_size < (tmp_path / "whole.svg").stat().st_size
    assert draw_text(circuit, max_gates=10).endswith("… +20 gates")


def test_text():
    text = draw_text(all_gates_circuit(), width=80)
    assert "q_3" in text
    assert max(map(len, text.splitlines())) <= 80


def test_unknown_format(tmp_path):
    with pytest.raises(InputError):
        draw(Circuit(1), tmp_path / "circuit.docx")


def words(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_wires_bear_names_and_the_page_a_title():
    names = ["$x$ <b>", "東京", "a name that is much too long"]
    figure = circuit_figure(Circuit(3), title="QAOA $p$=1", names=names)
    assert {"QAOA $p$=1", "$x$ <b>", "東京", "q0", "q1", "q2"} <= set(words(figure))
    assert "a name that is mu…" in words(figure)
    assert not any(text.get_parse_math() for text in figure.axes[0].texts)


def test_products_of_z_are_one_box():
    ladder = (Gate("cx", (0, 1)), Gate("rz", (1,), (np.pi / 2,)), Gate("cx", (0, 1)))
    said = words(circuit_figure(Circuit(2, ladder)))
    assert {"zz", "π/2"} <= set(said)
    assert "rz" not in said
    assert any(text.startswith("zz θ is") for text in said)
    three = (Gate("cx", (2, 1)), *ladder, Gate("cx", (2, 1)))
    assert "zzz" in words(circuit_figure(Circuit(3, three)))


def test_angles():
    angles = {np.pi: "π", -np.pi / 4: "−π/4", 2.3562: "3π/4", 0.5: "0.500", 0.0: "0", 4711.0: "5e3"}
    for angle, text in angles.items():
        assert text in words(circuit_figure(Circuit(1, (Gate("rx", (0,), (angle,)),))))


def test_measured_wires_end_in_a_meter():
    text = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\n'
    dials = []
    for end in ("", "c = measure q;", "c[0] = measure q[1];"):
        figure = circuit_figure(parse(text + end).circuit)
        lines = [c for c in figure.axes[0].collections if isinstance(c, LineCollection)]
        dials.append(min(len(c.get_segments()) for c in lines if c.get_zorder() == 4))
    assert dials == [0, 4, 2]


def test_names_follow_the_measurements():
    problem = quasar.load_problem(nx.path_graph(["Ada", "Emmy"]), problem_type="maxcut")
    text = (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\nh q[0];\n'
        "c[0] = measure q[1];\nc[1] = measure q[0];"
    )
    figure = quasar.verify(text, problem).plot("circuit")
    heights = {t.get_text(): t.get_position()[1] for t in figure.axes[0].texts}
    assert heights["Ada"] == heights["q1"]
    assert heights["Emmy"] == heights["q0"]
    assert "circuit for maxcut: 1 gate, 0 on two qubits, depth 1" in heights
