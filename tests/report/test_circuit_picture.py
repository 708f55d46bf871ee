import numpy as np
import pytest
from matplotlib.image import imread

from quasar.circuits.circuit import Circuit
from quasar.core.errors import InputError
from quasar.report.circuit_picture import draw, draw_text
from support.random_circuits import all_gates_circuit, random_circuit


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
