"""Generation beyond 24 qubits, from the problem to the folder."""

import json
from dataclasses import replace

import networkx as nx
import pytest
from typer.testing import CliRunner

import quasar
from quasar.agent.large import is_large
from quasar.cli.main import app
from quasar.core.errors import InputError, ProblemError
from quasar.core.interrupt import Interrupt
from quasar.problems.load import load_problem
from quasar.simulate.cones.energy import ConeEnergy

pytest.importorskip("quimb", reason="samples of large circuits need quimb")
pytest.importorskip("ortools", reason="bounds need OR-Tools")


@pytest.fixture(scope="module")
def generation():
    graph = nx.circular_ladder_graph(15)
    return quasar.generate(load_problem(graph, problem_type="maxcut"))


def test_the_default_gives_qaoa_with_proof_and_samples(generation):
    report = generation.best.report
    assert is_large(generation.problem)
    assert generation.model == "designer"
    assert report.estimates.optimum["status"] == "proven"
    assert report.estimates.energy_known == "exact"
    assert generation.best.design.algorithm == "qaoa"
    assert 0.75 < report.approximation_ratio < 1
    assert generation.recursive.feasible
    assert generation.recursive.objective <= report.estimates.optimum["value"]
    # The program says what the design promised.
    assert report.energy == pytest.approx(generation.best.design.energy, abs=1e-2)


def test_without_samples_the_answer_is_that_of_recursive_qaoa(generation, tmp_path):
    estimates = generation.best.report.estimates.model_copy(
        update={"samples": None, "samples_note": "too many."}
    )
    report = generation.best.report.model_copy(update={"estimates": estimates})
    bare = replace(generation, candidates=(replace(generation.best, report=report),))
    text = str(bare)
    assert "recursive QAOA, from exact means" in text
    assert f"objective   {generation.recursive.objective:.0f}" in text
    assert "graph.png" in bare.save(tmp_path / "bare")


def test_it_is_printed_saved_and_loaded(generation, tmp_path):
    text = str(generation)
    assert "proven by" in text
    assert "exact, by cones" in text
    assert "recursive" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    names = generation.save(tmp_path / "out")
    assert {"circuit.qasm", "graph.png", "histogram.png", "report.json"} <= set(names)
    again = quasar.load_generation(tmp_path / "out")
    assert str(again) == text
    assert again.recursive == generation.recursive


def test_a_circuit_that_was_written_is_verified_again(generation, tmp_path):
    path = tmp_path / "problem.json"
    generation.save(tmp_path / "out")
    path.write_bytes((tmp_path / "out" / "problem.json").read_bytes())
    result = CliRunner().invoke(
        app, ["verify", str(tmp_path / "out" / "circuit.qasm"), "--problem", str(path), "--json"]
    )
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["estimates"]["energy"] == pytest.approx(generation.best.report.energy)


def test_an_interrupt_while_angles_are_looked_for_keeps_the_best_so_far(monkeypatch):
    ending, value = Interrupt(), ConeEnergy.value_and_gradient

    def interrupted(energy, theta):
        if not ending.requested:
            ending.signalled()  # as the handler of Ctrl-C does
        return value(energy, theta)

    monkeypatch.setattr(ConeEnergy, "value_and_gradient", interrupted)
    found = quasar.generate(
        load_problem(nx.circular_ladder_graph(13), problem_type="maxcut"),
        settings={"algorithm": "qaoa", "layers": 1, "max_evaluations": 100},
        verifier_settings={"large": {"shots": 20, "max_bond": 4}},
        interrupt=ending,
    )
    assert found.interrupted
    assert found.best.report.energy < 0
    assert len(found.best.design.trace.energies) < 10
    assert found.best.report.estimates.optimum["value"] is not None


def test_what_is_for_small_problems_only(generation):
    problem = generation.problem
    with pytest.raises(InputError, match="vqe is for problems of up to 24 qubits"):
        quasar.generate(problem, "designer", request="vqe")
    with pytest.raises(InputError, match="style agent-q"):
        quasar.generate(problem, "designer", settings={"style": "agent-q"})
    with pytest.raises(InputError, match="qaoa with 15 layers: the causal cone"):
        quasar.generate(problem, "designer", settings={"layers": 15})
    empty = load_problem(nx.empty_graph(30), problem_type="maxcut")
    with pytest.raises(ProblemError, match="no terms"):
        quasar.generate(empty, "designer")


def test_the_designers_limits_hold_without_naming_it(tmp_path):
    graph = nx.path_graph(26)
    problem = tmp_path / "path.json"
    data = nx.node_link_data(graph, edges="edges")
    problem.write_text(json.dumps({"problem_type": "maxcut", "graph": data}))
    limits = ["--max-seconds", "30", "--max-evaluations", "2", "--layers", "1"]
    arguments = ["generate", "--problem", str(problem), *limits]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.stderr
    done = CliRunner().invoke(app, [*arguments, "--temperature", "0.5"])
    assert isinstance(done.exception, InputError)
    assert "it is for language models" in str(done.exception)


@pytest.fixture(scope="module")
def weighted():
    graph = nx.circular_ladder_graph(15)
    nx.set_edge_attributes(graph, {e: 1 + i % 3 for i, e in enumerate(graph.edges)}, "weight")
    return load_problem(graph, problem_type="maxcut")


QUICK = {"large": {"shots": 50, "solve": False}}


def test_attempts_start_from_angles_of_their_own_and_refining_frees_each_angle(weighted):
    one = {"layers": 1}
    found = quasar.generate(weighted, samples=2, refine=True, settings=one, verifier_settings=QUICK)
    assert {c.name for c in found.candidates} >= {"qaoa p=1", "qaoa p=1, attempt 2"}
    best = found.best
    assert best.origin == "polished"
    assert best.report.energy < found.candidates[-1].report.energy - 1
    assert best.report.energy == pytest.approx(best.polish.energy, abs=1e-6)
    kinds = [step.kind for step in found.trace]
    assert kinds == ["designed", "designed", *["polished"] * (len(kinds) - 2)]
    later = quasar.generate(
        weighted, samples=1, first_sample=1, settings=one, verifier_settings=QUICK
    )
    assert [c.name for c in later.candidates] == ["qaoa p=1, attempt 2"]


def test_polishing_keeps_to_its_evaluations(weighted):
    found = quasar.generate(
        weighted,
        refine={"max_evaluations": 3, "polished": 1},
        settings={"layers": 1},
        verifier_settings=QUICK,
    )
    assert found.polishing_evaluations == 3
    assert sum(step.evaluations for step in found.trace) <= 3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"constrained": True}, "constrained has no effect on 30 qubits"),
        ({"guided": False}, "guided has no effect on 30 qubits"),
        ({"sampling": {"temperature": 0}}, "sampling has no effect on 30 qubits"),
        ({"engine": "qulacs"}, "30 qubits asked for"),
    ],
)
def test_what_is_for_language_models_is_refused(weighted, given, words):
    with pytest.raises(InputError, match=words):
        quasar.generate(weighted, **given)


def test_the_command_takes_both(tmp_path):
    graph = nx.path_graph(26)
    problem = tmp_path / "path.json"
    data = nx.node_link_data(graph, edges="edges")
    problem.write_text(json.dumps({"problem_type": "maxcut", "graph": data}))
    arguments = ["generate", "--problem", str(problem), "--layers", "1", "--samples", "2"]
    more = ["--refine", "--refine-evaluations", "5", "--trace", "--json"]
    done = CliRunner().invoke(app, [*arguments, *more])
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    assert data["trace"][-1]["kind"] == "polished"


def test_tiny_angles_of_large_coefficients_are_written():
    ring = {"problem_type": "qubo", "qubo": [[[i, (i + 1) % 26], 1e6] for i in range(26)]}
    ring["qubo"] += [[[i], -1e6] for i in range(26)]
    settings = {"layers": 1, "max_evaluations": 20}
    large = {"large": {"shots": 10}}
    found = quasar.generate(ring, "designer", settings=settings, verifier_settings=large)
    design = found.best.design
    assert design.energy < -1e6
    assert found.best.report.energy == pytest.approx(design.energy, rel=1e-3)
