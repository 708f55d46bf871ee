"""Records beyond 24 qubits beside small ones: what is measured, and what tables say of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

import quasar
from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.evaluation.evaluate import run
from quasar.evaluation.report import beyond_text, report_text
from quasar.evaluation.result import EvaluationSettings, EvaluationTable
from quasar.optimize.qaoa_large import transferred_angles
from quasar.problems.load import load_problem
from quasar.verifier.measurement import Measurement, Reference
from quasar.verifier.metrics import METRICS
from quasar.verifier.settings import LargeSettings
from support.small_evaluation import generation, hadamards, record

pytest.importorskip("quimb", reason="samples of large circuits need quimb")
pytest.importorskip("ortools", reason="bounds need OR-Tools")

SETTINGS = EvaluationSettings(
    jobs=1, sandbox=None, resamples=50, large=LargeSettings(shots=200, time_limit=5)
)
WITH_BASELINES = SETTINGS.model_copy(update={"baselines": True})


def large_record(number: int, n: int = 30) -> dict[str, Any]:
    graph = nx.circular_ladder_graph(n // 2)
    data = {"problem_type": "maxcut", "graph": nx.node_link_data(graph, edges="edges")}
    h = load_problem(data).hamiltonian
    text = emit(qaoa(h, 1).bind(transferred_angles(h, 1)))
    more = {"sample_index": number, "optimization_type": "qaoa", "number_of_layers": 1}
    return {**data, **more, "circuit_with_params": text}


def made(given: list[dict[str, Any]], name: str = "a") -> list[dict[str, Any]]:
    """Uniform superpositions; for the last record also the reference itself and a broken text."""
    out = [
        generation(name, row["sample_index"], 1, hadamards(load_problem(row).n_qubits))
        for row in given
    ]
    last = given[-1]
    out.append(generation(name, last["sample_index"], 2, last["circuit_with_params"]))
    out.append(generation(name, last["sample_index"], 3, "broken"))
    return out


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mixed")


@pytest.fixture(scope="module")
def mixed(folder: Path) -> Any:
    given = [record(1), large_record(2)]
    return run(given, [made(given)], folder, WITH_BASELINES)


def test_each_number_is_known_or_left_out(mixed, folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / "candidates.jsonl").read_text().splitlines()]
    rows = {(r["run"], r["sample_index"], r["candidate"]): r for r in lines}
    own = rows["a", 2, 2]
    assert own["energy_known"] == "exact"
    assert own["energy_error"] == 0
    assert own["relative_entropy"] is own["p_optimal"] is own["energy_bit_reversed"] is None
    assert own["energy"] == pytest.approx(own["energy_reference"])
    assert own["ratio_low"] == own["ratio_high"] == own["approximation_ratio"]
    assert own["p_best_known_low"] <= own["p_best_known"] <= own["p_best_known_high"]
    assert rows["a", 1, 1]["energy_known"] is None
    assert rows["a", 1, 1]["p_optimal"] > 0
    assert ("baseline:qaoa-fixed", 2, 1) in rows
    assert ("baseline:optimum", 2, 1) not in rows
    assert ("baseline:optimum", 1, 1) in rows


def test_the_table_says_how_many_records_count(mixed) -> None:
    row = mixed.table["a"]
    assert row["samples"] == 2
    assert row["RE_samples"] == row["HQCR_samples"] == row["p_optimal_samples"] == 1
    assert row["approximation_ratio_samples"] == row["SCR_samples"] == 2
    assert row["p_best_known_samples"] == row["ratio_low_samples"] == 1
    assert row["SREV_samples"] == 2
    assert row["beyond_24"] == {
        "records": 1,
        "optima": {"proven": 1},
        "energies": {"exact": 2},
        "sampled": 2,
    }
    text = report_text(mixed, [])
    assert "1 of 2 records: more than 24 qubits (optimum: 1 proven)" in text
    assert "ratio at least (records)" in text
    assert "a: 2 exact, 2 sampled" in text
    assert "P(best)" in str(EvaluationTable(mixed.table))


def test_a_baseline_that_leaves_large_records_out_does_not_fail_there(mixed) -> None:
    row = mixed.table["baseline:optimum"]
    assert row["SCR_samples"] == row["approximation_ratio_samples"] == 1
    assert row["SCR"] == row["approximation_ratio"] == 1.0
    assert row["ratio_low"] is None


def test_it_goes_on_where_it_was_and_the_optimum_is_not_sought_again(
    mixed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("the references' file has it")

    monkeypatch.setattr("quasar.evaluation.references.find_energy_range", never)
    monkeypatch.setattr("quasar.verifier.large.find_energy_range", never)
    given = [record(1), large_record(2)]
    again = run(given, [made(given, "b")], folder, WITH_BASELINES)
    assert again.distinct == 0  # the same texts as those of a
    assert again.table["b"]["ratio_low"] == mixed.table["a"]["ratio_low"]


def test_pictures_are_drawn_where_there_is_something_to_draw(tmp_path: Path) -> None:
    given = [large_record(2)]
    table = quasar.evaluate(
        given, made(given), tmp_path / "out", sandbox=False, large={"shots": 100, "time_limit": 5}
    )
    assert table["a"]["p_optimal"] is None
    assert (tmp_path / "out" / "report.md").exists()
    assert "1 of 1 record: more than 24 qubits" in str(table)


def test_within_a_sandbox_the_same(mixed, tmp_path: Path) -> None:
    given = [record(1), large_record(2)]
    settings = EvaluationSettings(jobs=2, resamples=50, large=SETTINGS.large)
    found = run(given, [made(given)], tmp_path / "boxed", settings)
    assert found.table["a"]["ratio_low"] == pytest.approx(mixed.table["a"]["ratio_low"])
    assert found.table["a"]["p_best_known"] == mixed.table["a"]["p_best_known"]


def test_metrics_of_a_large_record() -> None:
    exact = Measurement(True, True, energy=-3.0, energy_known="exact", ratio_low=0.7)
    broken = Measurement(True, False)
    bounded = Reference(0, "maxcut", "qaoa", 30, 1, None, None, None, None, None, known={})
    by_name = {metric.name: metric for metric in METRICS}
    for name in ("p_optimal", "top_is_optimal", "RE", "HQCR", "approximation_ratio"):
        assert np.isnan(by_name[name].of(exact, bounded)), name
        assert np.isnan(by_name[name].of(broken, bounded)), name
    assert by_name["ratio_low"].of(exact, bounded) == 0.7
    assert by_name["ratio_low"].of(broken, bounded) == 0.0
    assert np.isnan(by_name["p_best_known"].of(exact, bounded))
    assert np.isnan(by_name["shots_to_optimum"].of(exact, None))
    known = Reference(0, "maxcut", "qaoa", 30, 1, -10.0, 10.0, None, None, exact, known={})
    sampled = Measurement(True, True, energy=-3.01, energy_known="statistical", energy_error=0.1)
    assert np.isnan(by_name["SREV"].of(sampled, known))
    assert by_name["SREV"].of(broken, known) == 0.0
    assert by_name["approximation_ratio"].of(broken, known) == 0.0


def test_small_tables_are_as_they_were() -> None:
    given = [record(1)]
    table = quasar.evaluate(given, [generation("a", 1, 1, hadamards(6))], sandbox=False)
    assert "beyond_24" not in table["a"]
    assert "ratio_low" not in table["a"]
    assert beyond_text(table) is None
