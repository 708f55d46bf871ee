"""Words of reports."""

from __future__ import annotations

import quasar
from quasar.report.terminal import counted, report_text

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def test_one_thing_is_in_the_singular() -> None:
    assert [counted(n, "gate") for n in (0, 1, 2)] == ["0 gates", "1 gate", "2 gates"]


def test_a_report_on_one_gate_on_one_qubit() -> None:
    problem = {"problem_type": "ising", "hamiltonian": "1.0 * Z(0)"}
    text = report_text(quasar.verify(HEAD + "qubit q; rx(0.3) q;", problem))
    assert "1 qubit, 1 gate (1 that does anything" in text
    assert "1 angle" in text
    for wrong in ("1 qubits", "1 gates", "1 angles", "1 optimiser steps"):
        assert f" {wrong}" not in text
