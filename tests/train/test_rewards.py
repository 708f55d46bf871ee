"""Rewards: ablations weigh what they should, guards hold, gates shut for their own reasons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.core.errors import InputError
from quasar.data.storage import read_records
from quasar.problems.load import load_problem
from quasar.prompts.chat import Style
from quasar.train.reward_function import VerifiedReward
from quasar.train.rewards import RewardSettings, Signals, signals_of, verifier_settings
from quasar.train.rollout_tasks import PromptSettings, RolloutTask, references_of, task_of
from quasar.train.verification import VerificationSettings
from quasar.verifier.pipeline import Verifier
from quasar.verifier.reward import Ablation
from support.small_rewards import (
    ANSWER,
    BROKEN,
    DISGUISED,
    EMPTY,
    HEAD,
    PROBLEM,
    REFERENCE,
    UNIFORM,
    WIDE,
)

ABLATIONS = get_args(Ablation)


def reward_settings(**tables: Any) -> RewardSettings:
    return RewardSettings.parse(tables)


def judged(
    text: str,
    wanted: RewardSettings,
    problem: Any = PROBLEM,
    reference: str = REFERENCE,
    style: Style = "agent-q",
) -> Signals:
    verifier = Verifier(
        problem,
        reference if wanted.compares(style) else None,
        verifier_settings(wanted, completions=8, workers=2),
    )
    return signals_of(verifier.verify(text), wanted, style)


@pytest.mark.parametrize(
    ("ablation", "warm_start"), [("full", 0.0), ("no_opt", 0.15), ("no_opt", 0.0)]
)
def test_each_style_may_have_its_own_aim(ablation: str, warm_start: float) -> None:
    tables = {"stages": {"ablation": ablation}, "physical": {"warm_start": warm_start}}
    mixed = reward_settings(**tables, aims={"converged": "physical"})
    alone = {aim: reward_settings(**tables, aim=aim) for aim in ("stages", "physical")}
    likeness = judged(UNIFORM, mixed, style="agent-q")
    use = judged(UNIFORM, mixed, style="converged")
    assert likeness.reward == judged(UNIFORM, alone["stages"]).reward
    assert use.reward == judged(UNIFORM, alone["physical"]).reward
    assert likeness.reward != use.reward
    assert likeness.behaviour is not None
    assert use.behaviour is None
    utility = ablation == "full" or warm_start > 0
    assert (use.utility is not None) == utility


def test_the_ranking_pays_a_product_state_as_a_classical_answer() -> None:
    wanted = reward_settings(aim="ranking")
    wide = WIDE.replace("h q[0]", "h q[3]")
    found = {
        text: judged(text, wanted, style="converged")
        for text in (REFERENCE, ANSWER, DISGUISED, UNIFORM, BROKEN, wide)
    }
    assert found[ANSWER].reward == pytest.approx(0.5)
    assert found[DISGUISED].reward == pytest.approx(0.5)
    assert found[ANSWER].measured.p_optimal == pytest.approx(1.0)
    assert 0.5 < found[REFERENCE].reward < 1.0
    assert 0.0 < found[UNIFORM].reward < 0.5
    assert found[BROKEN].reward == -1.0
    assert found[wide].reward == -0.5


@settings(max_examples=20)
@given(st.floats(-3, 3), st.floats(-3, 3))
def test_it_orders_two_circuits_as_generate_does(first: float, second: float) -> None:
    from quasar.agent.candidate import Candidate, rank_key

    texts = [
        HEAD + f"qubit[3] q;\nry({angle}) q[0];\nx q[2];\n{tail}"
        for angle in (first, second)
        for tail in ("", "cx q[0], q[1];\n")
    ]
    wanted = reward_settings(aim="ranking", ranking={"energy": 0.0, "p_optimal": 1.0})
    verifier = Verifier(PROBLEM, None, verifier_settings(wanted, completions=8, workers=2))
    reports = [verifier.verify(text) for text in texts]
    paid = [signals_of(report, wanted, "converged").reward for report in reports]
    keys = [rank_key(Candidate("", "model", "", report))[:3] for report in reports]
    for reward, key in zip(paid, keys, strict=True):
        for other, beaten in zip(paid, keys, strict=True):
            assert key >= beaten or reward > other


def test_each_answer_is_paid_by_the_style_of_its_prompt(tmp_path: Path) -> None:
    mixed = reward_settings(aims={"converged": "physical"}, stages={"ablation": "no_opt"})
    tasks = [
        RolloutTask(PROBLEM, REFERENCE, [], "first", "agent-q"),
        RolloutTask(PROBLEM, REFERENCE, [], "second", "converged"),
    ]
    references = references_of(tasks, mixed)
    assert references == [REFERENCE, None]
    judging = verifier_settings(mixed, completions=2, workers=1)
    limits = VerificationSettings(workers=1)
    with limits.pool([PROBLEM, PROBLEM], references, judging) as workers:
        paid = VerifiedReward(workers, mixed, tasks, tmp_path / "log.jsonl")
        rewards = paid([UNIFORM, UNIFORM], [0, 1])
    assert rewards == [
        judged(UNIFORM, mixed, style="agent-q").reward,
        judged(UNIFORM, mixed, style="converged").reward,
    ]
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [(line["task"], line["style"]) for line in lines] == [
        ("first", "agent-q"),
        ("second", "converged"),
    ]


def test_no_optimiser_runs_where_nobody_is_paid_for_it() -> None:
    everywhere = reward_settings(
        aims={"converged": "physical", "agent-q": "physical"}, physical={"warm_start": 0.0}
    )
    assert verifier_settings(everywhere, completions=1, workers=1).max_stage == 3
    assert verifier_settings(reward_settings(), completions=1, workers=1).max_stage == 4


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(InputError, match="aims"):
        reward_settings(aims={"published": "physical"})


@pytest.mark.parametrize("ablation", ABLATIONS)
def test_each_ablation_leaves_out_its_signal(ablation: str) -> None:
    wanted = reward_settings(stages={"ablation": ablation, "w2": 0.5, "w3": 0.3, "w4": 0.2})
    full = judged(UNIFORM, reward_settings())
    assert full.behaviour is not None
    assert full.objective is not None
    assert full.utility is not None
    weights = {
        "full": (0.5, 0.3, 0.2),
        "no_ev": (0.5, 0.0, 0.2),
        "no_re": (0.0, 0.3, 0.2),
        "no_opt": (0.5, 0.3, 0.0),
    }
    expected = 1.0
    if ablation != "validity_only":
        w2, w3, w4 = weights[ablation]
        expected = (w2 * full.behaviour + w3 * full.objective + w4 * full.utility) / (w2 + w3 + w4)
    found = judged(UNIFORM, wanted)
    assert found.reward == pytest.approx(expected)
    # Raw measurements stay beside the scalar, whatever it leaves out.
    assert (found.objective, found.measured.p_optimal) == (full.objective, full.measured.p_optimal)


@pytest.mark.parametrize("ablation", ABLATIONS)
@pytest.mark.parametrize("scheme", ["paper", "gated"])
def test_the_reference_beats_a_broken_one(scheme: str, ablation: str) -> None:
    gate = {"mode": "published"} if scheme == "gated" else {}
    wanted = reward_settings(stages={"scheme": scheme, "ablation": ablation}, gate=gate)
    good, broken = judged(REFERENCE, wanted), judged(BROKEN, wanted)
    assert good.reward > broken.reward
    assert (good.measured.parses, broken.measured.parses) == (True, False)


@pytest.mark.parametrize("aim", ["stages", "physical"])
def test_every_recorded_circuit_passes_its_own_judge(training_set: Path, aim: str) -> None:
    wanted = reward_settings(aim=aim)
    records = [r for f in (training_set / "data").glob("train-*") for r in read_records(f)][:12]
    assert records
    for record in records:
        task = task_of(record, PromptSettings(paths=(training_set,)))
        assert task is not None
        good = judged(task.reference, wanted, task.problem, task.reference)
        broken = judged(task.reference[:-20] + "nonsense", wanted, task.problem, task.reference)
        assert good.reward > 0 > broken.reward
        assert good.objective == pytest.approx(record["approximation_ratio"], abs=1e-6)
        if aim == "stages":
            assert good.behaviour == pytest.approx(1.0, abs=1e-6)


def test_a_shut_gate_saves_the_optimiser_run() -> None:
    wanted = reward_settings(gate={"mode": "thresholds", "objective_threshold": 0.9})
    found = judged(UNIFORM, wanted)
    assert found.objective is not None
    assert found.utility is None
    assert "utility" not in found.cost_s
    assert judged(ANSWER, wanted).behaviour is not None


@pytest.mark.parametrize(
    ("ablation", "gate"),
    [
        ("no_re", {"mode": "thresholds", "behaviour_threshold": 0.99, "objective_threshold": 0}),
        ("no_ev", {"mode": "thresholds", "objective_threshold": 0.99}),
    ],
)
def test_an_ablated_signal_shuts_no_gate(ablation: str, gate: dict[str, Any]) -> None:
    assert (
        judged(UNIFORM, reward_settings(stages={"ablation": ablation}, gate=gate)).utility
        is not None
    )
    assert judged(UNIFORM, reward_settings(gate=gate)).utility is None


def test_without_likeness_the_published_gate_goes_by_the_objective() -> None:
    wanted = reward_settings(
        stages={"scheme": "gated", "ablation": "no_re"}, gate={"mode": "published"}
    )
    found = judged(UNIFORM, wanted)
    assert found.behaviour is None
    assert found.objective is not None


def test_a_spent_budget_stops_the_next_stage() -> None:
    spent = judged(REFERENCE, reward_settings(budget_s=1e-9))
    assert spent.out_of_budget
    assert spent.utility is None
    ample = judged(REFERENCE, reward_settings(budget_s=1e9))
    assert not ample.out_of_budget
    assert not judged(REFERENCE, reward_settings()).out_of_budget
    assert ample.utility is not None


def test_bit_strings_in_disguise_are_paid_as_bit_strings() -> None:
    wanted = reward_settings(aim="physical")
    plain, disguised = judged(ANSWER, wanted), judged(DISGUISED, wanted)
    assert plain.measured.p_optimal == pytest.approx(1.0)
    assert plain.measured.basis_state
    assert plain.measured.product_state
    assert disguised.measured.basis_state
    assert disguised.measured.product_state
    assert disguised.measured.p_optimal == pytest.approx(1.0)
    assert disguised.reward <= plain.reward
    assert judged(REFERENCE, wanted).reward > plain.reward


def test_blurring_a_bit_string_gains_nothing() -> None:
    wanted = reward_settings(aim="physical")
    blurred = judged(ANSWER.replace("x q[2]", "ry(2.5) q[2]"), wanted)
    assert not blurred.measured.basis_state
    assert blurred.measured.product_state
    assert blurred.reward < judged(REFERENCE, wanted).reward


def test_doing_nothing_does_not_pay() -> None:
    wanted = reward_settings(aim="physical")
    assert judged(EMPTY, wanted).reward < judged(UNIFORM, wanted).reward


def test_what_cannot_be_used_costs_by_how_wrong_it_is() -> None:
    wanted = reward_settings(aim="physical")
    assert judged(BROKEN, wanted).reward == -1.0
    assert judged(WIDE.replace("h q[0]", "h q[3]"), wanted).reward == -0.5
    assert judged("", wanted).reward == -1.0


def test_the_weights_are_settings() -> None:
    alone = {"p_optimal": 0, "size": 0, "warm_start": 0}
    found = judged(REFERENCE, reward_settings(aim="physical", physical=alone))
    assert found.reward == pytest.approx(found.objective)
    with pytest.raises(InputError, match="energy"):
        reward_settings(physical={"energy": -1})


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 6.3), st.integers(0, 2)), max_size=6))
def test_physical_rewards_stay_within_bounds(turns: list[tuple[float, int]]) -> None:
    gates = "".join(
        f"ry({angle:.6f}) q[{qubit}];\ncx q[{qubit}], q[{(qubit + 1) % 3}];\n"
        for angle, qubit in turns
    )
    found = judged(f"{HEAD}qubit[3] q;\n{gates}", reward_settings(aim="physical"))
    assert 0.0 <= found.reward <= 1.0


def test_a_device_is_named_where_it_is_weighed() -> None:
    with pytest.raises(InputError, match="names none"):
        RewardSettings.parse({"aim": "physical", "physical": {"device": 0.5}})


def test_the_devices_term_reaches_the_reward() -> None:
    problem = load_problem(nx.path_graph(3), problem_type="maxcut")
    text = (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[3] c;\n'
        "h q[0];\ncx q[0], q[1];\ncx q[1], q[2];\nx q[1];\nc = measure q;\n"
    )
    rewards = {}
    for noise in ("depolarizing:0,0", "depolarizing:0.01,0.1"):
        chosen = RewardSettings.parse(
            {
                "aim": "physical",
                "physical": {"device": 1.0, "warm_start": 0.0},
                "device": {"device": "generic:3:line", "noise": noise},
            }
        )
        report = Verifier(problem, None, verifier_settings(chosen, 1, 1)).verify(text)
        assert report.device is not None
        rewards[noise] = signals_of(report, chosen, "converged").reward
    clean, noisy = rewards.values()
    assert noisy < clean <= 1.0
