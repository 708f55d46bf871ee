"""Sums over all values of binary variables of a product of small tensors, and their slopes.

The tensors share variables, and a variable may stand in many of them (a diagonal gate has one
for before and after). A plan is a list of products of two tensors, each summed over the variables
that nothing else needs; which variable goes next is decided greedily by the size that is left. The
largest number of variables of one tensor is the plan's width: time and memory grow as 2**width.
Leading axes of tensors are instances that share the plan.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ComplexArray = npt.NDArray[np.complex128]

_BLAS_FROM = 64  # multiplications of one matrix product, from which on BLAS is worth its call


@dataclass(frozen=True)
class _Product:
    """Tensor `left` times tensor `right`.

    As matrices: axes [shared kept, left alone, summed] times [shared kept, summed, right alone].
    """

    left: int
    right: int
    left_axes: tuple[int, ...]
    right_axes: tuple[int, ...]
    n_both: int
    n_left: int
    n_right: int
    n_summed: int


@dataclass(frozen=True)
class _Sum:
    """Tensor `source` summed over its last `n_summed` axes after a transposition."""

    source: int
    axes: tuple[int, ...]
    n_summed: int


Step = _Product | _Sum


@dataclass(frozen=True)
class Plan:
    """How to multiply out tensors; step i makes tensor number `n_tensors + i`.

    Attributes:
        n_tensors: that are given.
        steps: in order; the last tensor is the number sought.
        width: variables of the largest tensor.
        cost: multiplications of one instance.
    """

    n_tensors: int
    steps: tuple[Step, ...]
    width: int
    cost: float


class WidthExceeded(ValueError):
    """A plan would need tensors of more variables than allowed."""


def plan(
    tensors: Sequence[tuple[int, ...]], max_width: int, order: Sequence[int] | None = None
) -> Plan:
    """Plan the product of tensors with these variables.

    Args:
        max_width: variables of the largest tensor allowed.
        order: in which the variables are summed; None: greedily.

    Raises:
        WidthExceeded: found as soon as a step would need more; another order may need less.
    """
    return _Planner(tensors, max_width).plan(order)


class _Planner:
    def __init__(self, tensors: Sequence[tuple[int, ...]], max_width: int) -> None:
        self.max_width = max_width
        self.variables = dict(enumerate(tensors))
        self.n_tensors = len(tensors)
        self.count = Counter(v for tensor in tensors for v in tensor)
        self.inside: dict[int, set[int]] = {}
        for number, tensor in self.variables.items():
            for v in tensor:
                self.inside.setdefault(v, set()).add(number)
        self.steps: list[Step] = []
        self.width = max(map(len, tensors), default=0)
        self.cost = 0.0

    def plan(self, order: Sequence[int] | None) -> Plan:
        for v in self._greedy() if order is None else order:
            if v in self.inside:
                self._eliminate(v)
        scalars = sorted(self.variables)
        while len(scalars) > 1:
            first, second, *rest = scalars
            scalars = [*rest, self._multiply(first, second)]
        return Plan(self.n_tensors, tuple(self.steps), self.width, self.cost)

    def _greedy(self) -> Iterator[int]:
        """Yields variables while they are eliminated: the one that leaves the smallest tensor."""
        waiting = [(self._left_by(v), v) for v in self.inside]
        heapq.heapify(waiting)
        while waiting:
            size, v = heapq.heappop(waiting)
            if v not in self.inside:
                continue
            now = self._left_by(v)
            if waiting and now > waiting[0][0] and now > size:
                heapq.heappush(waiting, (now, v))
                continue
            if now > self.max_width:
                raise WidthExceeded
            near = {w for number in self.inside[v] for w in self.variables[number]}
            yield v
            for w in near:
                if w in self.inside:
                    heapq.heappush(waiting, (self._left_by(w), w))

    def _left_by(self, v: int) -> int:
        return len({w for number in self.inside[v] for w in self.variables[number]}) - 1

    def _eliminate(self, v: int) -> None:
        while len(self.inside.get(v, ())) > 1:
            first, second = sorted(
                self.inside[v], key=lambda number: (len(self.variables[number]), number)
            )[:2]
            self._multiply(first, second)
        if v in self.inside:
            (number,) = self.inside[v]
            self._reduce(number)

    def _reduce(self, number: int) -> int:
        """Sum a tensor over the variables that stand in it alone."""
        tensor = self.variables[number]
        alone = [v for v in tensor if len(self.inside[v]) == 1]
        if not alone:
            return number
        kept = [v for v in tensor if v not in alone]
        self._forget(number)
        axes = tuple(tensor.index(v) for v in (*kept, *alone))
        self.steps.append(_Sum(number, axes, len(alone)))
        self.cost += 2.0 ** len(tensor)
        return self._new(tuple(kept))

    def _multiply(self, left: int, right: int) -> int:
        left, right = self._reduce(left), self._reduce(right)
        a, b = self.variables[left], self.variables[right]
        shared = [v for v in a if v in b]
        summed = [v for v in shared if len(self.inside[v]) == 2]
        both = [v for v in shared if v not in summed]
        only_a = [v for v in a if v not in b]
        only_b = [v for v in b if v not in a]
        self._forget(left)
        self._forget(right)
        self.steps.append(
            _Product(
                left,
                right,
                tuple(a.index(v) for v in (*both, *only_a, *summed)),
                tuple(b.index(v) for v in (*both, *summed, *only_b)),
                len(both),
                len(only_a),
                len(only_b),
                len(summed),
            )
        )
        self.cost += 2.0 ** (len(a) + len(only_b))
        return self._new((*both, *only_a, *only_b))

    def _forget(self, number: int) -> None:
        for v in self.variables.pop(number):
            self.inside[v].discard(number)
            if not self.inside[v]:
                del self.inside[v]

    def _new(self, variables: tuple[int, ...]) -> int:
        number = self.n_tensors + len(self.steps) - 1
        self.variables[number] = variables
        for v in variables:
            self.inside.setdefault(v, set()).add(number)
        self.width = max(self.width, len(variables))
        if self.width > self.max_width:
            raise WidthExceeded
        return number


class Contraction:
    """A plan carried out on numbers.

    Args:
        plan: of the tensors.
        tensors: each of shape [B, 2, ..., 2], B instances, or [1, 2, ..., 2] where all share it.
        keep: whether slopes are asked for later; without, tensors are freed on the way.
    """

    def __init__(self, plan: Plan, tensors: Sequence[ComplexArray], *, keep: bool = False) -> None:
        self._plan = plan
        self._made: list[ComplexArray | None] = list(tensors)
        for step in plan.steps:
            self._made.append(self._forward(step))
            if not keep:
                for used in _used(step):
                    self._made[used] = None

    @property
    def value(self) -> ComplexArray:
        """The sum for each instance, shape [B] or [1]; the empty product is 1."""
        if not self._made:
            return np.ones(1, dtype=np.complex128)
        return self._at(len(self._made) - 1).reshape(-1)

    def _at(self, number: int) -> ComplexArray:
        made = self._made[number]
        if made is None:
            raise ValueError("the tensor was freed: ask for slopes with keep=True")
        return made

    def _forward(self, step: Step) -> ComplexArray:
        if isinstance(step, _Sum):
            source = self._at(step.source)
            first = source.ndim - step.n_summed
            moved = source.transpose(0, *(axis + 1 for axis in step.axes))
            return np.asarray(moved.sum(axis=tuple(range(first, source.ndim))))
        left, right = self._matrices(step)
        out = _matmul(left, right)
        n = step.n_both + step.n_left + step.n_right
        return out.reshape(len(out), *(2,) * n)

    def _matrices(self, step: _Product) -> tuple[ComplexArray, ComplexArray]:
        left, right = self._at(step.left), self._at(step.right)
        both, summed = 1 << step.n_both, 1 << step.n_summed
        left = left.transpose(0, *(axis + 1 for axis in step.left_axes))
        right = right.transpose(0, *(axis + 1 for axis in step.right_axes))
        return (
            left.reshape(len(left), both, 1 << step.n_left, summed),
            right.reshape(len(right), both, summed, 1 << step.n_right),
        )

    def slopes(self, wanted: Sequence[bool]) -> dict[int, ComplexArray]:
        """d(value)/d(tensor) of the given tensors that are wanted, in their shapes.

        Where a tensor is shared by all instances, its slope is the sum over them.
        """
        needed = list(wanted)
        for step in self._plan.steps:
            needed.append(any(needed[used] for used in _used(step)))
        slope: dict[int, ComplexArray] = {}
        last = len(self._made) - 1
        if self._made and needed[last]:
            slope[last] = np.ones_like(self._at(last))
        for i in range(len(self._plan.steps) - 1, -1, -1):
            step = self._plan.steps[i]
            number = self._plan.n_tensors + i
            if number in slope:
                self._backward(step, slope.pop(number), needed, slope)
        return slope

    def _backward(
        self, step: Step, above: ComplexArray, needed: list[bool], slope: dict[int, ComplexArray]
    ) -> None:
        if isinstance(step, _Sum):
            if needed[step.source]:
                source = self._at(step.source)
                spread = np.broadcast_to(
                    above.reshape(*above.shape, *(1,) * step.n_summed),
                    (len(above), *(2,) * (source.ndim - 1)),
                )
                slope[step.source] = _back(spread, step.axes)
            return
        left, right = self._matrices(step)
        above = above.reshape(len(above), 1 << step.n_both, left.shape[2], right.shape[3])
        sides: list[tuple[int, tuple[int, ...], ComplexArray, ComplexArray]] = [
            (step.left, step.left_axes, above, right.swapaxes(2, 3)),
            (step.right, step.right_axes, left.swapaxes(2, 3), above),
        ]
        for number, axes, first, second in sides:
            if needed[number]:
                out = _matmul(first, second)
                if len(out) > len(self._at(number)):
                    out = out.sum(axis=0, keepdims=True)
                slope[number] = _back(out.reshape(len(out), *(2,) * len(axes)), axes)


def _used(step: Step) -> tuple[int, ...]:
    return (step.source,) if isinstance(step, _Sum) else (step.left, step.right)


def _back(tensor: ComplexArray, axes: tuple[int, ...]) -> ComplexArray:
    """Undo a transposition by `axes` behind the axis of the instances."""
    return tensor.transpose(0, *(axes.index(i) + 1 for i in range(len(axes))))


def _matmul(left: ComplexArray, right: ComplexArray) -> ComplexArray:
    """[B, K, L, S] times [B, K, S, R]: BLAS where the matrices are large enough for its calls."""
    rows, summed, columns = left.shape[2], left.shape[3], right.shape[3]
    if summed == 1:
        return left * right
    if rows * summed * columns >= _BLAS_FROM:
        return left @ right
    out = left[..., :, 0, None] * right[..., 0, None, :]
    for s in range(1, summed):
        out += left[..., :, s, None] * right[..., s, None, :]
    return out
