"""What `--basis` and `--coupling` mean together and alone."""

from __future__ import annotations

import pytest

from quasar.cli.targets import Target, compiled, compiled_text, read_target
from quasar.core.errors import InputError
from quasar.problems.load import load_problem
from quasar.verifier.pipeline import Verifier

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
STAR = HEAD + "qubit[4] q;\nh q[0];\n" + "".join(f"cx q[0], q[{k}];\n" for k in (1, 2, 3))
PROBLEM = {"hamiltonian": "1.0*Z0*Z1 + 0.5*Z1*Z2 - 0.25*Z2*Z3 + 0.125*Z0"}


def test_either_is_enough() -> None:
    assert read_target(None, None) is None
    assert read_target("ion", None) == Target("ion", "full")
    assert read_target(None, "line") == Target("generic", "line")
    with pytest.raises(InputError, match=r"--coupling takes full, .*; did you mean 'grid'"):
        read_target(None, "gird")
    with pytest.raises(InputError, match=r"--basis takes generic, .*'abacus'"):
        read_target("abacus", "line")


@pytest.mark.parametrize("basis", ["generic", "ibm-heron", "ibm-eagle", "ion"])
@pytest.mark.parametrize("coupling", ["line", "ring", "heavy-hex"])
def test_the_compiled_program_measures_the_same(basis: str, coupling: str) -> None:
    """Bits stay those of the variables, wherever routing moves them."""
    verifier = Verifier(load_problem(PROBLEM))
    done = compiled(STAR, Target(basis, coupling))
    assert done is not None
    before, after = verifier.verify(STAR), verifier.verify(done.qasm)
    assert after.feasible, after.fault
    assert after.energy == pytest.approx(before.energy, abs=1e-9)
    assert after.p_optimal == pytest.approx(before.p_optimal, abs=1e-9)
    assert done.statistics.two_qubit_gates >= 3
    assert f"({basis}, {coupling})" in compiled_text(done.statistics, Target(basis, coupling))


def test_a_dynamic_program_is_not_compiled() -> None:
    dynamic = HEAD + "qubit[2] q;\nbit c;\nc = measure q[0];\nif (c) { x q[1]; }\n"
    assert compiled(dynamic, Target("ion", "full")) is None
    assert "no fixed list of gates" in compiled_text(None, Target("ion", "full"))
