"""What is remarked on, and from which value on."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

from quasar.circuits.circuit import Circuit, Gate
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.simulate.distributions import entropy_bits
from quasar.verifier import quality
from quasar.verifier.remarks import (
    header_remark,
    no_solution,
    problem_remarks,
    remarks,
    size_remark,
)

STAR = load_problem(
    nx.star_graph(3), problem_type="vertex_cover"
)  # node 0 covers all: state 0b1110
H = Circuit(4, tuple(Gate("h", (q,), ()) for q in range(4)))


def said(p: np.ndarray, circuit: Circuit | None = H, problem: EncodedProblem = STAR) -> list[str]:
    found = quality.measure(p, None, circuit, problem)
    return remarks(p, circuit, found, problem)


def two(a: int, pa: float, b: int) -> np.ndarray:
    p = np.zeros(16)
    p[a], p[b] = pa, 1.0 - pa
    return p


def has(found: list[str], words: str) -> bool:
    return any(words in remark for remark in found)


def test_nearly_uniform_is_within_a_tenth_of_a_bit() -> None:
    flat = np.full(16, 1 / 16)
    assert has(said(flat), "nearly uniform (4.00 of 4 bits)")
    fifteen = np.full(16, 1 / 15)
    fifteen[0] = 0.0
    assert entropy_bits(fifteen) == pytest.approx(np.log2(15))
    assert has(said(fifteen), "nearly uniform")  # 3.907 bits
    fourteen = np.full(16, 1 / 14)
    fourteen[:2] = 0.0
    assert not has(said(fourteen), "nearly uniform")  # 3.807 bits
    one = load_problem({"hamiltonian": "Z(0)"})
    h = Circuit(1, (Gate("h", (0,), ()),))
    assert not has(said(np.full(2, 0.5), h, one), "nearly uniform")  # of one bit nothing follows


def test_one_bit_string_is_more_than_99_percent() -> None:
    assert has(said(two(14, 0.995, 0)), "one bit string (probability 0.9950)")
    assert not has(said(two(14, 0.985, 0)), "one bit string")


def test_answers_in_another_convention() -> None:
    assert has(said(two(1, 0.9, 0)), "with every bit flipped")
    chain = load_problem({"hamiltonian": "Z(0) + 0.5 * Z(1) - 2 * Z(2)"})  # best: 0b011
    p = np.zeros(8)
    p[0b110] = 1.0
    x = Circuit(3, (Gate("x", (1,), ()), Gate("x", (2,), ())))
    assert has(said(p, x, chain), "with the qubits in reverse order")
    assert not has(said(two(14, 0.9, 0)), "would be optimal")
    assert not has(said(two(0, 0.9, 14)), "would be optimal")
    wide = np.full(1 << 4, 0.05)
    wide[1] = 1.0 - 0.05 * 15
    assert has(said(wide), "with every bit flipped")
    low = np.full(16, 0.061)
    low[1] = 1.0 - 0.061 * 15  # 0.085: too little to speak of an answer
    assert not has(said(low), "would be optimal")


def test_broken_constraints_and_dynamic_programs() -> None:
    nobody = two(15, 0.9, 14)
    assert has(said(nobody), "breaks a constraint")
    assert not has(said(two(14, 0.9, 15)), "breaks a constraint")
    assert has(said(nobody, None), "The program is dynamic")
    assert not has(said(nobody), "The program is dynamic")


@pytest.mark.parametrize(
    ("gates", "independent"),
    [
        ((Gate("cx", (0, 1), ()), Gate("h", (2,), ())), False),
        ((Gate("h", (0,), ()), Gate("cz", (0, 1), ())), True),
    ],
)
def test_gates_on_two_qubits_that_change_nothing(gates: Any, independent: bool) -> None:
    circuit = Circuit(4, (Gate("h", (0,), ()), *gates)) if not independent else Circuit(4, gates)
    assert has(said(two(14, 0.5, 0), circuit), "No two-qubit gate changes") is independent


def test_sentences() -> None:
    assert "(proved: all 16 states were checked)" in no_solution(STAR)
    assert "the text has no version header" in header_remark(None)
    assert "the header is 'OPENQASM 3;'" in header_remark("OPENQASM 3;")
    assert "has 1 qubit, this circuit 3: they were compared on the first qubit" in size_remark(
        1, 3, 1
    )
    assert "has 4 qubits, this circuit 3: they were compared on the first 3" in size_remark(4, 3, 3)


def test_angles_in_degrees() -> None:
    p = two(14, 0.5, 0)
    degrees = Circuit(4, (Gate("rx", (0,), (90.0,)), Gate("rz", (1,), (0.0,))))
    assert has(said(p, degrees), "radians")
    for angle in (90.5, 6.0, 0.0):
        assert not has(said(p, Circuit(4, (Gate("rx", (0,), (angle,)),))), "radians")
    mixed = Circuit(4, (Gate("rx", (0,), (90.0,)), Gate("ry", (1,), (0.5,))))
    assert not has(said(p, mixed), "radians")
    assert not has(said(p, None), "radians")


def test_remarks_on_problems() -> None:
    assert problem_remarks(STAR) == []
    small = load_problem(nx.star_graph(3), problem_type="vertex_cover", penalty=0.25)
    assert any("penalty weight is too small" in remark for remark in problem_remarks(small))
    pathless = load_problem(nx.path_graph(3), problem_type="tsp")
    assert problem_remarks(pathless) == [no_solution(pathless)]
    huge = load_problem({"hamiltonian": "1e17 * Z(0) + 1e-3 * Z(1)"})
    assert any("float64" in remark for remark in problem_remarks(huge))
