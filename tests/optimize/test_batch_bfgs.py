"""Many minimisations at once: known minima, independence of the rows."""

import numpy as np

from quasar.optimize.batch_bfgs import minimise_batch


def rosenbrock(x, rows=None):
    a, b = x[:, 0], x[:, 1]
    value = (1 - a) ** 2 + 100 * (b - a * a) ** 2
    gradient = np.stack([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)], axis=1)
    return value, gradient


def test_finds_the_valley_of_rosenbrock():
    starts = np.random.default_rng(0).uniform(-2, 2, (40, 2))
    points, values = minimise_batch(rosenbrock, starts, max_evaluations=500)
    np.testing.assert_allclose(points, 1.0, atol=1e-4)
    assert values.max() < 1e-8


def test_rows_do_not_see_each_other():
    starts = np.random.default_rng(1).uniform(-2, 2, (10, 2))
    together, _ = minimise_batch(rosenbrock, starts)
    alone = np.concatenate([minimise_batch(rosenbrock, row[None])[0] for row in starts])
    np.testing.assert_array_equal(together, alone)


def test_a_limit_ends_every_row_with_its_best():
    starts = np.array([[-1.5, 2.0], [0.5, 0.5]])
    _, values = minimise_batch(rosenbrock, starts, max_evaluations=5)
    assert (values <= rosenbrock(starts)[0]).all()


def test_a_row_that_cannot_go_down_ends_after_a_few_shorter_and_shorter_steps():
    tried = []

    def energy(x, rows):
        tried.append(x[0, 0])
        return (x[:, 0] - 1) ** 2, -2 * (x - 1)  # the gradient points the wrong way

    points, values = minimise_batch(energy, np.zeros((1, 1)), max_evaluations=500)
    np.testing.assert_array_equal(points, 0.0)
    assert values[0] == 1.0
    assert 5 < len(tried) < 30
    ratios = np.array(tried[2:]) / np.array(tried[1:-1])
    assert (ratios > 0.0).all()
    assert (ratios < 0.6).all()


def test_a_stationary_start_stays():
    points, values = minimise_batch(rosenbrock, np.ones((1, 2)))
    np.testing.assert_array_equal(points, [[1.0, 1.0]])
    assert values[0] == 0.0


def test_rows_may_be_different_functions():
    targets = np.random.default_rng(2).normal(size=(6, 3))
    curvature = np.array([1.0, 30.0, 2.0, 0.1, 500.0, 1.0])

    def energy(x, rows):
        away = x - targets[rows]
        scale = curvature[rows, None]
        return 0.5 * (scale * away**2).sum(axis=1), scale * away

    points, values = minimise_batch(energy, np.zeros((6, 3)))
    np.testing.assert_allclose(points, targets, atol=1e-4)
    assert values.max() < 1e-6
