"""Settings refuse what does not fit with one sentence, and never with pydantic's own error."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from pydantic import ValidationError

from quasar.agent.refine import RefineSettings
from quasar.core.errors import InputError
from quasar.models.designer import DesignerSettings
from quasar.models.protocol import Sampling
from quasar.recipes.agent_q.make import AgentQSettings
from quasar.service.models import VerifyOptions, VerifyRequest
from quasar.verifier.reward import RewardWeights
from quasar.verifier.settings import Limits, VerifierSettings


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (Sampling, {"temperature": 6}, "temperature must be from 0 to 5, not 6."),
        (Sampling, {"top_p": 0}, "top_p must be above 0 and at most 1, not 0."),
        (Sampling, {"seed": -1}, "seed must be at least 0, not -1."),
        (Sampling, {"temprature": 1}, "temprature: no such setting; the nearest is temperature."),
        (Sampling, {"samples": "many"}, "samples must be an integer, not 'many'."),
        (Sampling, {"temperature": None}, "temperature must be a number, not None."),
        (DesignerSettings, {"algorithm": "qoaa"}, "'qaoa', 'vqe' or 'adaptive_vqe', not 'qoaa'"),
        (RefineSettings, {"turns": 0, "polished": -1}, "turns must .*; polished must "),
        (
            VerifierSettings,
            {"limits": {"max_qubits": 99}},
            "limits.max_qubits must be from 1",
        ),
        (Limits, {"max_gates": 1.5}, "max_gates must be an integer, not 1.5."),
        (VerifyOptions, {"max_stage": 5}, "max_stage must be from 1 to 4, not 5."),
        (VerifierSettings, {"quality": "perhaps"}, "quality must be true or false"),
        (RewardWeights, {"w2": -1}, "w2 must be at least 0, not -1."),
        (
            RewardWeights,
            {"w2": 0.5, "behaviour_weight": 0.2},
            "behaviour_weight: another name of w2: give one of the two.",
        ),
        (
            VerifierSettings,
            {"readings": False, "decode_top_states": True},
            "readings: another name of decode_top_states: give one of the two.",
        ),
        (
            AgentQSettings,
            {"bouts": {}, "descent": {}},
            "bouts: another name of descent: give one of the two.",
        ),
        (AgentQSettings, {"bouts": {"bout": 0}}, "bouts.bout must be at least 1, not 0."),
    ],
)
def test_constructing_with_what_does_not_fit(
    kind: Any, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        kind(**fields)


def test_positional_fields() -> None:
    with pytest.raises(InputError, match="by name"):
        Sampling(0.5)  # type: ignore[call-arg]


def test_validation_of_data_is_pydantics() -> None:
    with pytest.raises(ValidationError):
        VerifyRequest.model_validate({"qasm": "x", "problem": {}, "options": {"max_stage": 9}})


def test_copies() -> None:
    settings = Sampling(seed=3)
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert settings.model_copy(update={"seed": 4}).seed == 4


def test_given() -> None:
    assert RefineSettings.given(True, "refine", switch=True) == RefineSettings()
    assert RefineSettings.given(False, "refine", switch=True) is None
    assert RefineSettings.given({"turns": 3}, "refine") == RefineSettings(turns=3)
    assert RefineSettings.given(None, "refine") is None
    for value in (True, 3, "yes", Sampling()):
        with pytest.raises(InputError, match="refine must be a RefineSettings"):
            RefineSettings.given(value, "refine")  # type: ignore[arg-type]
