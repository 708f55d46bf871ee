"""Progress by steps and by time, over resumptions."""

import pytest

from quasar.train.progress import TrainingProgress


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_by_steps():
    progress = TrainingProgress(10, None)
    progress.step = 4
    assert progress.fraction == pytest.approx(0.4)
    progress.step = 40
    assert progress.fraction == 1.0


def test_by_time_from_the_start_of_training():
    clock = Clock()
    progress = TrainingProgress(None, 2.0, clock=clock)
    clock.now += 1000  # loading does not count
    assert progress.fraction == 0.0
    progress.start()
    clock.now += 30
    assert progress.fraction == pytest.approx(0.25)


def test_whichever_ends_first_and_resumption():
    clock = Clock()
    progress = TrainingProgress(100, 2.0, clock=clock)
    progress.resume(10, 90.0)
    assert progress.fraction == pytest.approx(0.75)
    progress.start()
    clock.now += 60
    assert progress.seconds == pytest.approx(150)
    assert progress.fraction == 1.0


def test_a_training_needs_an_end():
    with pytest.raises(ValueError, match="end"):
        TrainingProgress(None, None)


def test_a_pause_does_not_count():
    clock = Clock()
    progress = TrainingProgress(None, 1.0, clock=clock)
    progress.start()
    clock.now += 10
    progress.pause()
    clock.now += 500
    progress.start()
    clock.now += 5
    assert progress.seconds == pytest.approx(15)
