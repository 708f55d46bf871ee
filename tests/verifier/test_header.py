"""What the header counts for: `parses` is the published rule, feasibility follows the setting."""

from __future__ import annotations

import json

import pytest

import quasar
from quasar.verifier.pipeline import Verifier
from quasar.verifier.sandbox import Job, Sandbox, SandboxLimits
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.stages.feasibility import Fault

PROBLEM = {"hamiltonian": "Z(0) + 0.5 * (Z(0) @ Z(1))"}
BODY = 'include "stdgates.inc";\nqubit[2] q;\nx q[0];\n'
PUBLISHED = VerifierSettings(quality=False, max_stage=3)
LANGUAGE = VerifierSettings(quality=False, max_stage=3, header="language")
CASES = {
    "3.0": ("OPENQASM 3.0;\n", True, True),
    "3": ("OPENQASM 3;\n", False, True),
    "3.1": ("OPENQASM 3.1;\n", False, True),
    "none": ("", False, True),
    "99.9 and a comment": ("OPENQASM 99.9;\n// OPENQASM 3.0\n", True, False),
    "2.0": ("OPENQASM 2.0;\n", False, False),
}


@pytest.mark.parametrize(("header", "parses", "by_language"), CASES.values(), ids=CASES)
def test_feasibility_follows_the_setting_and_parses_does_not(
    header: str, parses: bool, by_language: bool
) -> None:
    problem = quasar.load_problem(PROBLEM)
    for text in (header + BODY, (header + BODY).encode(), (header + BODY).replace("\n", "\r\n")):
        for settings, feasible in ((PUBLISHED, parses), (LANGUAGE, by_language)):
            report = Verifier(problem, None, settings).verify(text)
            assert (report.parses, report.parses_by_language) == (parses, by_language)
            assert report.stages.feasibility.parses_by_language is by_language
            assert report.feasible is feasible
            assert (report.fault is None) is feasible
            assert (report.reward.value == -1) is not feasible
            assert report.n_qubits in {2, None}


def test_people_get_the_rule_of_the_language() -> None:
    report = quasar.verify(f"OPENQASM 3.1;\n{BODY}", PROBLEM)
    assert (report.feasible, report.parses, report.parses_by_language) == (True, False, True)
    assert any(
        "'OPENQASM 3.1'" in remark and "'OPENQASM 3.0'" in remark for remark in report.remarks
    )
    assert (
        report.approximation_ratio
        == quasar.verify(f"OPENQASM 3.0;\n{BODY}", PROBLEM).approximation_ratio
    )
    assert not quasar.verify(f"OPENQASM 3.1;\n{BODY}", PROBLEM, settings=PUBLISHED).feasible
    assert quasar.verify(f"OPENQASM 3.0;\n{BODY}", PROBLEM).remarks == [
        remark for remark in report.remarks if "OPENQASM" not in remark
    ]


def test_limits_do_not_change_what_parses() -> None:
    problem = quasar.load_problem(PROBLEM)
    settings = LANGUAGE.model_copy(
        update={"limits": LANGUAGE.limits.model_copy(update={"max_qubits": 1})}
    )
    for header, parses, by_language in CASES.values():
        report = Verifier(problem, None, settings).verify(header + BODY)
        assert (report.parses, report.parses_by_language) == (parses, by_language)
        assert not report.feasible


def test_a_byte_order_mark_is_read_past() -> None:
    text = f"OPENQASM 3.0;\n{BODY}"
    for given in ("\ufeff" + text, b"\xef\xbb\xbf" + text.encode()):
        report = quasar.verify(given, PROBLEM)
        assert (report.feasible, report.parses, report.parses_by_language) == (True, True, True)
        strict = quasar.verify(given, PROBLEM, settings=PUBLISHED)
        assert (strict.feasible, strict.parses) == (False, False)
        assert "byte order mark" in str(strict.fault)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_named(encoding: str) -> None:
    mark = "" if encoding in {"utf-16", "utf-32"} else "\ufeff"
    report = quasar.verify(f"{mark}OPENQASM 3.0;\n{BODY}".encode(encoding), PROBLEM)
    assert not report.feasible
    assert report.fault is not None
    assert encoding[:6].upper() in report.fault.message
    assert report.fault.hint == "Save it as UTF-8."


def test_the_sandbox_knows_headers_of_what_it_stops() -> None:
    """Accepted by the importer, then out of time: what parses is still told."""
    slow = 'include "stdgates.inc"; qubit[20] q; for int i in [0:4000] { h q; }'
    limits = SandboxLimits(max_seconds=0.5)
    problem = quasar.load_problem(PROBLEM)
    jobs = [Job(name, 0, header + slow) for name, (header, _, _) in CASES.items()]
    with Sandbox([problem], LANGUAGE, limits=limits, workers=1) as sandbox:
        reports = dict(zip(CASES, sandbox.map(jobs), strict=True))
    for name, (_, parses, by_language) in CASES.items():
        report = reports[name]
        assert not report.feasible
        assert (report.parses, report.parses_by_language) == (parses, by_language)
        assert by_language is (report.fault.limit == "time")


def test_refusals_from_outside_take_the_header_into_account() -> None:
    from quasar.circuits.header import Header, read_header

    verifier = Verifier(quasar.load_problem(PROBLEM), None, PUBLISHED)
    fault = Fault(kind="limit", limit="time", message="not judged after 1 s.")
    for header, parses, by_language in CASES.values():
        found = Header(*json.loads(json.dumps(read_header(header + BODY))))
        report = verifier.refuse(fault, 2, found)
        assert (report.parses, report.parses_by_language) == (parses, by_language)
        assert not verifier.refuse(fault, None, found).parses
