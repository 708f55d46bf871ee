"""Training on records beyond 24 qubits: examples, tasks, rewards, and what the model is told."""

from __future__ import annotations

import json
from typing import Any

import networkx as nx
import pytest

from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.data.settings import BuildSettings
from quasar.data.shard import build_record
from quasar.optimize.qaoa_large import transferred_angles
from quasar.prompts.observation import observation
from quasar.train.examples import ExampleSettings, make_example
from quasar.train.rewards import RewardSettings, signals_of, verifier_settings
from quasar.train.rollout_tasks import PromptSettings, task_of
from quasar.train.verification import VerificationSettings
from quasar.verifier.sandbox import Job

pytest.importorskip("quimb", reason="samples of large circuits need quimb")
pytest.importorskip("ortools", reason="bounds need OR-Tools")

WORDS = ExampleSettings(prompt_style="published")


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    settings = BuildSettings.parse(
        {
            "recipe": "converged",
            "count": 1,
            "sizes": "26-26",
            "problems": {"maxcut": 1.0},
            "layers": {"qaoa": {1: 1}},
            "solve_seconds": 3,
        }
    )
    return build_record(settings, 0)


def test_supervised_examples_are_read_from_them(record) -> None:
    example = make_example(record, WORDS)
    assert example is not None
    assert example.answer == record["circuit_with_params"]
    assert make_example(record, ExampleSettings()) is None  # the compact style ends at 24 qubits


def test_rewards_come_from_the_exact_energy_and_from_samples(record, monkeypatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("the record says what is known")

    monkeypatch.setattr("quasar.verifier.large.find_energy_range", never)
    task = task_of(record, PromptSettings(paths=("x",), examples=WORDS))
    assert task is not None
    assert task.known is not None
    n = record["number_of_qubits"]
    plain = f'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[{n}] q;\nh q;\n'
    texts = [record["circuit_with_params"], plain, "broken", plain.replace("h q", "x q")]
    settings = {aim: RewardSettings(aim=aim) for aim in ("stages", "physical")}
    judging = verifier_settings(settings["stages"], completions=4, workers=1)
    where = VerificationSettings(workers=1).model_copy(update={"limits": None})
    with where.pool([task.problem], [None], judging, [task.known]) as pool:
        good, uniform, broken, one = pool.reports([Job(None, 0, text) for text in texts])
    assert good is not None
    assert good.energy == pytest.approx(record["energy"], abs=1e-6)
    assert good.reward.value == pytest.approx(record["ratio_low"], abs=1e-6)
    found = {
        aim: [signals_of(r, how, "converged") for r in (good, uniform, broken, one)]
        for aim, how in settings.items()
    }
    for signals in found.values():
        values = [signal.reward for signal in signals]
        assert values[0] == max(values)
        assert values[2] < 0
        assert signals[0].objective == good.estimates.ratio_low
    physical = [signal.reward for signal in found["physical"]]
    assert physical[1] < found["physical"][0].objective  # a product state keeps a part
    assert json.loads(json.dumps(found["physical"][0].row()))["ratio_low"] is not None


def test_the_model_is_told_how_each_number_is_known() -> None:
    from quasar.problems.load import load_problem
    from quasar.verifier.large import LargeVerifier
    from quasar.verifier.settings import LargeSettings

    problem = load_problem(nx.cycle_graph(26), problem_type="maxcut")
    h = problem.hamiltonian
    text = emit(qaoa(h, 1).bind(transferred_angles(h, 1)))
    large = LargeSettings(shots=100, time_limit=3)
    told = observation(LargeVerifier(problem, large=large).verify(text))
    assert "(exact)." in told
    assert "Approximation ratio 0.7" in told
    assert "Of 100 samples" in told
    assert "simulated exactly" not in told


def test_what_a_configuration_leaves_out_keeps_the_trainings_defaults() -> None:
    large = VerificationSettings.parse({"large": {"shots": 9}}).large
    assert (large.shots, large.max_bond, large.solver_threads) == (9, 16, 1)
