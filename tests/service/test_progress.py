"""The page that crew and worker share."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import pytest

from quasar.service.progress import SIZE, Progress, Standing, processor_s


@pytest.fixture
def sides() -> Iterator[tuple[Progress, Progress]]:
    """The crew's and the worker's side of one page."""
    with tempfile.TemporaryFile() as file:
        file.truncate(SIZE)
        yield Progress(file.fileno()), Progress(file.fileno())


def test_one_side_reads_what_the_other_wrote(sides: tuple[Progress, Progress]) -> None:
    crew, worker = sides
    crew.clear()
    assert crew.read() == Standing(None, None)
    worker.judging(12.5)
    assert crew.read() == Standing(12.5, None)
    worker.parsed(24)
    assert crew.read() == Standing(12.5, 24)
    crew.clear()
    assert worker.read() == Standing(None, None)


def test_a_circuit_without_qubits_has_parsed(sides: tuple[Progress, Progress]) -> None:
    crew, worker = sides
    crew.clear()
    worker.parsed(0)
    assert crew.read().n_qubits == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it of another process")
def test_processor_time_is_that_of_the_process_asked_for() -> None:
    assert processor_s(os.getpid()) == pytest.approx(time.process_time(), abs=0.05)
    with subprocess.Popen(["sleep", "30"]) as idle:
        assert processor_s(idle.pid) < 1.0
        idle.kill()
