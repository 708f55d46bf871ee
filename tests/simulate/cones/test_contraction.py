"""Plans of contraction against einsum, and their slopes against differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.simulate.cones.contraction import Contraction, WidthExceeded, plan

networks = st.lists(
    st.lists(st.integers(0, 6), unique=True, max_size=4).map(tuple), min_size=1, max_size=7
)


def numbers(network, rng, instances=1):
    return [
        rng.normal(size=(instances, *(2,) * len(t))) + 1j * rng.normal(size=(1, *(2,) * len(t)))
        for t in network
    ]


def by_einsum(network, tensors, instance=0):
    parts = []
    for variables, tensor in zip(network, tensors, strict=True):
        parts += [tensor[instance if len(tensor) > 1 else 0], list(variables)]
    return complex(np.einsum(*parts, []))


@settings(max_examples=80, deadline=None)
@given(networks, st.integers(0, 2**32 - 1))
def test_sums_are_those_of_einsum_in_any_order(network, seed):
    rng = np.random.default_rng(seed)
    tensors = numbers(network, rng)
    expected = by_einsum(network, tensors)
    for order in (None, rng.permutation(7).tolist()):
        made = plan(network, 20, order)
        assert Contraction(made, tensors).value[0] == pytest.approx(expected)
        assert made.width >= max(map(len, network))


@settings(max_examples=40, deadline=None)
@given(networks, st.integers(0, 2**32 - 1))
def test_slopes_are_the_rest_of_the_product(network, seed):
    """The value is linear in each tensor: with another in its place it is <slope, other>."""
    rng = np.random.default_rng(seed)
    tensors = numbers(network, rng)
    slopes = Contraction(plan(network, 20), tensors, keep=True).slopes([True] * len(network))
    for number in range(len(network)):
        other = numbers(network, rng)[number]
        replaced = [*tensors[:number], other, *tensors[number + 1 :]]
        assert (slopes[number] * other).sum() == pytest.approx(by_einsum(network, replaced))


def test_instances_share_a_plan():
    rng = np.random.default_rng(3)
    network = [(0, 1), (1, 2), (0, 2), (2,)]
    tensors = numbers(network, rng, instances=5)
    tensors[1] = tensors[1][:1]  # shared by all
    made = Contraction(plan(network, 20), tensors, keep=True)
    assert made.value == pytest.approx([by_einsum(network, tensors, i) for i in range(5)])
    slopes = made.slopes([False, True, False, True])
    assert set(slopes) == {1, 3}
    assert slopes[1].shape == (1, 2, 2)  # summed over the instances
    assert slopes[3].shape == (5, 2)
    assert (slopes[1] * tensors[1]).sum() == pytest.approx(made.value.sum())


def test_a_limit_of_width():
    network = [(a, b) for a in range(6) for b in range(a)]
    with pytest.raises(WidthExceeded):
        plan(network, 3)
    assert plan(network, 5).width == 5


def test_freed_tensors_are_not_used_again():
    tensors = numbers([(0,), (0,)], np.random.default_rng(0))
    with pytest.raises(ValueError, match="keep=True"):
        Contraction(plan([(0,), (0,)], 5), tensors).slopes([True, True])
