"""Texts judged with and without the sandbox."""

from __future__ import annotations

import pytest

from quasar.evaluation.evaluate import VERIFIER
from quasar.evaluation.inputs import read_records
from quasar.evaluation.judge import Judge
from quasar.verifier.sandbox import Job, SandboxLimits
from small_evaluation import hadamards, records


@pytest.mark.parametrize("sandbox", [None, SandboxLimits()], ids=["plain", "sandboxed"])
def test_keys_come_back_with_their_reports(sandbox: SandboxLimits | None) -> None:
    problems = [record.problem for record in read_records(records(3)).items]
    jobs = [
        Job((number, extra), number, hadamards(problem.n_qubits + extra))
        for number, problem in enumerate(problems)
        for extra in (0, 1)
    ]
    with Judge(problems, VERIFIER, sandbox=sandbox, workers=1) as judge:
        for _ in range(2):
            found = dict(judge.run(jobs))
            assert found.keys() == {job.key for job in jobs}
            for (number, extra), report in found.items():
                assert report.n_qubits == problems[number].n_qubits + extra
                assert report.feasible is (extra == 0)
