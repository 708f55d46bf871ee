"""What the designer writes for ground states, judged by the verifier."""

from __future__ import annotations

from pathlib import Path

import pytest

import quasar
from quasar.core.errors import InputError
from quasar.problems.quantum.observable import EncodedObservable
from quasar.verifier.stages.ground import Ground


def problem(problem_type: str, **attributes: object) -> EncodedObservable:
    found = quasar.load_problem(
        {"problem_type": problem_type, "problem_specific_attributes": attributes}
    )
    assert isinstance(found, EncodedObservable)
    return found


def ground(report: quasar.Report) -> Ground:
    assert report.stages.ground is not None
    return report.stages.ground


SMALL = [
    ("molecule", {"molecule": "h2"}),
    ("molecule", {"molecule": "lih"}),
    ("tfim", {"n": 4}),
    ("heisenberg", {"n": 4}),
    ("xxz", {"n": 4, "lattice": "ring", "delta": 0.5}),
    ("fermi_hubbard", {"n": 2, "particles": 2, "sz": 0}),
]


@pytest.mark.parametrize(("problem_type", "attributes"), SMALL)
def test_small_ones_are_solved(problem_type: str, attributes: dict[str, object]) -> None:
    encoded = problem(problem_type, **attributes)
    found = quasar.generate(encoded)
    assert found.model == "designer"
    best = ground(found.best.report)
    assert best.accurate
    for candidate in found.candidates:
        assert candidate.design is not None
        measured = ground(candidate.report)
        # Angles are rounded to four decimals.
        assert measured.energy == pytest.approx(candidate.design.energy, abs=1e-4)
        assert candidate.report.parses


@pytest.mark.slow
@pytest.mark.parametrize(
    ("problem_type", "attributes"),
    [
        ("molecule", {"molecule": "h4_chain"}),
        ("molecule", {"molecule": "h4_square"}),
        ("molecule", {"molecule": "beh2"}),
        ("molecule", {"molecule": "n2", "bond": 1.5}),
        ("tfim", {"n": 10}),
        ("heisenberg", {"n": 10}),
    ],
)
def test_larger_ones_are_solved(problem_type: str, attributes: dict[str, object]) -> None:
    assert ground(quasar.generate(problem(problem_type, **attributes)).best.report).accurate


@pytest.mark.parametrize(
    ("algorithm", "ansatz"),
    [("qaoa", "hva p=2"), ("vqe", "hardware-efficient L=2"), ("vqe", "uccsd")],
)
def test_each_family_is_written_when_asked_for(algorithm: str, ansatz: str) -> None:
    found = quasar.generate(
        problem("molecule", molecule="h2"), request={"algorithm": algorithm, "layers": 2}
    )
    assert ansatz in [candidate.name for candidate in found.candidates]


def test_any_observable_and_its_results_on_disk(tmp_path: Path) -> None:
    found = quasar.generate({"observable": "0.5*X0*Z1 - Y2 + 0.3*Z0*Z2"}, "designer")
    assert ground(found.best.report).accurate
    assert "ground energy" in str(found)
    assert "fidelity" in found._repr_html_()
    files = found.save(tmp_path / "out")
    assert {"circuit.qasm", "report.json", "circuit.png", "optimisation.png"} <= set(files)
    again = quasar.load_generation(tmp_path / "out")
    assert again.best.report == found.best.report


def test_polishing_goes_by_the_energy() -> None:
    text = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nry(0.3) q[0];\nry(0.2) q[1];\n'
    from quasar.agent.optimise import optimise
    from quasar.circuits.qasm import parse
    from quasar.verifier.pipeline import Verifier

    encoded = problem("tfim", n=2)
    done = optimise(parse(text), Verifier(encoded))
    assert done.improved
    assert ground(done.report).energy < ground(done.before).energy


def test_what_is_for_other_problems_is_refused() -> None:
    encoded = problem("tfim", n=2)
    for settings, said in (
        ({"style": "agent-q"}, "graph problems"),
        ({"template": 3}, "graph problems"),
        ({"cvar": 0.2}, "cost functions"),
        ({"start": "table"}, "cost functions"),
        ({"algorithm": "adaptive_vqe", "layers": 2}, "takes no --layers"),
    ):
        with pytest.raises(InputError, match=said):
            quasar.generate(encoded, "designer", settings=settings)
    with pytest.raises(InputError, match="leave the model out"):
        quasar.generate(encoded, "openai:gpt-5")
    with pytest.raises(InputError, match="up to 20 qubits"):
        quasar.generate(problem("tfim", n=30))
