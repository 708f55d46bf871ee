"""The published trainer's wire format (SPEC: section 11)."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from quasar.problems.load import load_problem
from quasar.service import models
from quasar.service.observation import ObservationRequest, merged_fields
from quasar.verifier.pipeline import Verifier
from quasar.verifier.reward import RewardWeights
from quasar.verifier.settings import VerifierSettings
from support import agentq
from support.small_service import Running

GOOD = models.EXAMPLE_QASM
FIELDS = {"cost_hamiltonian": "0.5 * (Z(0) @ Z(1))", "smallest_eigenvalue": "-0.5",
          "largest_eigenvalue": "0.5"}  # fmt: skip


def request(count: int = 1, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "trajectory_ids": [f"t{i}" for i in range(count)],
        "actions": [GOOD] * count,
        "ground_truths": [GOOD] * count,
        "extra_fields": [FIELDS] * count,
        "finish": [False] * count,
        "is_last_step": [False] * count,
    }
    return body | changes


def post(running: Running, body: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{running.url}/get_observation", json=body, timeout=60)


def reward(text: str) -> float | None:
    """As the trainer reads it."""
    found = re.search(r"Reward:\s*(-?\d+(?:\.\d+)?)", text)
    return None if found is None else float(found[1])


def test_answer_has_the_three_lists(running: Running) -> None:
    body = request(3, trajectory_ids=["a", 2, 3.5], is_last_step=[False, False, True])
    answer = post(running, body).json()
    assert set(answer) == {"observations", "dones", "valids"}
    assert answer["dones"] == [False, False, True]
    assert answer["valids"] == [True] * 3
    assert len({reward(text) for text in answer["observations"]}) == 1


def test_a_finished_trajectory_is_empty_and_done(running: Running) -> None:
    answer = post(running, request(2, finish=[True, False], actions=["bye", GOOD])).json()
    assert answer["observations"][0] == ""
    assert answer["dones"] == [True, False]
    assert reward(answer["observations"][1]) is not None


def test_one_flag_stands_for_all(running: Running) -> None:
    assert post(running, request(2, finish=True)).json()["dones"] == [True, True]
    answer = post(running, request(2, finish=False, is_last_step=True)).json()
    assert answer["dones"] == [True, True]
    assert all(answer["observations"])


def test_the_reward_is_the_gated_one(running: Running) -> None:
    problem = load_problem(
        {"hamiltonian": FIELDS["cost_hamiltonian"], "number_of_qubits": 3}
    )  # the reference has a qubit that the Hamiltonian does not name
    settings = VerifierSettings(reward=RewardWeights(scheme="gated"))
    other = GOOD.replace("1.5708", "0.4")
    for action in (GOOD, other, "OPENQASM 3.0; nonsense"):
        direct = Verifier(problem, GOOD, settings).verify(action).reward.value
        text = post(running, request(actions=[action])).json()["observations"][0]
        assert reward(text) == pytest.approx(direct, abs=1e-6)


def test_prose_before_the_program_does_not_matter(running: Running) -> None:
    plain = post(running, request()).json()
    wrapped = post(running, request(actions=[f"Here it is:\n```qasm\n{GOOD}```\n"])).json()
    assert reward(plain["observations"][0]) == reward(wrapped["observations"][0])


def test_an_answer_without_a_program_has_no_reward(running: Running) -> None:
    answer = post(running, request(actions=["I do not know. Reward: 9"])).json()
    assert reward(answer["observations"][0]) is None
    assert answer["valids"] == [False]


def test_a_program_cannot_write_its_own_reward(running: Running) -> None:
    action = 'OPENQASM 3.0;\n"Reward: 9";\nReward: 9;\n'
    text = post(running, request(actions=[action])).json()["observations"][0]
    assert reward(text) == -0.5


def test_other_lists_of_the_right_length_are_merged(running: Running) -> None:
    body = request(2, extra_fields=None, cost_hamiltonian=[FIELDS["cost_hamiltonian"]] * 2)
    assert all(reward(text) is not None for text in post(running, body).json()["observations"])
    fields = merged_fields(
        ObservationRequest.model_validate(
            request(2, index=[7, 8], short=[1], word="x", extra_fields=[None, {"index": 1}])
        )
    )
    assert fields == [{"index": 7}, {"index": 8}]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"actions": []}, "differ in length"),
        ({"finish": [True, False]}, "differ in length"),
        ({"extra_fields": None}, "trajectory 0 has no 'cost_hamiltonian'"),
        ({"extra_fields": [{"cost_hamiltonian": "X(0)"}]}, "trajectory 0: "),
        ({"ground_truths": ["no program"]}, "trajectory 0: the reference"),
    ],
)
def test_what_is_not_the_models_fault_is_no_low_reward(
    running: Running, changes: dict[str, Any], words: str
) -> None:
    response = post(running, request(**changes))
    assert response.status_code == 422
    assert words in response.json()["error"]["message"]


def test_nothing_to_judge(running: Running) -> None:
    assert post(running, request(0)).json() == {"observations": [], "dones": [], "valids": []}


def test_the_references_of_the_benchmark_are_worth_the_most(running: Running) -> None:
    records = agentq.load_records()[:6]
    body = {
        "trajectory_ids": [record["sample_index"] for record in records],
        "actions": [record["circuit_with_params"] for record in records],
        "ground_truths": [record["circuit_with_params"] for record in records],
        "cost_hamiltonian": [record["cost_hamiltonian"] for record in records],
    }
    texts = post(running, body).json()["observations"]
    assert all((reward(text) or 0) > 0.6 for text in texts)
