"""A whole run: locally, by an account, killed and resumed, failed and submitted again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from quasar.core.errors import CircuitError, InfrastructureError, InputError
from quasar.core.interrupt import Interrupt
from quasar.hardware.folder import RunFolder
from quasar.hardware.jobs import Patience
from quasar.hardware.run import RunOptions, resume, run, start
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from support.fake_service import FakeService
from support.hardware import GHZ

pytest.importorskip("qiskit_ibm_runtime", reason="needs the extra devices")
QUICK = Patience(poll_s=0.01, timeout_s=5.0, retries=1)


def started(
    service: FakeService, problem: EncodedProblem, folder: Path, interrupt: Interrupt | None = None
) -> Any:
    options = RunOptions(
        shots=500, patience=QUICK, service=service, interrupt=interrupt or Interrupt()
    )
    return start(GHZ, problem, "fake_manila", options, RunFolder(folder), {})


def resumed(service: FakeService, folder: Path, **how: Any) -> Any:
    return resume(folder, options=RunOptions(patience=QUICK, service=service), **how)


def test_a_snapshot_answers_in_the_users_names(problem: EncodedProblem, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    found = run(GHZ, problem, "fake_manila", shots=1000, folder=folder)
    assert found.best.solution in (["mid"], ["left", "right"])
    assert found.best.objective == 2.0
    assert found.p_optimal is not None
    assert found.p_optimal.low < found.p_optimal.value < found.p_optimal.high
    assert found.top_is_optimal
    ideal = found.prediction("ideal")
    assert ideal is not None
    assert ideal.p_optimal == pytest.approx(1.0)
    # The snapshot is simulated with the same errors: the counts are a sample of the prediction.
    noisy = found.prediction("noisy")
    assert noisy is not None
    assert abs(noisy.energy_deviation) < 4.0
    low, _ = noisy.agreement.fidelity_by_chance
    assert noisy.agreement.hellinger_fidelity > low - 0.002 > ideal.agreement.hellinger_fidelity
    counts = json.loads((folder / "counts.json").read_text())
    assert sum(counts["counts"].values()) == counts["shots"] == 1000
    assert json.loads((folder / "job.json").read_text())["state"] == "done"
    # The same seed on the same snapshot: the same counts, and the folder says the same again.
    again = run(GHZ, problem, "fake_manila", shots=1000)
    assert again.energy == found.energy
    assert resume(folder).model_dump() == found.model_dump()


@pytest.mark.parametrize("sampler", ["StatevectorSampler", "BackendSamplerV2"])
def test_any_sampler_will_do(problem: EncodedProblem, sampler: str) -> None:
    from qiskit import primitives
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    how = {} if sampler == "StatevectorSampler" else {"backend": FakeManilaV2()}
    found = run(GHZ, problem, getattr(primitives, sampler)(**how), shots=200)
    assert found.p_optimal is not None
    assert (found.p_optimal.value == 1.0) == (sampler == "StatevectorSampler")


def test_an_account_needs_a_folder(service: FakeService, problem: EncodedProblem) -> None:
    with pytest.raises(InputError, match="--out FOLDER"):
        start(GHZ, problem, "fake_manila", RunOptions(service=service), RunFolder(None), {})


def test_a_killed_run_goes_on_by_its_job(
    service: FakeService, problem: EncodedProblem, tmp_path: Path
) -> None:
    folder, ending = tmp_path / "out", Interrupt()
    service.states = ["QUEUED", "RUNNING", "DONE"]

    def kill() -> None:
        raise KeyboardInterrupt

    service.after_submit = kill  # the service has the job, and we have not heard of its id
    with pytest.raises(KeyboardInterrupt):
        started(service, problem, folder, ending)
    kept = json.loads((folder / "job.json").read_text())
    assert (kept["state"], kept["job_id"]) == ("submitting", None)
    found = resumed(service, folder)
    assert found.job_id == "job-1"
    assert len(service.sent) == 1
    assert json.loads((folder / "report.json").read_text())["shots"] == 500


def test_a_run_left_in_the_queue_goes_on(
    service: FakeService, problem: EncodedProblem, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    service.states = [ConnectionError("no route")]
    with pytest.raises(InfrastructureError, match=f"quasar run --resume {folder}"):
        started(service, problem, folder)
    assert json.loads((folder / "job.json").read_text())["job_id"] == "job-1"
    service.kept["job-1"][1]._states = ["DONE"]
    assert resumed(service, folder).shots == 500
    assert len(service.sent) == 1


def test_a_failed_job_is_kept_and_submitted_again_when_asked(
    service: FakeService, problem: EncodedProblem, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    service.states, service.error = ["RUNNING", "ERROR"], "bad day for secret-token"
    with pytest.raises(InfrastructureError, match="bad day"):
        started(service, problem, folder)
    with pytest.raises(InputError, match=r"failed.*bad day.*--resubmit"):
        resumed(service, folder)
    service.states, service.error = ["DONE"], None
    assert resumed(service, folder, resubmit=True).job_id == "job-2"
    written = "".join(path.read_text("utf-8", "replace") for path in folder.glob("*.*"))
    assert "secret-token" not in written


def test_a_job_of_another_account_is_not_found(
    service: FakeService, problem: EncodedProblem, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    service.states = [ConnectionError("no route")]
    with pytest.raises(InfrastructureError):
        started(service, problem, folder)
    service.kept.clear()
    with pytest.raises(InputError, match="no job job-1"):
        resumed(service, folder)


def test_a_dynamic_circuit_and_a_large_one_are_refused(problem: EncodedProblem) -> None:
    head = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
    dynamic = f"{head}qubit[3] q;\nbit[3] c;\nc[0] = measure q[0];\nif (c[0]) x q[1];\n"
    with pytest.raises(CircuitError, match="while it runs"):
        run(dynamic, problem, "fake_manila")
    with pytest.raises(CircuitError, match="2 qubits, the problem has 3"):
        run(f"{head}qubit[2] q;\nh q[0];\n", problem, "fake_manila")
    ring = load_problem(nx.cycle_graph(6), problem_type="maxcut")
    with pytest.raises(InputError, match="has 5 qubits, and the circuit needs 6"):
        run(f"{head}qubit[6] q;\nh q[0];\n", ring, "fake_manila")


def test_bad_seeds_and_folders_are_said(problem: EncodedProblem, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="seed is at most"):
        run(GHZ, problem, "fake_manila", seed=10**23)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="out cannot be written"):
        run(GHZ, problem, "fake_manila", folder=tmp_path / "file" / "out", predict=False)


def test_a_folder_that_is_none_of_ours(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no job\.json"):
        resume(tmp_path)
    (tmp_path / "job.json").write_text("{")
    with pytest.raises(InputError, match="not as `quasar run` wrote it: it is not complete JSON"):
        resume(tmp_path)
    (tmp_path / "job.json").write_text('{"shots": "x"}')
    with pytest.raises(InputError, match=r"shots must be an integer, not 'x'.* Restore the file"):
        resume(tmp_path)
