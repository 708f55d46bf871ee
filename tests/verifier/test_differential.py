"""Programs that other libraries transformed are judged as before; `make fuzz` tries many more."""

from __future__ import annotations

from random import Random

import pytest

import fuzz_differential
from fuzz_differential import ENGINES, TRANSFORMS, difference, engine_difference, run, shrunk
from support.relations import Draft, draft

DRAFTS = [draft(Random(number), faulty=0.0) for number in (0, 2, 7)]


@pytest.mark.parametrize(
    "name", [n for n, (library, _, _) in TRANSFORMS.items() if library == "qiskit"]
)
def test_what_qiskit_makes_of_a_program_is_judged_alike(name: str) -> None:
    compared = [difference(name, start) for start in DRAFTS]
    assert sum(found is not None for found in compared) >= 2
    for found in filter(None, compared):
        assert found[1] == {}, found[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pytket", "bqskit", "pennylane", "cirq"])
def test_what_other_libraries_make_of_it_is_judged_alike(name: str) -> None:
    pytest.importorskip(TRANSFORMS[name][0], reason="compared where it is installed")
    start = Draft(3, ("h <0>;", "crx(0.7) <0>, <2>;", "ccx <0>, <2>, <1>;", "u2(0.4, 1.0) <1>;"))
    found = difference(name, start)
    assert found is not None
    assert found[1] == {}, found[0]


@pytest.mark.parametrize("name", ENGINES)
def test_engines_agree(name: str) -> None:
    assert max(engine_difference(name, start) for start in DRAFTS) < 1e-9


def test_a_wrong_transform_is_shown_by_its_smallest_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wrong(text: str) -> str:
        return text.replace("cx q[0], q[1]", "cx q[1], q[0]")

    monkeypatch.setitem(TRANSFORMS, "wrong", ("qiskit", True, wrong))
    body = ("t <1>;", "x <0>;", "s <0>;", "cx <0>, <1>;", "z <1>;")
    assert shrunk("wrong", Draft(2, body)).body == ("x <0>;", "cx <0>, <1>;")
    monkeypatch.setattr(fuzz_differential, "draft", lambda rng, faulty: Draft(2, body))
    told: list[str] = []
    counts, differs = run(1, 0, told.append, ["wrong"])
    assert (counts["wrong"]["differs"], differs) == (1, 1)
    assert "cx q[1], q[0];" in told[1]


@pytest.mark.slow
def test_transforms_at_length() -> None:
    told: list[str] = []
    _, wrong = run(100, 1, told.append)
    assert wrong == 0, told
