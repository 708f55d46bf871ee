"""AdamW against its formulas written out step by step, and what they imply."""

import math

import numpy as np
import pytest

from quasar.recipes.agent_q.adamw import AdamW, AdamWSettings


def written_out(theta, gradients, lr, beta1, beta2, eps, decay):
    """One parameter, plain numbers, in PyTorch's order: decay first, then the step."""
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        theta *= 1 - lr * decay
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        corrected = math.sqrt(v) / math.sqrt(1 - beta2**t)
        theta -= lr / (1 - beta1**t) * m / (corrected + eps)
    return theta


@pytest.mark.parametrize("numbers", [{}, {"learning_rate": 0.3, "beta1": 0.5, "beta2": 0.9}])
def test_steps(numbers):
    settings = AdamWSettings(**numbers)
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=4), rng.normal(size=(25, 4))
    theta, optimiser = start, AdamW(4, settings)
    for gradient in gradients:
        theta = optimiser.step(theta, gradient)
    s = settings
    for k in range(4):
        expected = written_out(
            start[k],
            gradients[:, k].tolist(),
            s.learning_rate,
            s.beta1,
            s.beta2,
            s.epsilon,
            s.weight_decay,
        )
        assert theta[k] == pytest.approx(expected, abs=1e-12)


def test_a_steady_slope_moves_by_the_learning_rate_whatever_its_size():
    theta, optimiser = np.zeros(3), AdamW(3, AdamWSettings(weight_decay=0.0))
    for _ in range(10):
        theta = optimiser.step(theta, np.array([1e-3, -50.0, 0.0]))
    assert theta == pytest.approx([-0.1, 0.1, 0.0], abs=1e-6)


def test_without_a_slope_only_the_decay_is_left():
    theta, optimiser = np.array([0.01]), AdamW(1, AdamWSettings())
    for _ in range(380):
        theta = optimiser.step(theta, np.zeros(1))
    assert theta[0] == pytest.approx(0.01 * (1 - 1e-6) ** 380, rel=1e-12)


def test_input_stays():
    theta, gradient = np.ones(2), np.ones(2)
    AdamW(2, AdamWSettings()).step(theta, gradient)
    assert theta.tolist() == gradient.tolist() == [1.0, 1.0]
