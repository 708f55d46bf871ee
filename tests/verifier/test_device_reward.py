"""The device's term of the reward: bounds, what raises it, and that it is off by default."""

from __future__ import annotations

import pytest

from quasar.core.errors import InputError
from quasar.verifier.reward import (
    DeviceScores,
    DeviceWeights,
    PhysicalScores,
    PhysicalWeights,
    device_score,
    estimated_noisy_ratio,
    physical_reward,
)

GOOD = DeviceScores(n_qubits=4, ratio=0.9, noisy_ratio=0.8, two_qubit_gates=10, esp=0.8)


def physical(device: DeviceScores | None) -> PhysicalScores:
    return PhysicalScores(4, 0.9, 0.5, None, 6, 0.5, 3.0, False, device)


def test_the_score_is_bounded_and_one_for_a_perfect_circuit() -> None:
    perfect = DeviceScores(4, 1.0, 1.0, 0, 1.0)
    assert device_score(perfect, DeviceWeights()) == pytest.approx(1.0)
    assert device_score(DeviceScores(4, 0.0, 0.0, 0, 1.0), DeviceWeights()) == 0.0


@pytest.mark.parametrize("change", [{"noisy_ratio": 0.85}, {"esp": 0.9}, {"two_qubit_gates": 5}])
def test_less_noise_more_success_and_fewer_gates_raise_it(change: dict[str, float]) -> None:
    better = GOOD._replace(**change)  # type: ignore[arg-type]
    weights = DeviceWeights(noisy_ratio=0.8, success=0.1, size=0.1)
    assert device_score(better, weights) > device_score(GOOD, weights)


def test_it_is_off_unless_weighted() -> None:
    plain = PhysicalWeights()
    assert physical_reward(physical(GOOD), plain) == physical_reward(physical(None), plain)
    weighted = PhysicalWeights(device=0.5)
    # Where the device cannot run the circuit, the term earns nothing.
    assert physical_reward(physical(GOOD), weighted) > physical_reward(physical(None), weighted)


def test_weights_that_are_all_zero_are_refused() -> None:
    with pytest.raises(InputError, match="at least one weight"):
        DeviceWeights(noisy_ratio=0, success=0, size=0)


def test_the_estimate_mixes_with_the_uniform_state() -> None:
    assert estimated_noisy_ratio(0.9, 1.0, 0.5) == 0.9
    assert estimated_noisy_ratio(0.9, 0.0, 0.5) == 0.5
