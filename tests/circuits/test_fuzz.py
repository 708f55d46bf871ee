"""A small share of the fuzzing in every run; `make fuzz` has the rest."""

from __future__ import annotations

import numpy as np
import pytest
import qiskit_qasm3_import
from hypothesis import HealthCheck, given, settings
from qiskit.quantum_info import Statevector

from fuzz import check, collect, disagreement, importer_verdicts
from quasar.circuits.header import VERSION
from quasar.circuits.qasm import parse, parses
from quasar.core.errors import CircuitError
from quasar.simulate.engine import get_engine, probabilities
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.settings import Limits
from quasar.verifier.stages import feasibility
from support.cases import cases
from support.strategies import HEAD, hostile, mutated, raw, valid

relaxed = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=cases(80))


def importer_circuit(text: str) -> object | None:
    if VERSION not in text:
        return None
    try:
        return qiskit_qasm3_import.parse(text)
    except Exception:
        return None


@relaxed
@given(valid())
def test_valid_programs_have_the_importers_verdict_and_state(text: str) -> None:
    imported = importer_circuit(text)
    assert parses(text) is (imported is not None)
    try:
        circuit = parse(text).circuit
    except CircuitError:
        return
    dynamic = {"for_loop", "while_loop", "if_else", "box", "reset", "measure"}
    imported.remove_final_measurements()
    if circuit is None or dynamic & {item.operation.name for item in imported.data}:
        return
    found = probabilities(get_engine().state(circuit))
    assert np.allclose(found, np.abs(Statevector(imported).data) ** 2, atol=1e-9)


@relaxed
@given(mutated())
def test_mutated_programs_have_the_importers_verdict(text: str) -> None:
    assert parses(text) is (importer_circuit(text) is not None)


@relaxed
@given(raw())
def test_bytes_have_the_importers_verdict(content: bytes) -> None:
    stage, _ = feasibility.run_text(
        content, get_engine(), feasibility.Rules(Limits(max_gates=1000))
    )
    try:
        accepted = importer_circuit(content.decode("utf-8")) is not None
    except UnicodeDecodeError:
        accepted = False
    assert stage.parses is accepted
    assert stage.simulable is (stage.fault is None)


def test_hostile_programs_in_the_sandbox() -> None:
    limits = SandboxLimits(max_seconds=0.5, max_memory_mib=300)
    texts = [*collect(hostile(), cases(40), 1), *collect(raw(), cases(10), 1)]
    wrong, verdicts, figures = check(texts, limits=limits, workers=2)
    assert wrong == []
    assert sum(verdicts.values()) == len(texts)
    assert figures["workers_started"] >= 2


def test_the_comparison_notices_wrong_verdicts() -> None:
    from quasar import load_problem
    from quasar.verifier.pipeline import Verifier
    from quasar.verifier.settings import VerifierSettings

    verifier = Verifier(load_problem({"hamiltonian": "Z(0)"}), None, VerifierSettings())
    good = verifier.verify(HEAD + "qubit[1] q; h q[0];")
    bad = verifier.verify(HEAD + "qubit[1] q; rxx q[0];")
    limits = SandboxLimits()
    assert disagreement(good, "y", 0.0, limits) is None
    assert disagreement(bad, "n", 0.0, limits) is None
    assert disagreement(good, "n", 0.0, limits) == "the importer refuses it"
    assert disagreement(bad, "y", 0.0, limits) == "the importer accepts it"


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("qubit[1] q; h q[0];", "y"),
        ("qubit[1] q; rxx q[0];", "n"),
        ("gphase(0); bit[2000000000] c;", "?"),
        ("gate g0 a { h a; }" + "".join(f"gate g{i} a {{ g{i - 1} a; g{i - 1} a; }}"
                                        for i in range(1, 50)), "?"),
    ],
)  # fmt: skip
def test_the_importer_on_its_own(body: str, verdict: str) -> None:
    limits = SandboxLimits(max_seconds=0.5, max_memory_mib=256)
    texts = [HEAD + body, HEAD + "qubit[1] q; x q[0];"]
    assert [v for v, _ in importer_verdicts(texts, limits)] == [verdict, "y"]
