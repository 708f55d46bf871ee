"""The verifier as a whole: verdicts, gate, conventions, faults that are not verdicts."""

from __future__ import annotations

import numpy as np
import pytest

import quasar
from quasar.core.bits import bitstring_to_index
from quasar.core.errors import InfrastructureError, InputError
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.reward import RewardWeights
from quasar.verifier.settings import Limits, StageGate, VerifierSettings
from quasar.verifier.stages.feasibility import Fault
from support.agentq import load_records

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
TRIANGLE = {
    "problem_type": "maxcut",
    "graph": {
        "nodes": [{"id": v} for v in "abc"],
        "edges": [
            {"source": "a", "target": "b", "weight": 3},
            {"source": "b", "target": "c", "weight": 2},
            {"source": "a", "target": "c", "weight": 1},
        ],
    },
}
BEST = HEAD + "qubit[3] q; x q[1];"  # b alone on one side: cut 5


def verifier(**settings: object) -> Verifier:
    return Verifier(quasar.load_problem(TRIANGLE), None, VerifierSettings(**settings))


def test_a_perfect_circuit() -> None:
    report = quasar.verify(BEST, TRIANGLE)
    assert report.feasible
    assert report.fault is None
    assert report.approximation_ratio == pytest.approx(1.0)
    assert report.p_optimal == pytest.approx(1.0)
    assert report.top_is_optimal
    top = report.quality.top_states[0]
    assert top.feasible
    assert top.objective == 5
    assert sorted(top.solution) in (["b"], ["a", "c"])
    assert report.quality.basis_state
    assert report.quality.entanglement == pytest.approx(0.0, abs=1e-12)
    assert any("it is a classical answer" in remark for remark in report.remarks)
    assert report.skipped == {"behaviour": "no reference circuit"}
    assert set(report.cost_s) == {"feasibility", "objective", "utility"}


def test_uniform_superposition_has_the_mean_energy() -> None:
    report = quasar.verify(HEAD + "qubit[3] q; h q;", TRIANGLE)
    assert report.energy == pytest.approx(0.0, abs=1e-12)
    assert report.p_optimal == pytest.approx(2 / 8)
    assert not report.top_is_optimal  # all states tie, most are not optimal
    assert any("uniform" in remark for remark in report.remarks)


DISGUISED = HEAD + "qubit[3] q; rx(pi) q[0]; x q[1]; rz(0.0) q; crx(0.0) q[2], q[1]; cz q[2], q[0];"


def test_dead_gates_do_not_disguise_a_bit_string() -> None:
    report = quasar.verify(DISGUISED, TRIANGLE)
    quality = report.quality
    assert quality.basis_state
    assert quality.product_state
    assert (quality.statistics.gates, quality.statistics.two_qubit_gates) == (7, 2)
    assert (quality.effective.gates, quality.effective.two_qubit_gates) == (2, 0)
    assert (quality.degrees_of_freedom, quality.from_hamiltonian) == (0, False)
    assert any("a product state: it is a classical answer" in r for r in report.remarks)


def test_phases_before_the_measurement_do_not_disguise_independent_bits() -> None:
    report = quasar.verify(HEAD + "qubit[3] q; ry(0.9) q; cz q[0], q[1]; cz q[1], q[2];", TRIANGLE)
    assert not report.quality.product_state
    assert report.quality.effective.two_qubit_gates == 0
    assert any("the answer is classical" in remark for remark in report.remarks)


def test_what_a_dynamic_program_leaves_open() -> None:
    text = HEAD + "bit[1] c; qubit[3] q; h q[0]; c[0] = measure q[0]; if (c[0]) { x q[0]; } x q[1];"
    quality = quasar.verify(text, TRIANGLE).quality
    assert quality.basis_state
    assert (quality.product_state, quality.entanglement) == (None, None)
    assert (quality.effective, quality.degrees_of_freedom) == (None, None)


@pytest.mark.parametrize(
    ("settings", "looked"),
    [
        ({}, True),
        ({"decode_top_states": False}, False),
        ({"decode_top_states": False, "effective": True}, True),
        ({"effective": False}, False),
    ],
)
def test_effect_is_looked_for_where_it_is_read(settings: dict, looked: bool) -> None:
    found = verifier(**settings).verify(DISGUISED).quality
    assert (found.effective is not None) is looked
    assert (found.degrees_of_freedom is not None) is looked
    assert found.product_state  # always


def test_shots_to_an_optimum() -> None:
    assert quasar.verify(BEST, TRIANGLE).shots_to_optimum == 1
    report = quasar.verify(HEAD + "qubit[3] q; h q;", TRIANGLE)
    assert report.shots_to_optimum == 17  # 1 - 0.75**17 is the first over 0.99


def test_entanglement_of_a_ghz_state_is_one() -> None:
    text = HEAD + "qubit[3] q; h q[0]; cx q[0], q[1]; cx q[1], q[2];"
    assert quasar.verify(text, TRIANGLE).quality.entanglement == pytest.approx(1.0)


@pytest.mark.parametrize("delta", [-1, 1])
def test_another_number_of_qubits_is_infeasible_and_penalised(delta: int) -> None:
    n = 3 + delta
    report = quasar.verify(HEAD + f"qubit[{n}] q; h q;", TRIANGLE)
    assert not report.feasible
    assert report.parses
    assert report.fault.kind == "qubits"
    assert "qubit[3] q;" in str(report.fault)
    assert report.energy is None
    active = max(delta, 0)
    assert report.reward.mismatch == pytest.approx(-0.25 - 0.1 * active)


def test_a_syntax_error_is_a_report_with_its_place() -> None:
    report = quasar.verify(HEAD + "qubit[3] q;\nh q[9];", TRIANGLE)
    assert (report.feasible, report.parses) == (False, False)
    assert report.fault.line == 4
    assert report.reward.value == -1.0


def test_bytes_that_are_not_utf8_are_a_verdict() -> None:
    report = quasar.verify(BEST.encode() + b"\n// \xff", TRIANGLE)
    assert not report.parses
    assert "UTF-8" in report.fault.message


def test_dynamic_programs_are_measured_not_refused() -> None:
    text = HEAD + "bit[1] c; qubit[3] q; h q[0]; c[0] = measure q[0]; if (c[0]) { x q[0]; } x q[1];"
    report = quasar.verify(text, TRIANGLE)
    assert report.feasible
    assert report.stages.feasibility.dynamic
    assert report.p_optimal == pytest.approx(1.0)
    assert "utility" in report.skipped


def test_the_reference_judges_itself_as_alike() -> None:
    text = HEAD + "qubit[3] q; ry(0.3) q[0]; cx q[0], q[1]; ry(1.1) q[2];"
    report = quasar.verify(text, TRIANGLE, reference=text)
    assert report.relative_entropy == pytest.approx(0.0, abs=1e-9)
    assert report.stages.behaviour.score == pytest.approx(1.0, abs=1e-6)
    assert report.energy == pytest.approx(report.energy_reference)


def test_a_bad_reference_is_the_callers_fault() -> None:
    with pytest.raises(InputError, match="reference circuit is not usable"):
        quasar.verify(BEST, TRIANGLE, reference="nonsense")


def test_conventions_differ_by_reversed_qubits() -> None:
    text = HEAD + "qubit[3] q; ry(0.4) q[0]; ry(1.3) q[1]; cx q[0], q[2];"
    physical = verifier().verify(text)
    published = verifier(energy_convention="agent-q").verify(text)
    assert physical.energy == physical.stages.objective.energy
    assert published.energy == physical.stages.objective.energy_bit_reversed
    assert physical.approximation_ratio == published.approximation_ratio
    mirrored = HEAD + "qubit[3] q; ry(0.4) q[2]; ry(1.3) q[1]; cx q[2], q[0];"
    assert verifier().verify(mirrored).energy == pytest.approx(published.energy)


def test_a_flipped_answer_gets_a_remark() -> None:
    problem = {"problem_type": "vertex_cover", "graph": {**TRIANGLE["graph"]}}
    problem["graph"] = {
        "nodes": [{"id": i} for i in range(4)],
        "edges": [{"source": 0, "target": i} for i in (1, 2, 3)],
    }
    right = quasar.verify(HEAD + "qubit[4] q; x q[1]; x q[2]; x q[3];", problem)
    assert right.top_is_optimal
    assert right.quality.top_states[0].solution == [0]
    wrong = quasar.verify(HEAD + "qubit[4] q; x q[0];", problem)
    assert not wrong.top_is_optimal
    assert any("every bit flipped" in remark for remark in wrong.remarks)


def test_limits_have_their_own_verdicts() -> None:
    limits = Limits(max_characters=200, max_gates=5)
    long = verifier(limits=limits).verify(BEST + " " * 300)
    many = verifier(limits=limits).verify(HEAD + "qubit[3] q; h q; h q; h q;")
    wide = verifier().verify(HEAD + "qubit[2000] q; h q[0];")
    assert [r.fault.limit for r in (long, many, wide)] == ["characters", "gates", "qubits"]
    assert not any(r.feasible for r in (long, many, wide))
    assert many.parses
    assert wide.parses


def test_thresholds_keep_dear_stages_from_running() -> None:
    bad = HEAD + "qubit[3] q; rx(0.01) q[0];"
    gate = StageGate(mode="thresholds", objective_threshold=0.9)
    report = verifier(gate=gate).verify(bad)
    assert report.stages.objective is not None
    assert report.stages.utility is None
    assert "0.9" in report.skipped["utility"]
    spent = verifier(gate=StageGate(mode="thresholds", budget_s=1e-9)).verify(bad)
    assert "budget" in spent.skipped["objective"]
    assert (report.out_of_budget, spent.out_of_budget) == (False, True)


def test_the_published_gate_computes_just_what_the_gated_reward_needs() -> None:
    reference = HEAD + "qubit[3] q; h q;"
    settings = {"reward": RewardWeights(scheme="gated"), "quality": False}
    problem = quasar.load_problem(TRIANGLE)
    for text in (reference, HEAD + "qubit[3] q; h q[0]; ry(1) q[1];", BEST, HEAD + "qubit[3] q;"):
        full = Verifier(problem, reference, VerifierSettings(**settings)).verify(text)
        lean = Verifier(
            problem, reference, VerifierSettings(gate=StageGate(mode="published"), **settings)
        ).verify(text)
        assert lean.reward.value == pytest.approx(full.reward.value)
    alike = Verifier(
        problem, reference, VerifierSettings(gate=StageGate(mode="published"), **settings)
    ).verify(reference)
    assert alike.stages.objective is None
    assert alike.stages.utility is not None


def test_a_broken_engine_is_an_infrastructure_fault_not_a_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judge = verifier()

    def broken(*_: object) -> None:
        raise OSError("device lost")

    monkeypatch.setattr(judge.engine, "run", broken)
    with pytest.raises(InfrastructureError, match="device lost"):
        judge.verify(BEST)


def test_stage_four_never_ends_above_its_start() -> None:
    rng = np.random.default_rng(5)
    for _ in range(5):
        angles = rng.uniform(-3, 3, 4)
        text = (
            HEAD
            + "qubit[3] q;"
            + "".join(
                f"ry({a}) q[{i % 3}]; cx q[{i % 3}], q[{(i + 1) % 3}];"
                for i, a in enumerate(angles)
            )
        )
        report = quasar.verify(text, TRIANGLE)
        utility = report.stages.utility
        assert utility.energy_optimised <= report.energy + 1e-12
        assert 1 <= utility.evaluations <= 80
        assert utility.free_parameters == 4


def test_every_recorded_reference_passes_its_own_grader() -> None:
    settings = VerifierSettings(max_stage=3, quality=False)
    for record in load_records():
        problem = quasar.load_problem(record)
        report = Verifier(problem, None, settings).verify(record["circuit_with_params"])
        assert report.feasible
        assert report.relative_entropy == pytest.approx(0.0, abs=1e-6)
        assert report.stages.behaviour.score == pytest.approx(1.0, abs=1e-5)


def test_records_decode_to_their_exact_solution() -> None:
    import json

    for record in load_records():
        problem = quasar.load_problem(record)
        assert problem.encoding == "agent-q"
        exact = json.loads(record["exact_solution"])
        ground = set(problem.hamiltonian.spectrum.ground_states.tolist())
        # The recorded list is often cut to one of several degenerate states.
        assert {bitstring_to_index(b) for b in exact["smallest_bitstrings"]} <= ground
        assert problem.decode(min(ground)) is not None


CROSSED = "bit[3] c; c[2] = measure q[0]; c[0] = measure q[1]; c[1] = measure q[2];"


def test_the_answer_is_in_the_bits_that_are_measured() -> None:
    # b alone, by the bit that holds it: c[1] is q[2].
    text = HEAD + f"qubit[3] q; ry(pi) q[2]; rx(0.3) q[0]; {CROSSED}"
    report = quasar.verify(text, TRIANGLE)
    plain = quasar.verify(HEAD + "qubit[3] q; ry(pi) q[1]; rx(0.3) q[2];", TRIANGLE)
    assert report.feasible
    assert report.energy == pytest.approx(plain.energy)
    assert report.p_optimal == pytest.approx(plain.p_optimal)
    assert report.stages.utility.energy_optimised == pytest.approx(
        plain.stages.utility.energy_optimised
    )
    assert report.stages.utility.evaluations == plain.stages.utility.evaluations
    assert report.quality.top_states == [
        state.model_copy(update={"probability": pytest.approx(state.probability)})
        for state in plain.quality.top_states
    ]
    wrong = quasar.verify(HEAD + f"qubit[3] q; x q[1]; {CROSSED}", TRIANGLE)
    assert wrong.p_optimal == pytest.approx(0.0)


def test_a_reference_is_read_as_it_measures_too() -> None:
    crossed = HEAD + f"qubit[3] q; ry(0.3) q[2]; ry(1.1) q[0]; {CROSSED}"
    plain = HEAD + "qubit[3] q; ry(0.3) q[1]; ry(1.1) q[2];"
    for text, reference in ((crossed, plain), (plain, crossed)):
        report = quasar.verify(text, TRIANGLE, reference=reference)
        assert report.relative_entropy == pytest.approx(0.0, abs=1e-9)
        assert report.energy == pytest.approx(report.energy_reference)
    with pytest.raises(InputError, match="measures into 1 classical bit"):
        quasar.verify(BEST, TRIANGLE, reference=HEAD + "bit c; qubit[3] q; c = measure q[1];")


def test_the_published_rule_looks_at_all_qubits() -> None:
    text = HEAD + f"qubit[3] q; x q[1]; {CROSSED}"
    assert verifier(measurement="all-qubits").verify(text).p_optimal == pytest.approx(1.0)
    partial = HEAD + "bit c; qubit[3] q; x q[1]; c = measure q[2];"
    assert verifier(measurement="all-qubits").verify(partial).feasible
    ancilla = HEAD + "bit[3] c; qubit[4] q; x q[1]; c = measure q[0:2];"
    assert verifier(measurement="all-qubits").verify(ancilla).fault.kind == "qubits"


@pytest.mark.parametrize(
    "body",
    [
        "qubit[4] q; x q[1];",
        "bit[3] c; qubit[4] q; x q[1]; c = measure q[0:2];",
        "bit[3] c; qubit[4] q; x q[2]; c = measure q[1:3];",
        "bit[3] c; qubit[5] q; x q[4]; cx q[4], q[3]; cx q[4], q[1]; c[1] = measure q[3];"
        "c[0] = measure q[0]; c[2] = measure q[2];",
        "bit[3] c; qubit[2] q; x q[1]; c[0] = measure q[0]; c[1] = measure q[1];"
        "c[2] = measure q[0];",
        "bit[3] c; bit m; qubit[4] q; h q[3]; m = measure q[3]; if (m) { x q[3]; } x q[1];"
        "c = measure q[0:2];",
    ],
)
def test_more_or_fewer_qubits_than_variables(body: str) -> None:
    report = quasar.verify(HEAD + body, TRIANGLE, reference=BEST)
    assert report.feasible
    assert report.fault is None
    assert report.n_qubits == int(body.split("qubit[")[1][0])
    assert report.p_optimal == pytest.approx(1.0)
    assert report.relative_entropy == pytest.approx(0.0, abs=1e-9)
    assert report.reward.mismatch == 0.0
    assert (report.stages.utility is None) == report.stages.feasibility.dynamic


def test_the_optimiser_sees_the_answers_of_ancillas() -> None:
    text = "bit[3] c; qubit[4] q; ry(0.4) q[3]; cx q[3], q[1]; c = measure q[0:2];"
    report = quasar.verify(HEAD + text, TRIANGLE)
    plain = quasar.verify(HEAD + "qubit[3] q; ry(0.4) q[1];", TRIANGLE)
    assert report.energy == pytest.approx(plain.energy)
    assert report.stages.utility.energy_optimised == pytest.approx(
        plain.stages.utility.energy_optimised, abs=1e-6
    )


def test_an_answer_of_another_size_is_infeasible_and_penalised() -> None:
    text = HEAD + "bit c; qubit[3] q; x q[1]; c = measure q[1];"
    report = quasar.verify(text, TRIANGLE, reference=BEST)
    assert not report.feasible
    assert report.fault.kind == "measurement"
    assert "1 classical bit, the problem has 3 variables" in report.fault.message
    assert report.stages.behaviour.compared_qubits == 1
    assert report.relative_entropy is None
    assert report.reward.mismatch == pytest.approx(-0.3)


def test_a_partial_measurement_in_order_gets_a_remark() -> None:
    text = HEAD + "bit[3] c; qubit[3] q; x q[1]; c[1] = measure q[1];"
    report = quasar.verify(text, TRIANGLE)
    assert report.p_optimal == pytest.approx(1.0)
    assert any("measures 1 of 3 qubits" in remark for remark in report.remarks)


def test_all_declared_qubits_count_for_the_limit() -> None:
    report = verifier(limits=Limits(max_qubits=4)).verify(HEAD + "qubit[5] q; x q[1];")
    assert (report.fault.kind, report.fault.limit) == ("limit", "qubits")


def test_inputs_take_values() -> None:
    text = HEAD + "input float[64] gamma; qubit[3] q; rx(2*gamma) q[1];"
    report = quasar.verify(text, TRIANGLE, parameters={"gamma": "pi/2"})
    assert report.p_optimal == pytest.approx(1.0)
    free = quasar.verify(text, TRIANGLE)
    assert free.parses
    assert free.fault.kind == "parameter"
    assert "--set gamma=" in free.fault.hint
    with pytest.raises(InputError, match="Did you mean 'gamma'"):
        quasar.verify(text, TRIANGLE, parameters={"gamme": 1.0})
    with pytest.raises(InputError, match="not a finite number"):
        quasar.verify(text, TRIANGLE, parameters={"gamma": float("nan")})
    # What is wrong with the text comes first.
    assert not quasar.verify("nonsense", TRIANGLE, parameters={"gamma": 1.0}).parses


def test_an_infinite_relative_entropy_is_noted() -> None:
    uniform = HEAD + "qubit[3] q; h q;"
    infinite = quasar.verify(uniform, TRIANGLE, reference=BEST)
    assert infinite.relative_entropy is None
    assert "infinite" in infinite.skipped["relative_entropy"]
    finite = quasar.verify(BEST, TRIANGLE, reference=uniform)
    assert finite.relative_entropy == pytest.approx(3.0)
    assert "relative_entropy" not in finite.skipped
    smaller = quasar.verify(BEST, TRIANGLE, reference=HEAD + "qubit[2] q; x q[0];")
    assert smaller.relative_entropy is None
    assert "relative_entropy" not in smaller.skipped
    assert smaller.energy_reference is None
    assert smaller.reward.mismatch == pytest.approx(-0.25)  # no gate acts on the third qubit


@pytest.mark.parametrize("convention", ["physical", "agent-q"])
def test_the_references_energy_is_in_the_same_convention(convention: str) -> None:
    reference = HEAD + "qubit[3] q; ry(0.4) q[0]; ry(1.3) q[1]; cx q[0], q[2];"
    settings = VerifierSettings(energy_convention=convention)
    report = quasar.verify(BEST, TRIANGLE, reference, settings)
    assert report.energy_reference == pytest.approx(
        quasar.verify(reference, TRIANGLE, settings=settings).energy
    )
    assert quasar.verify(BEST, TRIANGLE, settings=settings).energy_reference is None


def test_what_is_left_out_without_quality_or_decoding() -> None:
    plain = quasar.verify(BEST, TRIANGLE, settings={"quality": False})
    assert (plain.quality, plain.optimum, plain.solutions) == (None, None, None)
    bulk = quasar.verify(BEST, TRIANGLE, settings={"decode_top_states": False})
    assert (bulk.optimum, bulk.remarks, bulk.solutions.expected_best) == (None, [], {})
    assert bulk.quality.top_states == []
    broken = quasar.verify(HEAD + "qubit[2] q;", TRIANGLE)
    assert (broken.quality, broken.solutions) == (None, None)
    assert broken.optimum is not None


@pytest.mark.parametrize(
    ("max_stage", "why"),
    [(1, "only stage 1 was asked for"), (2, "only stages 1-2 were asked for")],
)
def test_stages_that_were_not_asked_for(max_stage: int, why: str) -> None:
    report = quasar.verify(BEST, TRIANGLE, BEST, {"max_stage": max_stage})
    assert report.skipped["objective"] == report.skipped["utility"] == why
    assert (report.stages.behaviour is None) is (max_stage == 1)
    assert report.feasible


def test_a_refused_circuit_has_a_report_too() -> None:
    fault = Fault(kind="limit", limit="time", message="too long.")
    known, unknown = verifier().refuse(fault, 3), verifier().refuse(fault)
    assert (known.parses, known.parses_by_language, known.n_qubits) == (True, True, 3)
    assert (unknown.parses, unknown.parses_by_language, unknown.n_qubits) == (False, False, None)
    assert not known.feasible
    assert not known.stages.feasibility.simulable
    assert set(known.skipped) == {"behaviour", "objective", "utility"}
    assert known.fault == fault


def test_models_that_are_not_checked_have_every_field_in_order() -> None:
    record = quasar.load_problem(load_records()[0])
    report = Verifier(record, settings=VerifierSettings(max_stage=3)).verify(record.reference or "")
    again = Report.model_validate(report.model_dump(by_alias=True))
    assert again == report
    assert again.model_dump_json() == report.model_dump_json()
    found = report.stages
    for part in (report, report.reward, found, found.feasibility, found.behaviour, found.objective):
        assert part is not None
        assert [*part.__dict__] == [*type(part).model_fields]
