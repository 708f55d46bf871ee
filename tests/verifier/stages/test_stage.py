"""A further stage, from its registration to JSON and the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

import quasar
from quasar.core.errors import InputError
from quasar.report.terminal import report_text
from quasar.verifier.context import Context
from quasar.verifier.report import Report
from quasar.verifier.settings import BUILT_IN_STAGES, VerifierSettings
from quasar.verifier.stages.stage import STAGES, Skipped, get_stage

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
PROBLEM = {
    "problem_type": "maxcut",
    "graph": {
        "nodes": [{"id": i} for i in range(3)],
        "edges": [{"source": a, "target": b} for a, b in [(0, 1), (1, 2), (0, 2)]],
    },
}
GOOD = HEAD + "qubit[3] q; h q[0];"
DYNAMIC = HEAD + "bit c; qubit[3] q; c = measure q[0]; if (c) { x q[0]; } x q[1];"


class Sampled(BaseModel):
    """Of the toy stage."""

    distinct_answers: int
    mean_energy: float


class SampledStage:
    """What a few shots show: asks the outcome for samples and an expectation, never for all D."""

    name = "sampled"
    needs = frozenset({"answer"})

    def measure(self, context: Context) -> Sampled | Skipped:
        if context.score("objective") == 1.0:
            return Skipped("it is optimal already")
        counts = context.outcome.sample(64, seed=1)
        energy = context.outcome.expectation(context.problem.hamiltonian)
        return Sampled(distinct_answers=len(counts), mean_energy=energy.value)


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> VerifierSettings:
    monkeypatch.setitem(STAGES, "sampled", SampledStage)
    return VerifierSettings(stages=("sampled", "objective"))


def test_a_registered_stage_is_part_of_the_report(sampled: VerifierSettings) -> None:
    report = quasar.verify(GOOD, PROBLEM, settings=sampled)
    found = {"distinct_answers": 2, "mean_energy": report.energy}
    assert report.stages.others == {"sampled": found}
    assert set(report.cost_s) == {"feasibility", "objective", "sampled"}
    assert report.skipped == {"behaviour": "no reference circuit", "utility": "not asked for"}
    data = json.loads(report.model_dump_json())
    assert data["stages"]["sampled"] == found
    again = Report.model_validate(data)
    assert again.stages.others == {"sampled": found}
    assert again.model_dump_json() == report.model_dump_json()
    line = next(line for line in report_text(report).splitlines() if line.startswith("sampled"))
    assert line == f"sampled    distinct answers 2, mean energy {report.energy:.6g}"


def test_without_it_a_report_is_as_before(sampled: VerifierSettings) -> None:
    report = quasar.verify(GOOD, PROBLEM)
    assert report.stages.others == {}
    assert set(report.model_dump()["stages"]) == {"feasibility", "ground", *BUILT_IN_STAGES}
    assert report.stages.ground is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HEAD + "qubit[3] q; x q[1];", "it is optimal already"),
        (HEAD + "qubit[2] q; x q[1];", "another number of bits"),
        ("nonsense", "infeasible"),
    ],
)
def test_a_stage_that_does_not_run_says_why(sampled: VerifierSettings, text: str, why: str) -> None:
    report = quasar.verify(text, PROBLEM, settings=sampled, limits=None)
    assert why in report.skipped["sampled"]
    assert report.stages.others == {}


def test_a_stage_may_need_a_static_circuit_or_a_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Demanding(SampledStage):
        needs = frozenset({"circuit", "reference"})

    monkeypatch.setitem(STAGES, "sampled", Demanding)
    only = VerifierSettings(stages=("sampled",), header="language")
    assert quasar.verify(GOOD, PROBLEM, settings=only).skipped["sampled"] == "no reference circuit"
    report = quasar.verify(DYNAMIC, PROBLEM, GOOD, settings=only, limits=None)
    assert "dynamic" in report.skipped["sampled"]
    assert "sampled" not in report.cost_s
    report = quasar.verify(GOOD, PROBLEM, GOOD, settings=only)
    assert report.stages.others["sampled"]["distinct_answers"] == 2
    assert report.stages.behaviour is None


def test_what_needs_no_answer_measures_circuits_of_any_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Anything(SampledStage):
        needs = frozenset[str]()

        def measure(self, context: Context) -> Sampled:
            return Sampled(distinct_answers=len(context.distribution), mean_energy=0.0)

    monkeypatch.setitem(STAGES, "sampled", Anything)
    text = HEAD + "qubit[4] q; h q;"
    report = quasar.verify(text, PROBLEM, settings=VerifierSettings(stages=("sampled",)))
    assert not report.feasible
    assert report.stages.others["sampled"]["distinct_answers"] == 16


def test_the_gates_budget_holds_for_further_stages_too(sampled: VerifierSettings) -> None:
    settings = sampled.model_copy(
        update={"gate": sampled.gate.model_copy(update={"mode": "thresholds", "budget_s": 1e-9})}
    )
    report = quasar.verify(GOOD, PROBLEM, settings=settings)
    assert "budget" in report.skipped["sampled"]
    assert report.out_of_budget


def test_built_in_stages_keep_their_order_and_run_once() -> None:
    settings = VerifierSettings(stages=("utility", "behaviour", "utility"))
    assert settings.stage_names == ("behaviour", "utility")
    assert [get_stage(name).name for name in STAGES] == list(STAGES)
    assert [name for name in STAGES if name != "ground"] == list(BUILT_IN_STAGES)
    for last in (1, 2, 3, 4):
        assert len(VerifierSettings(max_stage=last).stage_names) == last - 1


def test_an_unknown_stage_is_the_callers_fault() -> None:
    with pytest.raises(InputError, match=r"unknown stage 'depth'; known: behaviour, objective"):
        quasar.verify(GOOD, PROBLEM, settings={"stages": ["depth"]})


PLUGIN = """
from pydantic import BaseModel

class Width(BaseModel):
    bits: int

class WidthStage:
    name = "width"
    needs = frozenset()
    def measure(self, context):
        return Width(bits=context.outcome.answer.width)
"""


def test_a_stage_of_an_installed_package_runs_in_the_sandbox_too(tmp_path: Path) -> None:
    (tmp_path / "plugin_of_a_stage.py").write_text(PLUGIN)
    about = tmp_path / "plugin_of_a_stage-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: plugin-of-a-stage\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[quasar.stages]\nwidth = plugin_of_a_stage:WidthStage\n"
    )
    (tmp_path / "problem.json").write_text(json.dumps(PROBLEM))
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
    command = [sys.executable, "-m", "quasar", "verify", "-", "--problem"]
    command += [str(tmp_path / "problem.json"), "--stages", "feasibility,objective,width"]
    found = subprocess.run(
        [*command, "--json"], input=DYNAMIC, env=environment, capture_output=True, text=True
    )
    assert json.loads(found.stdout)["stages"]["width"] == {"bits": 3}
