"""Guided answers: whatever is chosen, a program comes out that fits the problem."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import parse
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.decimation import greedy_decimation, guided_decimation
from quasar.optimize.qaoa import sigma
from quasar.optimize.warm_start import EPSILON
from quasar.problems.base import EncodedProblem
from quasar.problems.ising import Ising
from quasar.problems.load import load_problem
from quasar.prompts.answer_plan import decided_part, field_text, plan_line, qaoa_plan
from quasar.prompts.chat import Request
from quasar.prompts.compact import MAX_QUBITS, compact_prompt
from quasar.prompts.compact_answer import HEADER, answer_text
from quasar.prompts.numbers import NUMBER_TEXTS, number_text
from quasar.prompts.plan_guide import PlanGuide
from quasar.prompts.vocabulary import tokens
from quasar.simulate.engine import get_engine, probabilities
from quasar.simulate.qaoa_energy import QaoaEnergy
from quasar.verifier.pipeline import Verifier
from support.cases import cases

ALGORITHMS = (None, "qaoa", "vqe", "adaptive_vqe")


@st.composite
def hamiltonians(draw: st.DrawFn, most: int = 6) -> IsingHamiltonian:
    n = draw(st.integers(1, most))
    qubits = st.sets(st.integers(0, n - 1), min_size=1, max_size=min(n, 4))
    value = st.floats(-100, 100, allow_nan=False).filter(lambda c: abs(c) > 1e-3)
    terms = draw(st.dictionaries(qubits.map(lambda q: tuple(sorted(q))), value, min_size=1))
    return IsingHamiltonian(n, terms)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    return Request(
        draw(st.sampled_from(ALGORITHMS)),
        draw(st.none() | st.integers(1, 8)),
        draw(st.sampled_from(["converged", "agent-q"])),
    )


def answer(guide: PlanGuide, choose) -> str:  # type: ignore[no-untyped-def]
    """Follow a guide to its end; `choose` picks among several texts."""
    text = ""
    while (rest := guide.rest()) is None:
        allowed = guide.allowed()
        assert allowed is not None
        came = allowed[0] if len(allowed) == 1 else choose(allowed)
        guide.advance(came)
        text += came
    return text + rest


@settings(max_examples=cases(150), deadline=None)
@given(hamiltonians(), requests(), st.randoms(use_true_random=False))
def test_every_choice_gives_a_program_that_fits(hamiltonian, request, random) -> None:  # type: ignore[no-untyped-def]
    text = answer(PlanGuide(hamiltonian, request), random.choice)
    problem = load_problem(Ising(hamiltonian))
    report = Verifier(problem, None).verify(text)
    assert report.feasible, report.fault
    assert decided_part(text) is not None


@settings(max_examples=cases(60), deadline=None)
@given(hamiltonians(), requests(), st.randoms(use_true_random=False))
def test_what_is_allowed_is_always_one_token(hamiltonian, request, random) -> None:  # type: ignore[no-untyped-def]
    known = set(tokens())
    guide = PlanGuide(hamiltonian, request)
    while guide.rest() is None and (allowed := guide.allowed()) is not None:
        assert allowed
        assert set(allowed) <= known
        guide.advance(random.choice(allowed))


def ring(n: int) -> IsingHamiltonian:
    return IsingHamiltonian(
        n, {tuple(sorted((i, (i + 1) % n))): 1.0 + 0.37 * i for i in range(n)} | {(0,): -0.7}
    )


@pytest.mark.parametrize("n", [2, 5, 17, MAX_QUBITS])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_all_sizes(n: int, algorithm: str | None) -> None:
    text = answer(PlanGuide(ring(n), Request(algorithm, 8)), lambda texts: texts[-1])  # type: ignore[arg-type]
    assert f"qubit[{n}] q;" in text


@pytest.mark.parametrize("layers", range(1, 9))
def test_the_layers_asked_for_are_written(layers: int) -> None:
    text = answer(PlanGuide(ring(4), Request("qaoa", layers)), lambda texts: texts[0])
    assert text.count("\ncost(") == layers
    assert text.count("\nrx(") == layers


def test_fields_and_order_follow_from_the_problem() -> None:
    hamiltonian = ring(6)
    steps = greedy_decimation(hamiltonian)
    bits = {step.qubit: step.bit for step in steps}
    guide = PlanGuide(hamiltonian, Request("adaptive_vqe"))
    text = answer(guide, lambda texts: texts[bits[int(texts[0][1:].split("=")[0])]])
    expected = "".join(f"@q{s.qubit} {field_text(s.field)} q{s.qubit}={s.bit} " for s in steps)
    assert text.startswith(f"{HEADER}// adaptive: {expected}\n")


def test_guided_qaoa_has_the_energy_of_its_angles() -> None:
    hamiltonian = ring(5)
    chosen = iter(["1.35", "-0.75", "0.85", "-0.4"])
    text = answer(
        PlanGuide(hamiltonian, Request("qaoa", 2)), lambda t: t[0] if "//" in t[0] else next(chosen)
    )
    scale = sigma(hamiltonian)
    theta = np.array([1.35 / 2 / scale, 0.85 / 2 / scale, -0.375, -0.2])
    energy = QaoaEnergy(qaoa(hamiltonian, 2), hamiltonian.diagonal).value(theta)
    report = Verifier(load_problem(Ising(hamiltonian)), None).verify(text)
    assert report.energy == pytest.approx(energy, abs=1e-7)


def test_a_warm_start_entangles_and_raises_the_optimum() -> None:
    hamiltonian = ring(7)
    bits = {d.qubit: d.bit for d in guided_decimation(hamiltonian)}

    def choose(texts: tuple[str, ...]) -> str:
        if texts[0].startswith("// "):
            return "// warm "
        return texts[bits[int(texts[0][1:].split("=")[0])]]

    text = answer(PlanGuide(hamiltonian, Request(None, 2)), choose)
    report = Verifier(load_problem(Ising(hamiltonian)), None).verify(text)
    assert report.quality is not None
    assert not report.quality.product_state
    assert report.p_optimal is not None
    assert report.p_optimal > (1 - EPSILON) ** 7 + 0.05


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("terms", [{}, {(0,): 0.0}, {(0,): 1e-300}, {(0, 1): 1e12, (1,): 1e-12}])
def test_degenerate_problems(algorithm: str | None, terms: dict[tuple[int, ...], float]) -> None:
    problem = EncodedProblem(None, IsingHamiltonian(2, terms), (), "given", "natural")
    for pick in (0, -1):
        guide = PlanGuide(problem.hamiltonian, Request(algorithm, 2))  # type: ignore[arg-type]
        text = answer(guide, lambda texts, pick=pick: texts[pick])  # type: ignore[misc]
        report = Verifier(problem, None).verify(text)
        assert report.feasible, report.fault


def test_free_answers_of_the_published_style_begin_with_qaoa_or_a_solution() -> None:
    guide = PlanGuide(ring(3), Request(None, 1, "agent-q"))
    guide.advance(HEADER)
    assert set(guide.allowed() or ()) == {"// qaoa ", "// qaoa c ", "// vqe "}


def test_angles_far_out_take_the_other_unit() -> None:
    hamiltonian = IsingHamiltonian(6, {(i, j): 1.0 for i in range(6) for j in range(i)})
    near = qaoa_plan(hamiltonian, [0.5], [-0.3])
    far = qaoa_plan(hamiltonian, [3.0], [-0.3])
    assert not near.per_coefficient
    assert far.per_coefficient
    assert plan_line(far) == "// qaoa c p1: 6.0 -0.6 \n"
    for made, gamma in ((near, 0.5), (far, 3.0)):
        text = answer_text(hamiltonian, made, exact=True)
        report = Verifier(load_problem(Ising(hamiltonian)), None).verify(text)
        exact = QaoaEnergy(qaoa(hamiltonian, 1), hamiltonian.diagonal).value(
            np.array([gamma, -0.3])
        )
        assert report.energy == pytest.approx(exact, abs=0.05)


def test_the_rounded_program_is_near_the_exact_one() -> None:
    hamiltonian = ring(5)
    made = qaoa_plan(hamiltonian, [0.2, 0.3], [-0.5, -0.2])
    verifier = Verifier(load_problem(Ising(hamiltonian)), None)
    rough, full = (
        verifier.verify(answer_text(hamiltonian, made, exact=exact)) for exact in (False, True)
    )
    assert rough.approximation_ratio == pytest.approx(full.approximation_ratio, abs=0.01)


def test_plan_alone_is_what_is_repeated() -> None:
    text = answer(PlanGuide(ring(3), Request("vqe")), lambda texts: texts[0])
    kept = decided_part(text)
    assert kept is not None
    assert text.startswith(kept)
    assert kept.endswith("\n")
    assert decided_part("OPENQASM 3.0;\n// vqe t10 p1: q") is None


def test_the_prompt_states_what_the_guide_follows() -> None:
    hamiltonian = ring(4)
    rows = compact_prompt(hamiltonian, Request()).splitlines()[1:]
    text = answer(PlanGuide(hamiltonian, Request("vqe", 1)), lambda texts: texts[0])
    steps = text.splitlines()[2].split("@")[1:]
    assert [step.split()[0] for step in steps] == [row[1:].split()[0] for row in rows]


def test_probabilities_of_a_template_are_the_plans_state() -> None:
    hamiltonian = ring(4)
    guide = PlanGuide(hamiltonian, Request("vqe", 3))
    text = answer(guide, lambda texts: texts[-1])
    circuit = parse(text).circuit
    assert circuit is not None
    assert guide.plan is not None
    assert probabilities(get_engine().state(circuit))[guide.plan.state] == pytest.approx(1.0)


def test_angles_that_come_from_elsewhere_are_not_asked_for() -> None:
    hamiltonian = ring(5)
    theta = np.array([0.123456, 0.2, -0.71, -0.314159])
    guide = PlanGuide(hamiltonian, Request("qaoa"), [lambda layers: theta[: 2 * layers]])

    def choose(texts: tuple[str, ...]) -> str:
        assert texts[0].startswith("p"), "only the depth is left to choose"
        return "p2: "

    text = answer(guide, choose)
    scale = sigma(hamiltonian)
    stated = [2 * 0.123456 * scale, 2 * -0.71, 2 * 0.2 * scale, 2 * -0.314159]
    assert f"// qaoa p2: {' '.join(number_text(value) for value in stated)} \n" in text
    energy = QaoaEnergy(qaoa(hamiltonian, 2), hamiltonian.diagonal).value(theta)
    report = Verifier(load_problem(Ising(hamiltonian)), None).verify(text)
    assert report.energy == pytest.approx(energy, abs=1e-7)  # in full, not as stated


def test_other_structures_stay_the_model_s_choice() -> None:
    guide = PlanGuide(ring(4), Request(), [lambda layers: np.zeros(2 * layers)])
    heads = guide.allowed()
    while heads is not None and len(heads) == 1:
        guide.advance(heads[0])
        heads = guide.allowed()
    assert heads == ("// qaoa ", "// warm ", "// vqe ", "// adaptive: ")


def test_without_terms_the_model_decides_the_angles() -> None:
    def never(layers: int) -> np.ndarray:
        raise AssertionError("there is nothing to read")

    guide = PlanGuide(IsingHamiltonian(2, {}), Request("qaoa", 1), [never])
    assert "rx(" in answer(guide, lambda texts: texts[0])


def test_each_sample_has_a_source_of_its_own_and_then_the_model() -> None:
    def says(value: float) -> Callable[[int], np.ndarray]:
        return lambda layers: np.full(2 * layers, value)

    hamiltonian = IsingHamiltonian(1, {(0,): 1.0})
    found = []
    for sample in range(3):
        guide = PlanGuide(hamiltonian, Request("qaoa", 1), [says(0.25), says(0.5)])
        guide.begin(sample)
        plan = decided_part(answer(guide, lambda t: t[0] if "//" in t[0] else t[3]))
        assert plan is not None
        found.append(plan.splitlines()[-1])
    assert found[:2] == ["// qaoa p1: 0.5 0.5 ", "// qaoa p1: 1.0 1.0 "]
    assert found[2] == f"// qaoa p1: {NUMBER_TEXTS[3]} {NUMBER_TEXTS[3]} "


def test_the_second_free_answer_of_style_agent_q_is_a_solution() -> None:
    heads = []
    for sample in range(3):
        request = Request(None, 2, "agent-q")
        guide = PlanGuide(ring(6), request, [lambda p: np.zeros(2 * p)] * 2)
        guide.begin(sample)
        guide.advance(HEADER)
        heads.append(guide.allowed())
    assert heads == [
        ("// qaoa ", "// vqe "),
        ("// vqe ",),
        ("// qaoa ", "// qaoa c ", "// vqe "),
    ]
