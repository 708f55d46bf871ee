"""Primitives of Qiskit and Aer against the exact engine, within the errors they state."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.primitives import (
    BackendEstimatorV2,
    BackendSamplerV2,
    StatevectorEstimator,
    StatevectorSampler,
)
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator
from qiskit_aer.primitives import EstimatorV2, SamplerV2

import quasar
from quasar.circuits.qasm import parse
from quasar.circuits.sim19 import sim
from quasar.core.errors import CircuitError, InfrastructureError, InputError
from quasar.core.observable import PauliSum
from quasar.simulate.engine import Readout, get_engine
from quasar.simulate.primitive_engine import EstimatorEngine, SamplerEngine
from quasar.verifier.pipeline import Verifier
from support.emitted import emitted, small_problem

pytestmark = pytest.mark.filterwarnings("ignore:.*has no QubitProperties")

SAMPLERS = {
    "statevector": lambda: StatevectorSampler(default_shots=4000, seed=1),
    "aer": lambda: SamplerV2(default_shots=4000, seed=1),
    "backend": lambda: BackendSamplerV2(
        backend=AerSimulator(), options={"default_shots": 4000, "seed_simulator": 1}
    ),
    # Its gates and connections are few, so that circuits are translated and their qubits moved.
    "device": lambda: BackendSamplerV2(
        backend=GenericBackendV2(6, seed=1, noise_info=False),
        options={"default_shots": 4000, "seed_simulator": 1},
    ),
}
ESTIMATORS = {
    "statevector": lambda: StatevectorEstimator(default_precision=0.02, seed=1),
    "aer": lambda: EstimatorV2(options={"default_precision": 0.02}),
    "device": lambda: BackendEstimatorV2(
        backend=GenericBackendV2(6, seed=1, noise_info=False),
        options={"default_precision": 0.02, "seed_simulator": 1},
    ),
}
DYNAMIC = """OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[1] first;
bit[2] c;
ry(0.8) q[0];
first[0] = measure q[0];
if (first[0]) { ry(1.2) q[1]; }
c[0] = measure q[0];
c[1] = measure q[1];
"""


@pytest.mark.parametrize("kind", SAMPLERS)
@pytest.mark.parametrize("name", ["compact qaoa", "by hand", "every gate"])
def test_counts_agree_with_the_exact_distribution(kind, name):
    program = parse(emitted(name), header="language")
    found = get_engine(SAMPLERS[kind]()).run(program, Readout(4))
    exact = get_engine().run(program, Readout(4)).distribution()
    assert found.shots == sum(found.counts.values()) == 4000
    spread = np.sqrt(exact * (1 - exact) / 4000) + 1e-3
    assert np.all(np.abs(found.distribution() - exact) < 5 * spread)
    assert found.probability(3).kind == "statistical"


def test_a_dynamic_program_is_sampled():
    program = parse(DYNAMIC)
    found = get_engine(SamplerV2(default_shots=4000, seed=1)).run(program, Readout(2))
    exact = get_engine().run(program, Readout(2))
    np.testing.assert_allclose(found.distribution(), exact.distribution(), atol=0.04)


def test_shots_asked_for_go_before_those_of_the_engine():
    program = parse(emitted("compact qaoa"), header="language")
    engine = SamplerEngine(StatevectorSampler(seed=1), shots=50)
    assert engine.run(program).shots == 50
    assert engine.run(program, shots=70).shots == 70


@pytest.mark.parametrize("kind", ESTIMATORS)
@pytest.mark.parametrize("name", ["compact qaoa", "by hand"])
def test_means_of_any_observable(kind, name):
    program = parse(emitted(name), header="language")
    found = get_engine(ESTIMATORS[kind]()).run(program, Readout(4))
    exact = get_engine().run(program, Readout(4))
    for text in ("0.5*Z0*Z1 + 1.5*Z3", "X0*Y1 + Z2"):
        observable = PauliSum.from_text(text, 4)
        estimate = found.expectation(observable)
        assert estimate.kind == "statistical"
        assert 0 < estimate.error < 0.2
        assert estimate.value == pytest.approx(exact.expectation(observable).value, abs=0.2)
    with pytest.raises(InputError, match="3 qubits, the program's answer 4 bits"):
        found.expectation(PauliSum.from_text("Z0", 3))


def test_only_a_precision_of_zero_is_exact():
    program = parse(emitted("compact qaoa"), header="language")
    observable = PauliSum.from_text("X0*Y1 + Z2", 4)
    exact = get_engine().run(program, Readout(4)).expectation(observable)
    engine = EstimatorEngine(StatevectorEstimator())
    found = engine.run(program, Readout(4)).expectation(observable)
    assert found.value == pytest.approx(exact.value)
    assert (found.error, found.kind) == (0.0, "exact")
    assert engine.run(program, Readout(4), shots=100).precision == 0.1


def test_energies_and_gradients():
    ansatz = sim(1, 3, 1)
    observable = PauliSum.from_text("Z0*Z1 + 0.5*Z2", 3)
    theta = np.linspace(0.1, 0.9, ansatz.n_parameters)
    expected = get_engine("qulacs").energy(ansatz, observable).value_and_gradient(theta)
    engine = EstimatorEngine(StatevectorEstimator(), precision=0.0)
    value, gradient = engine.energy(ansatz, observable).value_and_gradient(theta)
    assert value == pytest.approx(expected[0])
    np.testing.assert_allclose(gradient, expected[1], atol=1e-9)
    sampled = SamplerEngine(StatevectorSampler(seed=1), shots=2000).energy(ansatz, observable)
    assert sampled.value(theta) == pytest.approx(expected[0], abs=0.15)


def test_a_report_says_engine_shots_and_errors():
    problem, text = small_problem(), emitted("compact qaoa")
    exact = quasar.verify(text, problem)
    assert exact.measured_by is None
    report = quasar.verify(text, problem, engine=SAMPLERS["device"]())
    found = report.measured_by
    assert found.engine == "qiskit BackendSamplerV2 on generic_backend_6q"
    assert found.shots == 4000
    assert abs(report.energy - exact.energy) < 5 * found.energy_error
    ratio = report.approximation_ratio
    assert abs(ratio - exact.approximation_ratio) < 5 * found.approximation_ratio_error
    assert abs(report.p_optimal - exact.p_optimal) < 5 * found.p_optimal_error
    assert any("4,000 shots by qiskit BackendSamplerV2" in remark for remark in report.remarks)
    assert "measured with shots" in report.skipped["utility"]
    assert report.quality.entanglement is None
    assert report.quality.statistics == exact.quality.statistics
    assert "4,000 shots" in str(report)


def test_errors_are_not_zero_where_every_shot_is_alike():
    problem = quasar.load_problem({"hamiltonian": "Z(0)"})
    text = "OPENQASM 3.0; qubit[1] q;"
    found = quasar.verify(text, problem, engine=StatevectorSampler(seed=1)).measured_by
    assert found.p_optimal_error > 0


def test_candidates_are_measured_by_the_engine():
    found = quasar.generate(
        small_problem(), "nano", engine=StatevectorSampler(seed=1), sandbox={"max_seconds": 20}
    )
    assert found.best.report.measured_by.shots == 1024
    designed = quasar.generate(
        small_problem(),
        "designer",
        settings={"algorithm": "qaoa", "max_evaluations": 30},
        engine=SamplerEngine(StatevectorSampler(seed=1), shots=200),
    )
    assert all(made.report.measured_by.shots == 200 for made in designed.candidates)


def test_a_bad_circuit_is_a_verdict_and_never_run():
    class Never(StatevectorSampler):
        def run(self, pubs, *, shots=None):
            raise AssertionError("it must not be run")

    report = quasar.verify("OPENQASM 3.0; nonsense", small_problem(), engine=Never())
    assert not report.feasible
    with pytest.raises(InfrastructureError, match="did not run the circuit"):
        quasar.verify(emitted("compact qaoa"), small_problem(), engine=Never())


def test_engines_by_name_and_by_object():
    text, problem = emitted("compact qaoa"), small_problem()
    by_name = quasar.verify(text, problem, engine="qiskit")
    by_object = quasar.verify(text, problem, engine=get_engine("qiskit"))
    assert by_name.energy == by_object.energy
    assert by_object.measured_by is None
    with pytest.raises(InputError, match="not int"):
        quasar.verify(text, problem, engine=3)
    with pytest.raises(InputError, match="unknown engine 'nothing'"):
        quasar.verify(text, problem, engine="nothing")
    with pytest.raises(InputError, match="means, not counts"):
        quasar.verify(text, problem, engine=StatevectorEstimator())
    sampled = Verifier(problem, engine=StatevectorSampler(seed=1)).verify(text)
    assert sampled.measured_by.shots == 1024


def test_what_cannot_be_run():
    with pytest.raises(CircuitError, match="24"):
        get_engine(StatevectorSampler()).run(parse("OPENQASM 3.0; qubit[30] q; U(1,1,1) q[29];"))
    estimator = get_engine(StatevectorEstimator())
    with pytest.raises(CircuitError, match="no dynamic program"):
        estimator.run(parse(DYNAMIC))
    twice = parse("OPENQASM 3.0; qubit[1] q; bit[2] c; c[0] = measure q[0]; c[1] = measure q[0];")
    with pytest.raises(CircuitError, match="hold the same qubit"):
        estimator.run(twice)
    outcome = estimator.run(parse(emitted("compact qaoa"), header="language"))
    for ask in (outcome.distribution, lambda: outcome.probability(0), lambda: outcome.sample(1)):
        with pytest.raises(InputError, match="means, not counts"):
            ask()
