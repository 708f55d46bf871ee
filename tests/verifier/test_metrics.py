"""The registry of metrics: one entry is enough for every place, and values are written as such."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quasar.cli.main import app
from quasar.train.reward_function import summary
from quasar.train.rewards import Signals
from quasar.verifier import metrics
from quasar.verifier.measurement import Measurement, Reference
from quasar.verifier.metrics import METRICS, Metric, percent, shown, written
from support.small_evaluation import generations, records

TOY = Metric(
    "toy_score", "toy", "ratio", lambda measured, _: 0.123 if measured.parses else 0.0, "a toy."
)
TOY_OF_CIRCUITS = Metric(
    "toy_width", "toy width", "count", lambda measured, _: float(measured.n_qubits or 0),
    over="usable", average="median",
)  # fmt: skip


def test_a_metric_is_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "METRICS", (*METRICS, TOY, TOY_OF_CIRCUITS))
    rows = records(3)
    for name, content in (
        ("records", rows),
        ("made", generations(rows, "a") + generations(rows, "b")),
    ):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in content))
    out = tmp_path / "out"
    run = CliRunner().invoke(
        app,
        ["evaluate", "--records", str(tmp_path / "records"), "--generations",
         str(tmp_path / "made"), "--out", str(out), "--jobs", "1", "--no-sandbox",
         "--against", "a"],
        env={"COLUMNS": "120"},
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    table = json.loads((out / "table.json").read_text())
    assert 0 < table["a"]["toy_score"] <= 0.123
    assert table["a"]["intervals"]["toy_score"] is not None
    assert table["b"]["difference"]["toy_score"]["mean"] == 0.0
    assert table["a"]["toy_width"] >= 2
    report = (out / "report.md").read_text()
    headings = [line for line in report.splitlines() if line.startswith("| run")]
    assert sum(" toy |" in line for line in headings) == 3  # results, intervals, differences
    assert sum(" toy width |" in line for line in headings) == 1
    assert "- **toy**: a toy." in report
    assert "toy" in run.stdout.splitlines()[0].split()


def test_a_metric_of_circuits_is_logged_in_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "METRICS", (*METRICS, TOY, TOY_OF_CIRCUITS))
    good = Measurement(parses=True, feasible=True, n_qubits=4, product_state=True)
    bad = Measurement(parses=False, feasible=False)
    found = summary([Signals(1.0, m, None, None, 0.0, None, {}, False) for m in (good, bad)])
    assert found["toy_width"] == 4.0
    assert found["product_state"] == 1.0
    assert "entanglement" not in found
    assert "toy_score" not in found


def test_names_are_unique_and_explained() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert len({metric.title for metric in METRICS}) == len(METRICS)
    assert all(metric.meaning for metric in METRICS)


def test_places() -> None:
    assert [m.name for m in shown("terminal")] == [
        "SCR", "SREV", "RE", "HQCR", "approximation_ratio", "p_optimal", "top_is_optimal"
    ]  # fmt: skip
    assert "SREV_physical" in {m.name for m in shown("circuits")}
    assert not any(m.over == "usable" for m in shown("results"))


REFERENCE = Reference(0, "maxcut", "qaoa", 2, 1, -2.0, 2.0, 1, -1.0, None)


def value(name: str, measured: Measurement, record: Reference | None) -> float:
    return next(m for m in METRICS if m.name == name).of(measured, record)


@pytest.mark.parametrize("name", ["SREV", "SREV_bit_reversed", "RE", "HQCR"])
@pytest.mark.parametrize("record", [None, REFERENCE])
def test_likeness_needs_a_reference_circuit(name: str, record: Reference | None) -> None:
    measured = Measurement(True, True, relative_entropy=0.0, energy=0.0, energy_bit_reversed=0.0)
    assert math.isnan(value(name, measured, record))


def test_the_gap_is_in_units_of_the_energy_range() -> None:
    assert value("qaoa_gap", Measurement(True, True, energy=0.0), REFERENCE) == 0.25
    assert math.isnan(value("qaoa_gap", Measurement(True, False), REFERENCE))
    assert math.isnan(value("qaoa_gap", Measurement(True, True, energy=0.0), None))


def test_the_ratio_among_valid_solutions_is_of_constrained_problems() -> None:
    ratio = next(metric for metric in METRICS if metric.name == "feasible_ratio")
    constrained = Measurement(
        parses=True, feasible=True, n_qubits=2, p_feasible=0.5, feasible_ratio=0.25
    )
    assert ratio.of(constrained, None) == 0.25
    assert math.isnan(ratio.of(replace(constrained, p_feasible=None), None))
    assert math.isnan(ratio.of(replace(constrained, p_feasible=0.0, feasible_ratio=None), None))


def test_the_threshold_of_srev_is_included() -> None:
    circuit = Measurement(True, True, energy=0.0, energy_bit_reversed=0.0)
    record = replace(REFERENCE, circuit=circuit)
    assert value("SREV", Measurement(True, True, energy=0.2), record) == 1.0
    assert value("SREV", Measurement(True, True, energy=0.21), record) == 0.0
    assert value("SREV", Measurement(True, False), record) == 0.0
    assert "gates" in {metric.name for metric in metrics.candidate_metrics()}


def test_a_circuit_that_never_shows_an_optimum_takes_infinitely_many_shots() -> None:
    never, some = Measurement(True, True), Measurement(True, True, shots_to_optimum=7)
    assert value("shots_to_optimum", never, None) == math.inf
    assert value("shots_to_optimum", some, None) == 7.0
    assert (value("never_optimal", never, None), value("never_optimal", some, None)) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("average", "values", "expected"),
    [
        ("mean", [1.0, math.nan, 2.0], 1.5),
        ("mean", [math.nan], None),
        ("median", [1.0, 5.0, math.inf], 5.0),
        ("median", [1.0, math.inf, math.inf], None),
        ("sum", [1.0, 0.0, 1.0], 2),
        ("sum", [], 0),
    ],
)
def test_averages(average: str, values: list[float], expected: float | None) -> None:
    assert Metric("x", "x", "count", lambda *_: 0.0, average=average).summary(values) == expected


@pytest.mark.parametrize(
    ("kind", "number", "full", "brief", "change"),
    [
        ("fraction", 0.1234, "12.34%", "12.3%", "+12.3"),
        ("ratio", 0.1234, "0.123", "0.123", "+0.123"),
        ("bits", 1.234, "1.23", "1.23", "+1.23"),
        ("number", 1.25, "1.2", "1.2", "+1.2"),
        ("count", 12.0, "12", "12", "+12"),
    ],
)
def test_values_are_written_by_their_kind(
    kind: str, number: float, full: str, brief: str, change: str
) -> None:
    metric = Metric("x", "x", kind, lambda *_: 0.0)
    assert (metric.text(number), metric.text(number, brief=True)) == (full, brief)
    assert metric.change(number) == change
    assert metric.text(None) == written(None, kind) == percent(None) == "-"
