"""Circuits ranked by what they give on a device: by noise and size, not by their ideal quality."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import pytest

from quasar.agent.candidate import Candidate, rank_key
from quasar.agent.device_judge import (
    DEPTHS,
    DeviceJudge,
    better_without_noise,
    every_depth,
    several_depths,
)
from quasar.agent.device_quality import DeviceQuality
from quasar.agent.generate import generate
from quasar.core.errors import InputError
from quasar.devices.load import device
from quasar.models.designer import DesignerSettings, design
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.prompts.chat import Request
from quasar.report.bundle import report_data
from quasar.report.store import load_generation
from quasar.report.terminal import generation_text
from quasar.verifier.pipeline import Verifier


@pytest.fixture(scope="module")
def problem() -> EncodedProblem:
    return load_problem(nx.path_graph(4), problem_type="maxcut")


@pytest.fixture(scope="module")
def judge(problem: EncodedProblem) -> DeviceJudge:
    return DeviceJudge(device("generic:5:line"), problem, seeds=2)


def candidates(problem: EncodedProblem, layers: int) -> list[Candidate]:
    verifier = Verifier(problem)
    settings = DesignerSettings(algorithm="qaoa", layers=layers, every_depth=True)
    return [
        Candidate(made.ansatz, "designer", made.qasm, verifier.verify(made.qasm), design=made)
        for made in design(problem.hamiltonian, settings)
    ]


def test_a_circuit_is_compiled_and_simulated_with_noise(
    problem: EncodedProblem, judge: DeviceJudge
) -> None:
    (made,) = judge.scored(candidates(problem, 1))
    there = made.on_device
    assert there is not None
    assert there.two_qubit_gates >= 3
    assert 0.0 < there.esp < 1.0
    assert made.report.energy is not None
    assert there.energy > made.report.energy  # noise raises the energy of a good circuit
    assert there.p_optimal < (made.report.p_optimal or 0.0)
    assert sorted(set(there.qubits)) == sorted(there.qubits)
    assert "OPENQASM 3" in (judge.compiled(made.qasm) or "")


def test_what_the_device_cannot_run_comes_after_what_it_can(
    problem: EncodedProblem, judge: DeviceJudge
) -> None:
    good, *_ = candidates(problem, 1)
    dynamic = (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nbit[4] c;\nh q[0];\n'
        "c[0] = measure q[0];\nif (c[0]) x q[1];\nc = measure q;\n"
    )
    other = replace(good, name="dynamic", qasm=dynamic, report=Verifier(problem).verify(dynamic))
    scored = judge.scored([other, good])
    assert scored[0].obstacle
    assert min(scored, key=rank_key).name == good.name


def test_the_rank_goes_by_the_noisy_shots(problem: EncodedProblem) -> None:
    made = candidates(problem, 2)
    there = DeviceQuality(
        device="x", two_qubit_gates=9, depth=9, duration_s=1e-6, esp=0.9, qubits=[0, 1, 2, 3],
        energy=0.0, approximation_ratio=0.5, p_optimal=0.3, shots_to_optimum=13,
        simulated_by="density matrix",
    )  # fmt: skip
    worse = there.model_copy(update={"p_optimal": 0.1, "shots_to_optimum": 44})
    shallow, deep = replace(made[0], on_device=there), replace(made[1], on_device=worse)
    assert (deep.report.p_optimal or 0.0) > (shallow.report.p_optimal or 0.0)
    ranked = sorted([deep, shallow], key=rank_key)
    assert ranked[0] is shallow
    assert better_without_noise(ranked) == [deep]


def test_depth_is_left_open_where_nobody_names_one(judge: DeviceJudge) -> None:
    assert every_depth(DesignerSettings()).every_depth
    assert not every_depth(DesignerSettings(layers=2)).every_depth
    assert [r.layers for r in several_depths(None, judge)[1:] if r] == list(DEPTHS)
    asked = Request("qaoa", 2)
    assert several_depths(asked, judge) == [asked]
    assert several_depths(None, None) == [None]


def test_the_designers_choice_is_told_kept_and_read_again(
    problem: EncodedProblem, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = DesignerSettings(algorithm="qaoa", layers=None, max_evaluations=150)
    found = generate(problem, "designer", settings=settings, device="generic:5:line")
    assert {c.name for c in found.candidates} >= {"qaoa p=1", "qaoa p=2"}
    noisy = [c.on_device.p_optimal for c in found.candidates if c.on_device]
    assert noisy[0] == max(noisy)
    text = generation_text(found)
    assert "on device" in text
    assert "with noise" in text
    said = report_data(found)["on_device"]
    assert said["best"]["layouts"] > 1
    assert said["device"] == found.device
    folder = tmp_path_factory.mktemp("generation") / "out"
    assert "compiled.qasm" in found.save(folder)
    again = load_generation(folder)
    assert [c.on_device for c in again.candidates] == [c.on_device for c in found.candidates]
    assert (again.device, again.compiled) == (found.device, found.compiled)


def test_what_is_too_large_or_unknown_is_refused(problem: EncodedProblem) -> None:
    with pytest.raises(InputError, match="There is no device"):
        generate(problem, "designer", device="torono")
    ring = load_problem(nx.cycle_graph(30), problem_type="maxcut")
    with pytest.raises(InputError, match="beyond 24 qubits"):
        generate(ring, "designer", device="generic:40:line")
    settings = DesignerSettings(algorithm="qaoa", layers=1, max_evaluations=40)
    found = generate(problem, "designer", settings=settings, device="generic:3:line")
    assert found.best.on_device is None
    assert "not possible" in generation_text(found)


def test_ground_states_of_spin_models_are_refused() -> None:
    chain = {"problem_type": "observable", "observable": "0.5*X0*X1 - Z0"}
    with pytest.raises(InputError, match="X and Y terms"):
        generate(load_problem(chain), "designer", device="generic:5:line")
