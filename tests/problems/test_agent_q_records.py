"""The `agent-q` encoding reproduces every recorded Hamiltonian of the benchmark."""

from __future__ import annotations

import math
from typing import Any

from problems.solvers import SOLVERS, canonical
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.problems.base import encode
from quasar.problems.registry import problem_class
from support.agentq import load_records, problem_data


def _agrees(ours: IsingHamiltonian, recorded: IsingHamiltonian) -> bool:
    if ours.n_qubits != recorded.n_qubits:
        return False
    return all(
        math.isclose(
            ours.terms.get(t, 0.0), recorded.terms.get(t, 0.0), rel_tol=1e-9, abs_tol=1e-12
        )
        for t in ours.terms.keys() | recorded.terms.keys()
    )


def _matching_orders(record: dict[str, Any]) -> list[str]:
    problem = problem_class(record["problem_type"]).from_data(problem_data(record))
    recorded = IsingHamiltonian.from_text(record["cost_hamiltonian"], record["number_of_qubits"])
    return [
        order
        for order in ("natural", "lexicographic")
        if _agrees(encode(problem, "agent-q", order).hamiltonian, recorded)
    ]


def test_every_recorded_hamiltonian_is_reproduced() -> None:
    records = load_records()
    failed = [
        (r["sample_index"], r["problem_type"], r["number_of_qubits"])
        for r in records
        if not _matching_orders(r)
    ]
    assert len(records) == 123
    assert failed == []


def test_reading_a_record_keeps_its_attributes_and_its_graph() -> None:
    for record in load_records():
        data = problem_data(record)
        cls = problem_class(record["problem_type"])
        written = cls.from_data(data).to_data()
        assert written.get("problem_specific_attributes") == data["problem_specific_attributes"]
        assert written["graph"] == data["graph"]
        assert cls.from_data(written) == cls.from_data(data)


def test_published_prompt_details_of_records() -> None:
    for record in load_records():
        attributes = problem_data(record)["problem_specific_attributes"]
        if record["problem_type"] == "graph_isomorphism":
            problem = problem_class("graph_isomorphism").from_data(problem_data(record))
            other = attributes["autoisomorphic_graph"]
            assert problem.prompt_details() == f"with the second graph being {other}"


def test_the_exact_encoding_is_exact_on_every_record() -> None:
    for record in load_records():
        problem = problem_class(record["problem_type"]).from_data(problem_data(record))
        encoded = encode(problem, "exact")
        ground = encoded.hamiltonian.spectrum.ground_states
        found = {canonical(encoded.decode(int(index)).solution) for index in ground}
        assert found == SOLVERS[record["problem_type"]](problem), record["sample_index"]
