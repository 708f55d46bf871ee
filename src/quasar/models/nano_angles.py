"""QAOA angles that the packaged model states for instances larger than it reads.

It is asked about small instances that look like the large one (`optimize.sub_instances`), and its
angles are rescaled to the large one as those of the tables are (arXiv 2305.15201). The median over
the small instances is what counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from quasar.core.errors import InfrastructureError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.models.protocol import Model, Sampling
from quasar.models.registry import load_model
from quasar.optimize.decimation import largest_coefficient
from quasar.optimize.qaoa import sigma
from quasar.optimize.qaoa_large import angle_scale, interpolated
from quasar.optimize.sub_instances import look_alike
from quasar.problems.base import encode
from quasar.problems.ising import Ising
from quasar.prompts.chat import Request
from quasar.prompts.compact import MAX_LAYERS
from quasar.prompts.styles import get_style
from quasar.simulate.engine import FloatVector

SIZE = 8
"""Spins of a small instance."""
READ = 8
"""Small instances that are read."""

Cut = Callable[[IsingHamiltonian, int, np.random.Generator], IsingHamiltonian]

_PLAN = re.compile(r"// qaoa (?P<unit>c )?p\d+: (?P<angles>[-+.\de ]+)")


def nano_angles(
    hamiltonian: IsingHamiltonian,
    layers: int,
    model: Model | None = None,
    *,
    seed: int = 0,
    read: int = READ,
    size: int = SIZE,
    cut: Cut = look_alike,
) -> FloatVector:
    """γ_1..γ_p, β_1..β_p by the packaged model, shape [2p], radians; no energy is computed.

    Args:
        layers: p; beyond the model's depths its deepest angles are interpolated.
        model: which; default: nano.
        seed: of the small instances.
        read: how many of them.
        size: their spins; an instance that is no larger is read itself.
        cut: how a small instance is made.

    Raises:
        InfrastructureError: the model gave no answer.
    """
    model = model or load_model("nano")
    rng = generator(seed, "nano angles", hamiltonian.n_qubits)
    if hamiltonian.n_qubits <= size:
        small = [hamiltonian]
    else:
        small = [cut(hamiltonian, size, rng) for _ in range(read)]
    known = min(layers, MAX_LAYERS)
    request, style = Request("qaoa", known).checked(), get_style(model.prompt_style)
    problems = [encode(Ising(each)) for each in small]
    answers = model.complete(
        [style.render(problem, request) for problem in problems],
        Sampling(temperature=0.0, seed=seed),
        guides=[style.guide(problem, request) for problem in problems],
    )
    found = [
        _scaled(row[0].text, each, hamiltonian, known)
        for row, each in zip(answers, small, strict=True)
        if row
    ]
    return interpolated(np.median(found, axis=0), layers)


def _scaled(
    text: str, small: IsingHamiltonian, large: IsingHamiltonian, layers: int
) -> FloatVector:
    """The angles of an answer, carried over to the large instance; shape [2p]."""
    plan = _PLAN.search(text)
    numbers = [] if plan is None else [float(number) for number in plan["angles"].split()]
    if plan is None or len(numbers) != 2 * layers:
        raise InfrastructureError("the packaged model stated no angles: is its folder damaged?")
    per = largest_coefficient(small) if plan["unit"] else sigma(small)
    # A plan states 2γ in units of 1/σ(E), or of 1/max|c|, and 2β, layer by layer.
    gammas, betas = np.array(numbers).reshape(layers, 2).T / 2.0
    return np.concatenate([gammas / per * angle_scale(large) / angle_scale(small), betas])
