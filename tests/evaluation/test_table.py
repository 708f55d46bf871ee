"""Columns of the table, and the comparison with the published figures."""

from __future__ import annotations

from typing import Any

import pytest
from benchmarks.published_reading import reading

from quasar.evaluation import paper
from quasar.evaluation.report import markdown, paper_rows
from quasar.evaluation.table import Measured, Table, build_table
from quasar.verifier.measurement import Measurement, Reference


def reference(index: int) -> Reference:
    circuit = usable(energy=-1.0, energy_bit_reversed=1.0, relative_entropy=None)
    return Reference(index, "vertex_cover", "vqe", 2, 1, -2.0, 2.0, 1, None, circuit)


def usable(**values: Any) -> Measurement:
    default = {
        "relative_entropy": 1.0,
        "energy": -1.0,
        "energy_bit_reversed": 0.0,
        "approximation_ratio": 0.75,
        "p_optimal": 0.25,
        "top_is_optimal": True,
        "gates": 10,
        "two_qubit_gates": 4,
        "depth": 5,
        "effective_gates": 8,
        "effective_two_qubit_gates": 3,
        "degrees_of_freedom": 4,
        "from_hamiltonian": False,
        "shots_to_optimum": 17,
        "entanglement": 0.5,
        "product_state": False,
        "basis_state": False,
    }
    return Measurement(parses=True, feasible=True, n_qubits=2, **{**default, **values})


BROKEN = Measurement(parses=False, feasible=False, fault="syntax")


def table(runs: dict[str, dict[int, list[Measurement]]], **settings: Any) -> Table:
    references = tuple(map(reference, range(4)))
    return build_table(Measured(references, runs), resamples=100, **settings)


def test_columns_of_candidates() -> None:
    row = table(
        {
            "a": {
                0: [usable(), usable(gates=20, basis_state=True)],
                1: [BROKEN, BROKEN],
                2: [usable(gates=None, entanglement=None, dynamic=True), BROKEN],
            }
        }
    )["a"]
    assert (row["samples"], row["answered"], row["candidates"], row["usable"]) == (4, 3, 6, 3)
    assert row["candidates_per_record"] == 2
    assert row["gates"] == 15.0
    assert row["entanglement"] == 0.5
    assert row["basis_state"] == row["dynamic"] == pytest.approx(1 / 3)
    assert (row["effective_gates"], row["effective_two_qubit_gates"]) == (8.0, 3.0)
    assert (row["shots_to_optimum"], row["never_optimal"]) == (17.0, 0)
    assert row["faults"] == {"syntax": 3}
    assert row["SCR"] == 0.5
    assert row["qaoa_gap"] is None
    assert row["intervals"]["qaoa_gap"] is None
    assert list(row["pass_at"]) == ["1"]
    assert row["pass_at"]["1"]["SCR"] == pytest.approx((1 + 0 + 0.5 + 0) / 4)


def test_what_the_circuits_are() -> None:
    found = [
        usable(product_state=True, degrees_of_freedom=2, from_hamiltonian=True),
        usable(product_state=None, degrees_of_freedom=None, from_hamiltonian=None, dynamic=True),
        usable(shots_to_optimum=None),
    ]
    row = table({"a": {0: found}})["a"]
    assert row["product_state"] == row["from_hamiltonian"] == 0.5  # a dynamic program has none
    assert row["degrees_of_freedom"] == 3.0
    assert (row["shots_to_optimum"], row["never_optimal"]) == (17.0, 1)
    row = table({"a": {0: found[2:], 1: [usable(shots_to_optimum=None)]}})["a"]
    assert (row["shots_to_optimum"], row["never_optimal"]) == (None, 2)


@pytest.mark.parametrize(("convention", "value"), [("physical", 1.0), ("agent-q", 0.0)])
def test_the_convention_chooses_srev_and_nothing_else(convention: Any, value: float) -> None:
    runs = {"a": {index: [usable(), BROKEN] for index in range(4)}}
    row = table(runs, energy_convention=convention)["a"]
    assert row["SREV"] == value
    assert (row["SREV_physical"], row["SREV_bit_reversed"]) == (1.0, 0.0)
    assert row["pass_at"]["1"]["SREV"] == value / 2
    assert row["intervals"]["SREV"] == [value, value]


def test_the_reference_stands_between_models_and_baselines() -> None:
    runs = {"baseline:uniform": {0: [usable()]}, "a": {0: [usable()]}}
    measured = Measured(tuple(map(reference, range(4))), runs).with_reference_run()
    found = build_table(measured, resamples=10)
    assert list(found) == ["a", "reference", "baseline:uniform"]
    assert found["reference"]["HQCR"] == found["reference"]["SREV"] == 1.0
    assert found["reference"]["RE"] == 0.0


def test_intervals_of_a_seed_are_the_same_again() -> None:
    runs = {"a": {0: [usable()], 1: [BROKEN], 2: [usable(p_optimal=0.9)]}}
    assert table(runs, seed=3) == table(runs, seed=3)
    assert table(runs, seed=3) != table(runs, seed=4)


# --- beside the paper ----------------------------------------------------------------------------


def full_table() -> Table:
    hit, miss = usable(relative_entropy=0.01), usable(energy=1.0)
    return table(
        {
            "GPT-5@1": {0: [hit], 1: [miss], 2: [BROKEN]},
            "mine@10": {index: [hit, miss] * 5 for index in range(4)},
            "baseline:uniform": {index: [hit] for index in range(4)},
            "baseline:random-angles": {index: [miss] for index in range(4)},
            "baseline:qaoa-fixed": {index: [hit] for index in range(4)},
            "baseline:optimum": {
                index: [usable(approximation_ratio=1.0, p_optimal=1.0)] for index in range(4)
            },
        }
    )


def test_ours_stand_before_their_namesakes() -> None:
    found = [(line.name, line.samples, line.published) for line in paper.lines(full_table())]
    place = found.index(("GPT-5@1", 1, False))
    assert found[place + 1] == ("GPT-5", 1, True)
    assert sum(published for *_, published in found) == len(paper.PUBLISHED)
    assert [k for _, k, _ in found] == sorted(k for _, k, _ in found)


def test_the_reading_speaks_of_conventions_and_baselines() -> None:
    text = " ".join(reading(full_table()))
    for word in (
        "580 records",
        "Energy convention",
        "Hadamards on all qubits, one candidate a record, score HQCR 100.00%",
        "QUASAR's included",
        "classical optimum",
        "QAOA at angles",
        "random angles",
    ):
        assert word in text


def test_the_reading_does_without_models_baselines_and_references() -> None:
    only = table({"baseline:uniform": {0: [usable()]}})
    assert reading(only)
    bare = (Reference(0, "ising", None, 2, None, -2.0, 2.0, 1, None, None),)
    unlike = {"a": {0: [usable(relative_entropy=None)]}, "baseline:uniform": {0: [usable()]}}
    found = build_table(Measured(bare, unlike), resamples=10)
    assert reading(found)
    assert paper_rows(found)[1]


def test_markdown_cells_are_safe() -> None:
    text = markdown(table({"a|b\nc": {0: [usable()]}}), [("x", lambda row: "1")])
    assert text.splitlines()[-1] == "| a\\|b c | 1 |"
