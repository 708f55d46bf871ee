"""Reports as messages between a worker and its caller."""

from __future__ import annotations

import json

import networkx as nx
import pytest
from pydantic import ValidationError

from quasar.problems.base import encode
from quasar.problems.maxcut import MaxCut
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import ProblemSummary, Report
from quasar.verifier.settings import VerifierSettings

PROBLEM = encode(MaxCut(nx.path_graph(["a", "b", "c"])))
HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
CIRCUIT = HEADER + "qubit[3] q;\nh q[0];\ncx q[0], q[1];\nx q[1];\n"


@pytest.mark.parametrize("text", [CIRCUIT, "OPENQASM 3.0; qubit q", CIRCUIT + "measure q[7];"])
@pytest.mark.parametrize("quality", [True, False])
def test_a_message_leaves_out_only_the_problem(text: str, quality: bool) -> None:
    verifier = Verifier(PROBLEM, None, VerifierSettings(max_stage=3, quality=quality))
    report = verifier.verify(text)
    whole = report.model_dump_json()
    message = report.model_copy(deep=True).to_message()
    assert json.loads(message) == {**json.loads(whole), "problem": None}
    summary = ProblemSummary.of(PROBLEM)
    received = Report.from_message(message, summary)
    assert received == report
    assert received.problem is summary
    assert received.model_dump_json() == whole


def test_a_damaged_message_is_no_report() -> None:
    message = Verifier(PROBLEM).verify(CIRCUIT).to_message()
    for damaged in (message[:-1], b"", b"{}", message.replace(b'"feasible":true', b'"feasible":7')):
        with pytest.raises(ValidationError):
            Report.from_message(damaged, ProblemSummary.of(PROBLEM))


def test_a_report_that_is_read_needs_its_problem() -> None:
    """Only messages may leave it out: a file cannot."""
    with pytest.raises(ValidationError, match="problem"):
        Report.model_validate_json(Verifier(PROBLEM).verify(CIRCUIT).to_message())


def test_the_schema_of_the_problem_is_its_own() -> None:
    schema = Report.model_json_schema()
    assert schema["properties"]["problem"]["$ref"] == "#/$defs/ProblemSummary"
