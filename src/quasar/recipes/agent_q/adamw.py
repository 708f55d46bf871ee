"""AdamW: gradient descent with moments and decoupled weight decay.

Source: Loshchilov and Hutter, arXiv 1711.05101, algorithm 2, without a schedule. The defaults are
optax's (`optax.adamw`), which the published data generator used. PyTorch's differ in one number, a
decay of 1e-2 instead of 1e-4; the published data rule that out: an angle without a slope only
decays, by (1 - rate * decay) a step, and after 380 steps such angles still stand at 0.0098, where
a decay of 1e-2 would leave less than 0.0097 of a start below 0.01.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from quasar.core.settings import Settings
from quasar.simulate.engine import FloatVector


class AdamWSettings(Settings):
    """Numbers of the method, in the paper's notation."""

    learning_rate: float = Field(default=0.01, gt=0)
    """α: how far an angle with a steady slope moves in one step, radians."""
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """β₁: memory of the mean gradient."""
    beta2: float = Field(default=0.999, ge=0, lt=1)
    """β₂: memory of the mean squared gradient."""
    epsilon: float = Field(default=1e-8, gt=0)
    """ε: added to the root of the mean square; slopes well below it move nothing."""
    weight_decay: float = Field(default=1e-4, ge=0)
    """λ: pull towards zero, as a fraction of the angle, times the learning rate."""


class AdamW:
    """One run of the method over P parameters; a new object is a fresh optimiser state."""

    def __init__(self, n_parameters: int, settings: AdamWSettings) -> None:
        self.settings = settings
        self._mean = np.zeros(n_parameters)
        self._square = np.zeros(n_parameters)
        self._steps = 0

    def step(self, theta: FloatVector, gradient: FloatVector) -> FloatVector:
        """Parameters after one step from `theta`, whose gradient is given; shapes [P]."""
        s = self.settings
        self._steps += 1
        self._mean += (1.0 - s.beta1) * (gradient - self._mean)
        self._square += (1.0 - s.beta2) * (gradient * gradient - self._square)
        mean = self._mean / (1.0 - s.beta1**self._steps)
        square = self._square / (1.0 - s.beta2**self._steps)
        direction = mean / (np.sqrt(square) + s.epsilon)
        return theta - s.learning_rate * (direction + s.weight_decay * theta)
