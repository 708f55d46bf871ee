"""Draws of algorithm, template and depth."""

from collections import Counter

import pytest

from quasar.circuits.sim19 import BENCHMARK_NUMBERS
from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.recipes.spec import ALGORITHM_COUNTS, ALGORITHMS, LAYER_COUNTS, CircuitSpec, sample_spec
from support.recorded_circuits import records


def draws(count=2000, **given):
    rng = generator(0, "choice")
    return [sample_spec(rng, **given) for _ in range(count)]


def test_shares():
    found = draws()
    for kind, share in Counter(choice.algorithm for choice in found).items():
        assert share / 2000 == pytest.approx(ALGORITHM_COUNTS[kind] / 123, abs=0.04)
    for algorithm in ALGORITHMS:
        depths = [choice.layers for choice in found if choice.algorithm == algorithm]
        counts = LAYER_COUNTS[algorithm]
        assert set(depths) == set(counts)
        share = depths.count(1) / len(depths)
        assert share == pytest.approx(counts[1] / sum(counts.values()), abs=0.05)
    templates = {choice.template for choice in found if choice.algorithm == "vqe"}
    assert templates == set(BENCHMARK_NUMBERS)
    assert {choice.template for choice in found if choice.algorithm != "vqe"} == {None}


def test_what_is_given_stays():
    assert {c.algorithm for c in draws(200, layers=7)} == {"qaoa", "vqe"}
    assert {c.layers for c in draws(50, layers=7)} == {7}
    assert {c[:1] for c in draws(50, algorithm="adaptive_vqe")} == {("adaptive_vqe",)}
    assert {c.template for c in draws(50, template=19)} == {19}
    assert draws(1, algorithm="vqe", layers=2, template=3) == [CircuitSpec("vqe", 2, 3)]


def test_same_seed_same_draw():
    assert draws(20) == draws(20)


def test_bad_choices():
    for given in ({"template": 20}, {"template": 0}, {"layers": 0}):
        with pytest.raises(InputError):
            draws(1, **given)
    with pytest.raises(InputError, match="takes no template"):
        draws(1, algorithm="qaoa", template=3)


def test_counts_are_those_of_the_records():
    for algorithm in ALGORITHMS:
        found = records(algorithm)
        assert len(found) == ALGORITHM_COUNTS[algorithm]
        assert Counter(r["number_of_layers"] for r in found) == LAYER_COUNTS[algorithm]
