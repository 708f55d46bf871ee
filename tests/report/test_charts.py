"""The course of an optimisation."""

import numpy as np
import pytest

from quasar.core.errors import InputError
from quasar.report import style
from quasar.report.charts import best_so_far, curve_figure
from support.pictures import picture, saved, shows


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
        assert saved(curve_figure(energies, stages, -2.0, 6.0), tmp_path / "c.png")
        pixels = picture(tmp_path / "c.png")
        height, width, _ = pixels.shape
        assert 400 < height < 800
        assert 700 < width < 1300
        for colour in (style.BLUE, style.GREEN):
            assert shows(pixels, colour)

    def test_flat_problem(self, tmp_path):
        assert saved(curve_figure([0.0, 0.0], [], 0.0, 0.0), tmp_path / "c.png")

    def test_nothing_to_draw(self, tmp_path):
        assert not saved(curve_figure([], [], -1.0, 1.0), tmp_path / "c.png")
        assert not (tmp_path / "c.png").exists()

    def test_other_endings(self, tmp_path):
        for ending in ("svg", "pdf"):
            saved(curve_figure([1.0, 0.0], [], 0.0, 2.0), tmp_path / f"c.{ending}")
            assert (tmp_path / f"c.{ending}").stat().st_size > 3000
        with pytest.raises(InputError, match=r"ends in .png, .svg, .pdf"):
            saved(curve_figure([1.0], [], 0.0, 2.0), tmp_path / "c.docx")
