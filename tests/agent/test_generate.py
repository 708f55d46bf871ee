"""From a problem to ranked candidates, by the designer, a model, and a refinement of either."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import quasar
from quasar.agent.generate import generate
from quasar.agent.names import DESIGNER
from quasar.agent.propose import NoAnswer
from quasar.agent.refine import RefineSettings
from quasar.circuits.emit import emit
from quasar.circuits.sim19 import sim
from quasar.core.errors import InfrastructureError, InputError
from quasar.models.designer import DesignerSettings
from quasar.models.protocol import Sampling, failed
from quasar.models.registry import known_limit
from quasar.models.scripted import ScriptedModel
from quasar.problems.base import EncodedProblem
from quasar.problems.graphs import graph_data
from quasar.problems.load import load_problem
from quasar.prompts.chat import Message, Request
from quasar.prompts.observation import no_program, observation
from quasar.prompts.styles import STYLES
from quasar.recipes.converged.basis_states import basis_state_angles, basis_state_maps
from quasar.recipes.converged.subcube import Subcube
from quasar.report.bundle import answer_data, report_data
from quasar.verifier.sandbox import SandboxLimits

OUTAGE = "nobody is in today."  # no back end says it: classes are not read from prose
GARBAGE = "OPENQASM 3.0;\nqubit[2] q;\noops q[0];\n"


def petersen() -> EncodedProblem:
    graph = graph_data(nx.petersen_graph())
    return load_problem({"problem_type": "max_independent_set", "graph": graph})


def writes(index: int, template: int = 15, n_qubits: int = 10) -> str:
    """An answer whose circuit writes basis state `index`."""
    ansatz = sim(template, n_qubits, 1)
    state_map = basis_state_maps(ansatz)[0]
    angles = basis_state_angles(ansatz, state_map, Subcube(state_map.preimage(index), 0))
    return emit(ansatz.bind(angles), decimals=4)


def wrong(problem: EncodedProblem) -> int:
    return int(problem.hamiltonian.diagonal.argmax())


def right(problem: EncodedProblem) -> int:
    return int(problem.hamiltonian.spectrum.ground_states[0])


def test_answers_are_ranked_by_what_was_measured() -> None:
    problem = petersen()
    script = [writes(wrong(problem)), "no circuit here", writes(right(problem)), GARBAGE]
    found = generate(problem, ScriptedModel(script, name="m"), samples=4, sandbox=None)
    assert [c.name for c in found.candidates][:2] == ["answer 3", "answer 1"]
    assert found.model == "m"
    assert {c.origin for c in found.candidates} == {"model"}
    assert found.best.report.p_optimal == pytest.approx(1.0)
    assert not found.trace
    none = next(c for c in found.candidates if c.name == "answer 2")
    assert none.qasm == ""
    assert none.report.fault is not None
    assert "no OpenQASM" in none.report.fault.message


def test_a_models_text_is_judged_within_limits() -> None:
    problem = petersen()
    endless = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[10] q;\n' + "".join(
        f"gate g{i} a {{ {f'g{i - 1} a; ' * 2 if i else 'x a;'} }}\n" for i in range(40)
    )
    model = ScriptedModel([endless + "g39 q[0];\n", writes(right(problem))])
    limits = SandboxLimits(max_seconds=2.0)
    found = generate(problem, model, samples=2, sandbox=limits)
    assert found.best.name == "answer 2"
    assert found.best.report.quality is not None
    assert found.best.report.quality.top_states[0].solution is not None
    fault = found.candidates[1].report.fault
    assert fault is not None
    assert fault.kind == "limit"


def test_the_model_sees_the_verifiers_report_in_its_second_turn() -> None:
    problem = petersen()
    answers = [writes(wrong(problem)), "just talk", writes(right(problem))]
    later = [writes(right(problem)), writes(wrong(problem))]
    model = ScriptedModel([*answers, *later])
    found = generate(problem, model, samples=3, refine=RefineSettings(polished=0), sandbox=None)
    first = {c.name: c for c in found.candidates}["answer 1"]
    # The third conversation had nothing left to gain.
    assert [chat[-1]["content"] for chat in model.chats[1:]] == [
        observation(first.report),
        no_program(),
    ]
    assert model.chats[1][-2] == {"role": "assistant", "content": answers[0]}
    assert {"answer 1, turn 2", "answer 2, turn 2"} <= {c.name for c in found.candidates}
    steps = {(s.kind, s.candidate): s for s in found.trace}
    step = steps["revised", "answer 1, turn 2"]
    assert step.before is not None
    assert step.before.p_optimal == pytest.approx(0.0, abs=1e-6)
    assert step.after.p_optimal == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("style", "own", "wish", "asked"),
    [
        ("few-shot", None, None, 2),
        ("few-shot", None, False, 1),
        ("few-shot", False, None, 1),
        ("compact", None, None, 1),
        ("compact", None, True, 2),
        ("compact", True, None, 2),
    ],
)
def test_models_of_one_turn_are_asked_once(
    style: str, own: bool | None, wish: bool | None, asked: int
) -> None:
    if style not in STYLES:
        pytest.skip(f"no style {style} yet")
    problem = petersen()
    model = ScriptedModel(lambda *_: writes(wrong(problem)), prompt_style=style)
    if own is not None:
        model.multi_turn = own  # type: ignore[attr-defined]
    settings = RefineSettings(polished=0, multi_turn=wish)
    generate(problem, model, samples=1, refine=settings, sandbox=None)
    assert len(model.chats) == asked


def test_refinement_makes_a_wrong_answer_right_and_tells_who_did_what() -> None:
    problem = petersen()
    text = f"My circuit:\n```qasm\n{writes(wrong(problem))}```"
    model = ScriptedModel(lambda *_: text)
    found = generate(
        problem, model, samples=2, refine=RefineSettings(multi_turn=False), sandbox=None
    )
    best = found.best
    assert best.origin == "polished"
    assert best.report.approximation_ratio == pytest.approx(1.0, abs=2e-3)
    assert best.report.top_is_optimal
    assert best.proposal is not None
    assert best.proposal.text == text
    assert best.written == writes(wrong(problem)).rstrip() != best.qasm
    written = next(c for c in found.candidates if c.name == "answer 1")
    assert written.origin == "model"
    assert written.qasm == best.written
    polished = [step for step in found.trace if step.kind == "polished"]
    assert len(polished) == 1  # equal circuits once
    before = polished[0].before
    assert before is not None
    assert before.energy == written.report.energy
    assert polished[0].after.energy == best.report.energy
    assert 0 < polished[0].evaluations <= 2000
    data = report_data(found)
    assert data["origin"] == "polished"
    assert [step["kind"] for step in data["trace"]] == ["wrote", "wrote", "polished"]
    assert answer_data(best)["written"] == best.written


def test_the_evaluations_are_shared() -> None:
    problem = petersen()
    rng = np.random.default_rng(0)
    wrongs = [writes(int(k), 10) for k in rng.permutation(1 << 10)[:4]]
    settings = RefineSettings(multi_turn=False, max_evaluations=50)
    found = generate(problem, ScriptedModel(wrongs), samples=4, refine=settings, sandbox=None)
    used = [step.evaluations for step in found.trace if step.kind == "polished"]
    assert len(used) == 3
    assert sum(used) <= 50


def test_trouble_in_a_later_turn_loses_nothing() -> None:
    problem = petersen()

    class Dying(ScriptedModel):
        def complete(self, chats, sampling, *, qubits=None):  # type: ignore[no-untyped-def]
            if self.chats:
                raise InfrastructureError("the endpoint is gone.")
            return super().complete(chats, sampling, qubits=qubits)

    model = Dying([writes(wrong(problem))])
    found = generate(problem, model, samples=1, refine=RefineSettings(), sandbox=None)
    assert found.best.origin == "polished"
    assert "the endpoint is gone." in [step.note for step in found.trace]


def test_missing_answers() -> None:
    problem = petersen()
    right_answer = writes(right(problem))
    model = ScriptedModel([failed(OUTAGE, outage=True), right_answer])
    found = generate(problem, model, samples=2, sandbox=None)
    assert [c.name for c in found.candidates] == ["answer 2"]
    assert found.lost == (OUTAGE,)
    with pytest.raises(InfrastructureError, match="nobody is in today"):
        generate(problem, ScriptedModel([failed(OUTAGE, outage=True)]), sandbox=None)
    too_long = failed("the prompt takes 9000 tokens, but the context holds 8192.")
    with pytest.raises(NoAnswer, match="the prompt takes 9000 tokens"):
        generate(problem, ScriptedModel([too_long]), sandbox=None)


def test_a_refusal_that_sounds_like_an_outage_is_none() -> None:
    refusal = failed("x gave no usable answer: out of memory.")
    with pytest.raises(NoAnswer, match="no usable answer"):
        generate(petersen(), ScriptedModel([refusal]), sandbox=None)


def test_the_request_reaches_the_model() -> None:
    def answer(chat: Sequence[Message], _: int) -> str:
        assert "5 layers" in chat[-1]["content"]
        return GARBAGE

    model = ScriptedModel(answer, prompt_style="published")
    found = generate(
        petersen(), model, request=Request(layers=5), sampling=Sampling(seed=3), sandbox=None
    )
    assert not found.best.report.feasible


def test_the_designer_takes_a_request_or_settings() -> None:
    problem = load_problem({"hamiltonian": "1.0 * (Z(0) @ Z(1)) + 0.5 * Z(0)"})
    by_request = generate(problem, DESIGNER, request=Request("qaoa", 1))
    by_settings = generate(problem, DESIGNER, settings=DesignerSettings(algorithm="qaoa", layers=1))
    assert by_request.best.qasm == by_settings.best.qasm
    assert by_request.best.design is not None
    assert by_request.best.qasm == by_request.best.design.qasm
    with pytest.raises(InputError, match="not both"):
        generate(problem, DESIGNER, request=Request(), settings=DesignerSettings())
    with pytest.raises(InputError, match="designer's"):
        generate(problem, ScriptedModel([]), settings=DesignerSettings())
    with pytest.raises(InputError, match="no model options"):
        generate(problem, DESIGNER, model_options={"dtype": "float32"})


def test_the_designers_circuits_can_be_polished_too() -> None:
    problem = petersen()
    found = quasar.generate(
        problem, DESIGNER, request=Request("qaoa", 1), refine=quasar.RefineSettings()
    )
    assert {c.origin for c in found.candidates} == {"polished", "designer"}
    assert [step.kind for step in found.trace] == ["designed", "polished"]
    energy = {c.name: c.report.energy or 0.0 for c in found.candidates}
    assert energy["qaoa p=1, polished"] < energy["qaoa p=1"]


@pytest.mark.parametrize(
    ("model", "size", "message"),
    [
        ("gpt:any", 25, "leave --model out, or take"),
        ("designer", 6000, "at most 5,000 can be encoded"),
        ("openai:any", 300, "300 qubits, and language models"),
    ],
)
def test_a_problem_too_large_is_refused_before_a_model_is_loaded(
    model: str, size: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quasar.agent.generate.load_model", lambda *_: pytest.fail("was loaded"))
    graph = graph_data(nx.cycle_graph(size))
    with pytest.raises(InputError, match=message):
        generate({"problem_type": "maxcut", "graph": graph}, model)


def test_the_users_word_on_a_models_size_counts_before_it_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quasar.agent.generate.load_model", lambda *_: pytest.fail("was loaded"))
    with pytest.raises(InputError, match="trained on up to 5"):
        generate(petersen(), "openai:any", model_options={"max_qubits": "5"})


def test_the_limit_of_a_checkpoint_is_read_beside_its_weights(tmp_path: Path) -> None:
    (tmp_path / "quasar.json").write_text('{"max_qubits": 7}', encoding="utf-8")
    assert known_limit(str(tmp_path)) == 7
    assert known_limit(f"vllm:{tmp_path}") == 7
    assert known_limit(str(tmp_path), {"max_qubits": "9"}) == 9
    assert known_limit("owner/name") is None
    assert known_limit("nowhere") is None


def test_qaoa_guessing_and_classical_search_stand_beside_a_models_answers() -> None:
    problem = petersen()
    n, state = problem.n_qubits, right(problem)
    bits = "".join(f"x q[{i}];\n" for i in range(n) if state >> i & 1)
    answer = f'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[{n}] q;\n{bits}'
    alone = quasar.generate(problem, ScriptedModel([answer], name="m"))
    assert [c.origin for c in alone.candidates] == ["model"]
    assert alone.comparison is None
    found = quasar.generate(
        problem, ScriptedModel([answer], name="m"), compare=True, with_qaoa=True
    )
    assert [c.origin for c in found.candidates] == ["designer", "designer", "model"]
    written = found.candidates[-1].report
    assert written.shots_to_optimum == 1
    assert written.quality is not None
    assert written.quality.product_state
    best = found.best.report.quality
    assert best is not None
    assert best.from_hamiltonian
    assert found.comparison is not None
    guess = found.comparison.uniform
    optimality = problem.optimality
    assert guess.p_optimal == pytest.approx(optimality.n_optimal / optimality.optimal.size)
    assert guess.approximation_ratio == pytest.approx(
        quasar.verify(
            f'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[{problem.n_qubits}] q;\nh q;\n', problem
        ).approximation_ratio
    )
    greedy, exact = found.comparison.classical
    assert (greedy.method, exact.method) == ("greedy", "exact")
    assert exact.optimal
    assert exact.elapsed_ms > 0


def test_a_problem_without_solution_is_said_to_have_none() -> None:
    graph = nx.node_link_data(nx.cycle_graph(3), edges="edges")
    problem = {
        "problem_type": "graph_coloring",
        "graph": graph,
        "problem_specific_attributes": {"number_of_colors": 2},
    }
    found = quasar.generate(problem, DESIGNER, request=Request("qaoa", 1), compare=True)
    report = found.best.report
    assert report.no_solution
    assert report.p_optimal == 0.0
    assert report.shots_to_optimum is None
    assert report.quality is not None
    assert not any(state.optimal for state in report.quality.top_states)
    assert any("No valid solution exists (proved" in remark for remark in report.remarks)
    assert found.comparison is not None
    assert found.comparison.classical == []
