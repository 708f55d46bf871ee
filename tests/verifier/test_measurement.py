"""One measured record: the verifier's report, a data set's record and a reward signal agree."""

from __future__ import annotations

from dataclasses import asdict, fields

import pytest

from quasar.data.record import MEASURED, measure
from quasar.problems.load import load_problem
from quasar.train.rewards import RewardSettings, signals_of
from quasar.verifier.measurement import Measurement
from quasar.verifier.pipeline import Verifier
from quasar.verifier.settings import VerifierSettings

SQUARE = {
    "problem_type": "vertex_cover",
    "graph": {
        "nodes": [{"id": i} for i in range(4)],
        "edges": [{"source": i, "target": (i + 1) % 4} for i in range(4)],
    },
}
CIRCUIT = (
    'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nbit[4] c;\nrx(0.9) q[0];\nx q[1];\n'
    "x q[3];\nry(1.2) q[2];\ncx q[0], q[1];\ncx q[2], q[3];\nrx(0.3) q[3];\nc = measure q;\n"
)


def report(text: str = CIRCUIT):
    return Verifier(load_problem(SQUARE), None, VerifierSettings(effective=True)).verify(text)


def test_everything_is_taken_from_the_report() -> None:
    full = report()
    found = Measurement.from_report(full)
    assert found.energy == full.stages.objective.energy
    assert found.approximation_ratio == full.approximation_ratio
    assert found.entropy_bits == full.quality.entropy_bits
    assert (found.gates, found.two_qubit_gates, found.depth) == (7, 2, 3)
    assert found.effective_gates == full.quality.effective.gates
    undefined = {name for name, value in asdict(found).items() if value is None}
    beyond = {"energy_known", "energy_error", "ratio_low", "ratio_high", "best_objective"}
    beyond |= {f"p_best_known{end}" for end in ("", "_low", "_high")}
    assert undefined == {"fault", "fault_message", "relative_entropy"} | beyond


def test_a_fault_is_named_with_its_limit() -> None:
    found = Measurement.from_report(report("OPENQASM 3.0; qubit[4] q; h q[9];"))
    assert not found.feasible
    assert found.fault is not None
    assert found.energy is None
    assert found.gates is None


def test_data_and_training_measure_the_same() -> None:
    full = report()
    judged = Measurement.from_report(full)
    of_data, _ = measure(CIRCUIT, load_problem(SQUARE))
    for name in (*MEASURED, "energy", "entanglement"):
        assert getattr(of_data, name) == pytest.approx(getattr(judged, name), abs=1e-12), name
    signals = signals_of(full, RewardSettings(), "converged")
    assert signals.measured == judged
    row = signals.row()
    assert {field.name for field in fields(Measurement)} < row.keys()
    assert row["s3"] == row["approximation_ratio"] == signals.objective
    assert row["reward"] == signals.reward
