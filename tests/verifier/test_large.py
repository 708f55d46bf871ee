"""Verdicts beyond exact enumeration: beside exact ones where both exist, and on large graphs."""

import sys
import time

import networkx as nx
import numpy as np
import pytest

import quasar
from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.core.energies import energies_of
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.qaoa_large import transferred_angles
from quasar.problems.load import load_problem
from quasar.verifier.estimates import Proportion
from quasar.verifier.large import LargeSettings, LargeVerifier
from quasar.verifier.pipeline import Verifier

pytest.importorskip("quimb", reason="samples of large circuits need quimb")
pytest.importorskip("ortools", reason="bounds need OR-Tools")
QUICK = LargeSettings(shots=400, time_limit=5)


def ring(n: int):
    graph = nx.cycle_graph(n)
    return load_problem(graph, problem_type="maxcut")


def circuit_for(problem, layers: int = 1) -> str:
    h = problem.hamiltonian
    return emit(qaoa(h, layers).bind(transferred_angles(h, layers)))


def test_a_small_circuit_is_judged_alike_by_both():
    problem = ring(12)
    text = circuit_for(problem, 2)
    exact = Verifier(problem).verify(text)
    found = LargeVerifier(problem, large=QUICK).verify(text)
    estimates = found.estimates
    assert found.energy == pytest.approx(exact.energy, abs=1e-10)
    assert estimates.energy_known == "exact"
    assert estimates.e_min == pytest.approx(exact.optimum.e_min)
    assert estimates.e_max == pytest.approx(exact.optimum.e_max)
    assert found.approximation_ratio == pytest.approx(exact.approximation_ratio, abs=1e-10)
    assert estimates.samples.agrees
    interval = estimates.samples.p_best_known
    assert interval.low <= exact.p_optimal <= interval.high
    assert estimates.samples.p_feasible.value == 1.0
    assert estimates.optimum["status"] == "proven"
    assert estimates.optimum["value"] == exact.optimum.example.objective


def test_hundred_qubits_through_the_public_door():
    problem = ring(100)
    report = quasar.verify(circuit_for(problem, 2), problem)
    assert report.feasible
    estimates = report.estimates
    assert estimates.optimum["value"] == 100
    # QAOA of p layers cuts (2p+1)/(2p+2) of a long ring; transferred angles are near that.
    assert 0.78 * 100 < estimates.objective_mean <= 100 * 5 / 6 + 1e-9
    assert estimates.samples.best.objective > estimates.objective_mean
    assert sum(count for _, count in estimates.samples.histogram) == 1024
    assert report.p_optimal is None
    assert "exact scores need all 2**n" in report.skipped["objective"]
    again = type(report).model_validate(report.model_dump(mode="json"))
    assert again.estimates == estimates


def test_constraints_are_counted():
    graph = nx.path_graph(26)
    problem = load_problem(graph, problem_type="vertex_cover")
    found = LargeVerifier(problem, large=QUICK).verify(circuit_for(problem)).estimates
    assert found.optimum["value"] == 13
    assert 0 < found.samples.p_feasible.value < 1
    assert found.samples.best.feasible
    assert found.objective_mean is None  # penalties are no part of the objective
    assert found.e_min == pytest.approx(13 - problem.hamiltonian.constant)
    # All bounds of the terms are reached at once, which is a proof.
    assert found.e_max == pytest.approx(sum(map(abs, problem.hamiltonian.terms.values())))


def test_a_hamiltonian_alone_has_energies_only():
    h = IsingHamiltonian(30, {(i, i + 1): 1.0 for i in range(29)})
    problem = load_problem({"hamiltonian": h.to_text()})
    found = LargeVerifier(problem, large=QUICK).verify(circuit_for(problem)).estimates
    assert found.e_min == pytest.approx(-29)
    assert found.e_max == pytest.approx(29)
    assert found.energy < -10


def test_a_circuit_too_entangling_says_so():
    rng = np.random.default_rng(0)
    n = 26
    gates = "".join(f"ry({rng.uniform(1, 2):.3f}) q[{i}];" for i in range(n)) + "".join(
        f"cz q[{i}], q[{j}];" for j in range(n) for i in range(j)
    )
    gates = (gates + "".join(f"rx(0.7) q[{i}];" for i in range(n))) * 2
    text = f'OPENQASM 3.0; include "stdgates.inc"; qubit[{n}] q; {gates}'
    large = LargeSettings(shots=200, time_limit=5, max_width=12, max_bond=2, sample_seconds=60)
    report = LargeVerifier(ring(n), large=large).verify(text)
    assert report.estimates.energy_known == "statistical"
    assert report.estimates.energy_error > 0
    assert any("mean of samples, not exact" in remark for remark in report.remarks)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("OPENQASM 3.0; qubit[30] q; x q[0];", "semantic"),
        ('OPENQASM 3.0; include "stdgates.inc"; qubit[29] q; h q;', "qubits"),
        ('OPENQASM 3.0; include "stdgates.inc"; qubit[30] q; bit b; b = measure q[0];'
         "if (b) x q[1];", "unsimulable"),
        ('OPENQASM 3.0; include "stdgates.inc"; qubit[90000] q; h q[0];', "limit"),
        ("(" * 5000, "limit"),
    ],
)  # fmt: skip
def test_faults_are_verdicts(text, kind):
    report = quasar.verify(text, ring(30))
    assert not report.feasible
    assert report.fault.kind == kind


def test_of_a_reference_the_energy_is_compared():
    problem = ring(30)
    report = quasar.verify(circuit_for(problem), problem, circuit_for(problem, 2))
    assert report.energy_reference < report.energy < 0
    assert "likeness is not defined here" in report.skipped["behaviour"]
    with pytest.raises(InputError, match=r"reference circuit is not usable.*29 qubits"):
        quasar.verify(circuit_for(problem), problem, circuit_for(ring(29)))


def test_only_the_stages_asked_for():
    problem = ring(30)
    report = quasar.verify(circuit_for(problem), problem, settings={"max_stage": 1})
    assert report.feasible
    assert report.estimates is None
    assert report.skipped["objective"] == "not asked for"


@pytest.mark.parametrize("settings", [{"engine": "qiskit"}, {"energy_convention": "agent-q"}])
def test_settings_of_small_problems_are_refused(settings):
    with pytest.raises(InputError, match="the engines are cones and mps"):
        quasar.verify("", ring(30), settings=settings)
    with pytest.raises(InputError, match="30 qubits asked for"):
        quasar.verify("", ring(30), engine="qulacs")


def test_the_whole_state_is_had_by_name_from_python(monkeypatch):
    pytest.importorskip("qiskit_aer", reason="needs the extra aer")
    monkeypatch.setattr("quasar.simulate.aer_single.available_bytes", lambda: 1 << 20)
    with pytest.raises(InputError, match=r"26 qubits in single precision need 0\.7 GiB"):
        quasar.verify(circuit_for(ring(26)), ring(26), engine="aer-single")
    with pytest.raises(InputError, match="aer-single stops at 28"):
        quasar.verify(circuit_for(ring(30)), ring(30), engine="aer-single")


def test_what_takes_too_long_is_left_out_and_says_so():
    problem = ring(30)
    large = LargeSettings(energy_seconds=1e-9, sample_seconds=60, shots=100, solve=False)
    found = LargeVerifier(problem, large=large).verify(circuit_for(problem, 2)).estimates
    assert found.energy_known == "statistical"
    assert "the exact energy would take about 0.0" in found.note
    less = LargeSettings(energy_seconds=1e-9, sample_seconds=1e-9, solve=False)
    fault = LargeVerifier(problem, large=less).verify(circuit_for(problem, 2)).fault
    assert "Use fewer layers or a sparser problem. Matrix product states" in fault.message
    assert "about 0 s" not in fault.message
    assert "and 1e-09 s are allowed" in fault.message


def test_resets_are_named_where_they_are_refused():
    head = 'OPENQASM 3.0; include "stdgates.inc"; qubit[30] q; '
    verifier = LargeVerifier(ring(30), large=QUICK)
    assert verifier.verify(head + "reset q; h q;").feasible
    fault = verifier.verify(head + "h q; reset q[3]; x q[3];").fault
    assert "without mid-circuit measurements, resets and branches" in fault.message


def test_the_reward_is_a_proven_share_of_the_energy_range():
    problem = ring(30)
    report = LargeVerifier(problem, large=QUICK).verify(circuit_for(problem))
    assert report.reward.value == pytest.approx(report.approximation_ratio)
    assert report.reward.ablation == "no_opt"
    assert report.estimates.ratio_low == report.estimates.ratio_high
    bad = LargeVerifier(problem, large=QUICK).verify("no circuit")
    assert bad.reward.value == -1


def test_text_of_unknown_length_is_read_in_a_sandbox():
    problem = ring(26)
    head = 'OPENQASM 3.0; include "stdgates.inc"; qubit[26] q; '
    endless = head + "for int i in [0:99999999] {x q[0];}"
    report = quasar.verify(endless, problem, limits={"max_large_seconds": 20})
    assert report.fault.kind == "limit"
    loop = head + "gate g a {h a;} for int i in [0:2] {g q;}"
    report = quasar.verify(loop, problem, settings={"large": {"shots": 50, "solve": False}})
    assert report.energy == pytest.approx(0, abs=1e-9)


def test_solving_and_sampling_can_be_left_out():
    problem = ring(30)
    large = LargeSettings(solve=False, sample=False)
    report = LargeVerifier(problem, large=large).verify(circuit_for(problem))
    assert report.estimates.optimum is None
    assert report.estimates.samples is None
    assert report.approximation_ratio is None
    assert "verdict" in str(report)


def test_without_libraries_the_energy_is_still_exact(monkeypatch):
    monkeypatch.setitem(sys.modules, "quimb", None)
    monkeypatch.setitem(sys.modules, "quimb.tensor", None)

    def nothing(*_, **__):
        raise InputError("no solver is installed: pip install -e '.[optima]' in your clone.")

    monkeypatch.setattr("quasar.verifier.energy_range.optimum", nothing)
    problem = ring(30)
    report = LargeVerifier(problem, large=QUICK).verify(circuit_for(problem))
    assert report.feasible
    assert report.estimates.energy_known == "exact"
    assert any("pip install -e '.[mps]'" in remark for remark in report.remarks)
    assert any("no solver is installed" in remark for remark in report.remarks)


def test_energies_of_states_of_any_width():
    h = IsingHamiltonian(70, {(0, 69): 1.5, (3,): -2.0, (1, 2, 68): 0.5})
    states = [0, 1, 1 << 69, (1 << 70) - 1, 1 << 3]
    assert energies_of(states, h) == pytest.approx([h.energy(state) for state in states])


def test_wilson_intervals():
    assert Proportion.of(0, 100).low == 0.0
    assert Proportion.of(0, 100).high == pytest.approx(0.0370, abs=1e-4)
    assert Proportion.of(100, 100).high == 1.0
    half = Proportion.of(50, 100)
    assert (half.low, half.high) == pytest.approx((0.4038, 0.5962), abs=1e-4)


def test_a_program_of_ten_thousand_gates_is_read_fast():
    problem = load_problem(nx.random_regular_graph(3, 500, seed=1), problem_type="maxcut")
    text = circuit_for(problem, 3)
    begun = time.process_time()
    report = quasar.verify(text, problem, settings={"max_stage": 1})
    assert report.feasible
    assert report.n_qubits == 500
    assert time.process_time() - begun < 1.5  # 0.1 s, twice parsed; nothing grows as 2**n
