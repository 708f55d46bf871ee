"""The packaged model: whatever a prompt can name, its answers are circuits that fit the problem."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import networkx as nx
import numpy as np
import pytest

from quasar.agent.propose import Proposal, Proposer
from quasar.circuits.qasm import parse
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.protocol import Model, Sampling
from quasar.models.registry import load_model
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.prompts.chat import Request
from quasar.recipes.spec import ALGORITHMS
from quasar.verifier.pipeline import Verifier

GREEDY = Sampling(temperature=0.0)
COMBINATIONS = [
    Request(algorithm, layers, style)
    for style, algorithm, layers in product(
        ("converged", "agent-q"), (None, *ALGORITHMS), (None, *range(1, 9))
    )
]


@pytest.fixture(scope="module")
def nano() -> Model:
    return load_model("nano", {"batch_size": 16})


def random_problem(n: int, seed: int = 0) -> EncodedProblem:
    rng = np.random.default_rng(seed)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n) if j == i + 1 or rng.random() < 0.4]
    terms: dict[tuple[int, ...], float] = {pair: float(rng.normal()) for pair in pairs}
    terms |= {(i,): float(rng.normal()) for i in range(n)}
    return EncodedProblem(None, IsingHamiltonian(n, terms), (), "given", "natural")


def answers(
    nano: Model, asked: Sequence[tuple[EncodedProblem, Request]], sampling: Sampling, **how: Any
) -> list[Proposal]:
    proposer = Proposer(nano, sampling, **how)
    questions = [proposer.question(problem, request) for problem, request in asked]
    return [row[0] for row in proposer.propose(questions, 1)]


@pytest.mark.parametrize(
    ("n", "sampling"),
    [
        pytest.param(2, GREEDY, id="2-greedy"),
        pytest.param(7, Sampling(), id="7-default"),
        pytest.param(2, Sampling(), id="2-default", marks=pytest.mark.slow),
        pytest.param(7, GREEDY, id="7-greedy", marks=pytest.mark.slow),
    ],
)
def test_every_request_gives_a_usable_circuit(nano: Model, n: int, sampling: Sampling) -> None:
    problem = random_problem(n)
    verifier = Verifier(problem, None)
    asked = [(problem, request) for request in COMBINATIONS]
    for request, made in zip(COMBINATIONS, answers(nano, asked, sampling), strict=True):
        assert made.finish_reason == "stop", request
        assert made.expanded
        report = verifier.verify(made.text)
        assert report.feasible, (request, report.fault)
        if request.algorithm == "qaoa" and request.layers:
            assert made.text.count("\ncost(") == request.layers


@pytest.mark.parametrize("sampling", [GREEDY, Sampling()], ids=["greedy", "default"])
def test_every_size_gives_a_program_on_its_qubits(nano: Model, sampling: Sampling) -> None:
    sizes = range(1, 25)
    choices = [Request("qaoa", 8), Request(None, 2), Request("adaptive_vqe"), Request("vqe", 1)]
    asked = [(random_problem(n), choices[n % 4]) for n in sizes]
    for n, made in zip(sizes, answers(nano, asked, sampling), strict=True):
        assert parse(made.text).n_qubits == n


def test_what_is_free_to_choose_entangles_and_finds_an_optimum() -> None:
    import quasar

    problem = load_problem(nx.petersen_graph(), problem_type="maxcut")
    found = quasar.generate(problem, "nano", samples=4)
    report = found.best.report
    assert report.p_optimal > 0.5
    assert not report.quality.product_state


def test_qaoa_on_fifteen_qubits(nano: Model) -> None:
    problem = load_problem(nx.florentine_families_graph(), problem_type="maxcut")
    asked = [(problem, Request("qaoa", 4))] * 8
    for made in answers(nano, asked, Sampling()):
        assert Verifier(problem, None).verify(made.text).feasible


def test_a_second_turn_is_guided_too(nano: Model) -> None:
    problem = random_problem(6, seed=3)
    proposer = Proposer(nano, GREEDY)
    ((first,),) = proposer.propose([proposer.question(problem, Request("vqe", 1))], 1)
    (second,) = proposer.again([(first, "r 0.92 gap 1.5")], 6)
    assert second.chat[1]["content"] == first.text[: -len(first.expanded)]
    assert Verifier(problem, None).verify(second.text).feasible


def test_free_running_answers_are_the_models_own(nano: Model) -> None:
    problem = random_problem(5)
    (made,) = answers(nano, [(problem, Request("vqe", 1))], GREEDY, guided=False)
    assert made.expanded == ""


def test_guided_and_constrained_are_two_things(nano: Model) -> None:
    with pytest.raises(InputError, match="one of the two"):
        Proposer(nano, guided=True, constrained=True)


def test_more_than_it_knows(nano: Model) -> None:
    with pytest.raises(InputError, match="up to 24"):
        Proposer(nano).question(random_problem(25))
    with pytest.raises(InputError, match="8 layers"):
        Proposer(nano).question(random_problem(3), Request("qaoa", 9))
