"""Noise from texts and devices."""

from __future__ import annotations

import numpy as np
import pytest

from quasar.core.errors import InputError
from quasar.devices.load import device
from quasar.simulate.noisy import channels
from quasar.simulate.noisy.model import noise_model


def test_a_text_names_parts() -> None:
    noise = noise_model("depolarizing:0.001,0.02+readout:0.01,0.03+readout:0.1")
    assert np.allclose(noise.gate("cx", (0, 1)), channels.depolarizing(0.02, 2))
    assert np.allclose(noise.gate("h", (0,)), channels.depolarizing(0.001))
    assert noise.readout(3) == pytest.approx((0.01 * 0.9 + 0.99 * 0.1, 0.03 * 0.9 + 0.97 * 0.1))
    assert noise.waiting(0, 1e-6) is None
    assert not noise.idle


def test_a_gate_has_the_error_that_the_device_states() -> None:
    found = device("generic:5:line")
    noise = noise_model(found)
    name, pair = found.two_qubit_gates[0]
    channel = noise.gate(name, pair)
    assert channel is not None
    assert channels.average_infidelity(channel) == pytest.approx(found.error(name, pair))
    assert noise.device is found


def test_idle_stands_beside_a_device() -> None:
    noise = noise_model("generic:5:line+idle")
    assert noise.idle
    assert noise.device is not None
    assert noise_model("thermal:1e-4,1e-4").idle


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("depolarizing:1.5,0.1", "from 0 to 1.33"),
        ("depolarizing:0.1", "P1,P2"),
        ("readout:-0.1", "from 0 to 1"),
        ("readout:x", "readout:P or P01,P10"),
        ("readout:nan", "numbers"),
        ("amplitude-damping:2", "from 0 to 1"),
        ("thermal:1e-4,3e-4", "at most 2 T1"),
        ("thermal:-1,1", "above 0"),
        ("depolarising:0.1,0.1", "the nearest is depolarizing. Noise is a device, or one of"),
        ("fake_nowhere", "There is no device"),
        ("idle", "stands beside"),
        ("device", "needs a device"),
        ("device:1", "known: device"),
        ("readout:0.1+nonsense:1", "unknown noise 'nonsense'"),
    ],
)
def test_what_is_no_noise_is_said(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        noise_model(text)


def test_nothing_is_no_noise() -> None:
    with pytest.raises(InputError, match="device or a model"):
        noise_model(None)
