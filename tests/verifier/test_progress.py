"""The page that caller and workers share."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

import pytest

from quasar.verifier.sandbox.progress import (
    NOT_STARTED,
    Phase,
    ProgressPage,
    WorkerProgress,
    processor_s,
)


def test_one_side_reads_what_the_other_wrote() -> None:
    with tempfile.TemporaryFile() as file:
        file.truncate(ProgressPage.size(3))
        caller, worker = ProgressPage(file.fileno()), ProgressPage(file.fileno())
        caller.write(1, NOT_STARTED)
        noted = WorkerProgress(1 << 40, Phase.JUDGING, 24, 12.5, time.monotonic(), 60.0)
        worker.write(1, noted)
        assert caller.read(1) == noted
        worker.write_qubits(1, 3)
        assert caller.read(1) == noted._replace(n_qubits=3)
        caller.write(1, NOT_STARTED)
        assert worker.read(1) == NOT_STARTED
        caller.close()
        worker.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it of another process")
def test_processor_time_is_that_of_the_process_asked_for() -> None:
    assert processor_s(os.getpid()) == pytest.approx(time.process_time(), abs=0.05)
    with subprocess.Popen(["sleep", "30"]) as idle:
        assert processor_s(idle.pid) < 1.0
        idle.kill()
    assert processor_s(idle.pid) is None
