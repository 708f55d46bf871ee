"""Folders: what was saved comes back without loss."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import quasar
from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.models.scripted import ScriptedModel
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.registry import PROBLEMS
from quasar.problems.source import file_content
from quasar.report.store import generation_data

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
SQUARE = encode(PROBLEMS["maxcut"](nx.cycle_graph(4)))
ANSWER = HEAD + "qubit[4] q;\nrx(0.3) q[0];\ncx q[0], q[1];\n"


def designed() -> quasar.Generation:
    settings = {"algorithm": "qaoa", "layers": 1, "max_evaluations": 30}
    return quasar.generate(SQUARE, "designer", settings=settings, refine=True, compare=True)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[quasar.Generation, Path]:
    """A generation and the folder that holds it; not to be changed."""
    found = designed()
    folder = tmp_path_factory.mktemp("saved") / "x"
    found.save(folder)
    return found, folder


def written() -> quasar.Generation:
    model = ScriptedModel([ANSWER, "no \ud800 program", ANSWER], name="m")
    return quasar.generate(SQUARE, model, samples=3, refine={"max_evaluations": 30})


@pytest.mark.parametrize("make", [designed, written])
def test_a_generation_comes_back(make: object, tmp_path: Path) -> None:
    found: quasar.Generation = make()  # type: ignore[operator]
    names = found.save(tmp_path / "x")
    assert {"report.json", "circuit.qasm", "problem.json", "generation.json", "graph.png"} <= set(
        names
    )
    again = quasar.load_generation(tmp_path / "x")
    assert generation_data(again) == generation_data(found)
    assert str(again) == str(found)
    assert again.problem == found.problem
    assert again.best.report == found.best.report
    for one, other in zip(again.candidates, found.candidates, strict=True):
        assert one.proposal == other.proposal
        assert np.array_equal(one.trace.best_theta, other.trace.best_theta)
        assert one.report.judged.problem is again.problem
    again.save(tmp_path / "y")
    assert (tmp_path / "y/generation.json").read_bytes() == (
        tmp_path / "x/generation.json"
    ).read_bytes()


def test_a_report_comes_back(tmp_path: Path) -> None:
    text = HEAD + "input float w;\nqubit[4] q;\nrx(w) q[0];\ncx q[0], q[1];\n"
    report = quasar.verify(text, SQUARE, parameters={"w": 0.3})
    report.save(tmp_path / "x")
    again = quasar.load_report(tmp_path / "x")
    assert again == report
    assert str(again) == str(report)
    assert again.judged.qasm == text
    assert again.judged.parameters == {"w": 0.3}
    assert again.judged.problem == SQUARE
    assert again.to_qiskit().num_parameters == 0


def test_the_best_report_of_a_generations_folder(saved: tuple[quasar.Generation, Path]) -> None:
    found, folder = saved
    assert quasar.load_report(folder) == found.best.report


def test_an_infeasible_report_is_saved_without_pictures(tmp_path: Path) -> None:
    report = quasar.verify(HEAD + "qubit q; oops q;", SQUARE)
    assert report.save(tmp_path / "x") == [
        "circuit.qasm", "manifest.json", "problem.json", "report.json",
    ]  # fmt: skip
    assert quasar.load_report(tmp_path / "x") == report


def test_a_folder_is_not_overwritten_unless_asked_for(tmp_path: Path) -> None:
    report = quasar.verify(ANSWER, SQUARE)
    report.save(tmp_path / "x")
    with pytest.raises(InputError, match="force=True"):
        report.save(tmp_path / "x")
    report.save(str(tmp_path / "x"), force=True)


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
@pytest.mark.parametrize("penalty", [None, 7, 2.5])
def test_every_problem_comes_back(problem_type: str, penalty: float | None) -> None:
    problem = PROBLEMS[problem_type].sample(generator(2, problem_type), 9)
    for encoding in problem.encodings:
        for order in ("natural", "lexicographic"):
            weight = penalty if encoding == "exact" else None
            if weight is not None and problem.formulation().penalties is None:
                continue
            encoded: EncodedProblem = encode(problem, encoding, order, weight)
            text = json.dumps(file_content(encoded))
            assert quasar.load_problem(json.loads(text)) == encoded


class TestWrongFolders:
    def test_there_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="there is no folder"):
            quasar.load_generation(tmp_path / "x")
        with pytest.raises(InputError, match="must be the name of a folder, not 7"):
            quasar.load_generation(7)  # type: ignore[arg-type]

    def test_it_holds_something_else(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"holds no generation\.json"):
            quasar.load_generation(tmp_path)
        with pytest.raises(InputError, match=r"holds no report\.json"):
            quasar.load_report(tmp_path)

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1}', '{"version": 9}', "\xff"])
    def test_it_is_damaged(
        self, text: str, saved: tuple[quasar.Generation, Path], tmp_path: Path
    ) -> None:
        shutil.copytree(saved[1], tmp_path / "x")
        (tmp_path / "x/generation.json").write_text(text, encoding="latin-1")
        with pytest.raises(InputError, match=r"damaged|this quasar reads 1"):
            quasar.load_generation(tmp_path / "x")
        (tmp_path / "x/report.json").write_text(text, encoding="latin-1")
        with pytest.raises(InputError, match="damaged"):
            quasar.load_report(tmp_path / "x")
