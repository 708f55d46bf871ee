"""Pictures: drawn for any table, and groups that split nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.evaluation.evaluate import run
from quasar.evaluation.plots import draw_all, groups
from quasar.evaluation.report import write_report
from quasar.evaluation.result import EvaluationSettings
from quasar.evaluation.run_style import stem_of, styles
from quasar.evaluation.table import Measured, build_table
from quasar.verifier.measurement import Measurement, Reference
from support.small_evaluation import generations, records


def test_all_pictures_and_their_sentences(tmp_path: Path) -> None:
    rows = records(6)
    made = generations(rows, "a@1") + generations(rows, "a@10", 3) + generations(rows, "b")
    settings = EvaluationSettings(jobs=1, sandbox=None, baselines=True, resamples=20)
    done = run(rows, [made], tmp_path, settings)
    pictures = draw_all(done.table, done.measured, tmp_path / "plots")
    assert len(pictures) == 6
    for picture in pictures:
        assert (tmp_path / "plots" / picture.file).stat().st_size > 5000
        assert picture.reading.endswith(".")
        assert "nan" not in picture.reading
    write_report(done, tmp_path, against_paper=True)
    report = (tmp_path / "report.md").read_text()
    assert all(picture.reading in report for picture in pictures)
    assert "## Fewer samples" in report


@pytest.mark.parametrize("circuit", [None, Measurement(parses=True, feasible=True, energy=0.0)])
def test_a_table_of_failures_can_be_drawn(tmp_path: Path, circuit: Measurement | None) -> None:
    references = (Reference(0, "ising", None, 2, None, 0.0, 0.0, 4, None, circuit),)
    broken = Measurement(parses=False, feasible=False, fault="syntax")
    measured = Measured(references, {"a": {0: [broken]}})
    pictures = draw_all(build_table(measured, resamples=5), measured, tmp_path)
    assert all("nan" not in picture.reading for picture in pictures)


def test_runs_of_a_model_share_its_colour_and_differ_otherwise() -> None:
    look = styles(["m@1", "m@10", "other", "reference", "baseline:uniform", "baseline:optimum"])
    assert look["m@1"].colour == look["m@10"].colour != look["other"].colour
    assert len(set(look.values())) == len(look)
    assert len(set(styles([f"run {i}" for i in range(20)]).values())) == 20


@pytest.mark.parametrize(
    ("run_name", "stem"), [("gpt-5@10", "gpt-5"), ("me@home", "me@home"), ("a@b@3", "a@b")]
)
def test_stems(run_name: str, stem: str) -> None:
    assert stem_of(run_name) == stem


@given(st.lists(st.integers(1, 30), min_size=1, max_size=80), st.integers(1, 8))
def test_groups_cover_every_value_once(values: list[int], most: int) -> None:
    found = groups(values, most)
    assert len(found) <= most
    for value in values:
        assert sum(low <= value <= high for low, high in found) == 1
    assert found == sorted(found)
