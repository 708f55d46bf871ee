"""The tensor network of a causal cone: <0|U† P U|0> and its slopes by the angles."""

from __future__ import annotations

import contextlib

import numpy as np
import numpy.typing as npt

from quasar.simulate.cones.causal import Key
from quasar.simulate.cones.contraction import Contraction, Plan, WidthExceeded, plan
from quasar.simulate.cones.forms import Form

ComplexArray = npt.NDArray[np.complex128]
FloatVector = npt.NDArray[np.float64]

_NARROW = 8  # plans up to here are cheaper than to look for better ones
_OPERATORS = {
    1: np.array([[0, 1], [1, 0]], dtype=np.complex128),
    2: np.array([[0, -1j], [1j, 0]], dtype=np.complex128),
    3: np.array([1, -1], dtype=np.complex128),
}


class Network:
    """The tensors of <0|U† P U|0> over values of each wire between the pieces that change it.

    Those of the ket come first, then those of the bra, then the product's.

    Args:
        key: of the cone.
        forms: of the circuit.
        max_width: variables of the largest tensor allowed.
        made: its plan, if it has been made before.

    Raises:
        WidthExceeded: it needs wider tensors.
    """

    def __init__(
        self, key: Key, forms: list[Form], max_width: int, made: Plan | None = None
    ) -> None:
        self._forms = [forms[factor.form] for factor in key.factors]
        self._zeros = [factor.zeros for factor in key.factors]
        self.angled = [f for f, form in enumerate(self._forms) if form.has_angle]
        self._column = {f: i for i, f in enumerate(self.angled)}
        self._operators = [_OPERATORS[axis][None] for _, changed, axis in key.product if changed]
        # A wire of the product that nothing changes is |0>: <Z> is 1, those of X and Y are 0.
        self._zero = any(not changed and axis != 3 for _, changed, axis in key.product)
        self.plan = made or _planned(_variables(key, self._forms), max_width)

    def contract(
        self, scales: FloatVector, theta: FloatVector, *, keep: bool = False
    ) -> Contraction:
        """Carried out for instances with these scales (shape [B, F]) at θ."""
        ket = [self._tensor(f, scales, theta) for f in range(len(self._forms))]
        bra = [tensor.conj() for tensor in ket]
        zero = [np.zeros((1,), dtype=np.complex128)] if self._zero else []
        return Contraction(self.plan, [*ket, *bra, *self._operators, *zero], keep=keep)

    def contract_with_slopes(
        self, scales: FloatVector, theta: FloatVector, mass: FloatVector
    ) -> tuple[FloatVector, FloatVector]:
        """Values of the instances, shape [B], and Σ_b mass_b d(value_b)/dθ, shape [P]."""
        gradient = np.zeros(theta.size)
        free = [form.parameter is not None for form in self._forms]
        made = self.contract(scales, theta, keep=True)
        values = made.value.real
        if not any(free):
            return values, gradient
        wanted = [*free, *[False] * (self.plan.n_tensors - len(free))]
        for f, slope in made.slopes(wanted).items():
            form = self._forms[f]
            if form.parameter is None or f >= len(free):
                continue
            # The bra's slope is the conjugate of the ket's, and there are both.
            by_angle = self._tensor(f, scales, theta, slope=True)
            per_instance = (slope * by_angle).reshape(len(slope), -1).sum(axis=1).real
            scale = scales[:, self._column[f]]
            each = np.broadcast_to(per_instance, mass.shape)
            gradient[form.parameter] += float((mass * scale) @ each)
        return values, gradient

    def _tensor(
        self, f: int, scales: FloatVector, theta: FloatVector, *, slope: bool = False
    ) -> ComplexArray:
        """Factor f for each instance, or its derivative by the angle: shape [B, 2, ..., 2]."""
        form = self._forms[f]
        where = _at_zero(form, self._zeros[f])
        if form.cosine is None or form.sine is None:
            return np.asarray(form.fixed[where][None])
        scale = scales[:, self._column[f]]
        half = scale / 2 if form.parameter is None else scale * theta[form.parameter] / 2
        cosine, sine = form.cosine[where], form.sine[where]
        column = (slice(None), *(None,) * cosine.ndim)
        if slope:
            return np.asarray(np.cos(half)[column] * sine - np.sin(half)[column] * cosine)
        turned = np.cos(half)[column] * cosine + np.sin(half)[column] * sine
        return np.asarray(form.fixed[where] + turned)


def _planned(tensors: list[tuple[int, ...]], max_width: int) -> Plan:
    """The cheaper of two orders: greedy, or as a state vector would, which few wires need."""
    plans = []
    with contextlib.suppress(WidthExceeded):
        plans.append(plan(tensors, max_width))
    if not plans or plans[0].width > _NARROW:
        in_time = sorted({v for tensor in tensors for v in tensor})
        with contextlib.suppress(WidthExceeded):
            plans.append(plan(tensors, max_width, in_time))
    if not plans:
        raise WidthExceeded
    return min(plans, key=lambda made: (made.cost, made.width))


def _at_zero(form: Form, zeros: int) -> tuple[int | slice, ...]:
    """Index into a form's tensors where some wires are still |0> before it."""
    index: list[int | slice] = []
    for position, kept in enumerate(form.kept):
        before: int | slice = 0 if zeros >> position & 1 else slice(None)
        index += [before] if kept else [slice(None), before]
    return tuple(index)


def _variables(key: Key, forms: list[Form]) -> list[tuple[int, ...]]:
    """Variables of each tensor; in their order of time, those of the ket before the bra's."""
    last: dict[int, int] = {}
    for factor in key.factors:
        for wire, now in factor.variables:
            last[wire] = max(last.get(wire, 0), now)
    split = {wire for wire, changed, axis in key.product if axis != 3 and changed}
    spots = sorted({(now, wire) for wire, end in last.items() for now in range(1, end + 1)})
    ket = {(wire, now): i for i, (now, wire) in enumerate(spots)}
    bra = {
        (wire, now): i if last[wire] == now and wire not in split else i + len(spots)
        for (wire, now), i in ket.items()
    }
    sides = []
    for name in (ket, bra):
        for factor, form in zip(key.factors, forms, strict=True):
            tensor = []
            for position, (kept, (wire, now)) in enumerate(
                zip(form.kept, factor.variables, strict=True)
            ):
                if not kept:
                    tensor.append(name[wire, now])
                if not factor.zeros >> position & 1:
                    tensor.append(name[wire, now if kept else now - 1])
            sides.append(tuple(tensor))
    product: list[tuple[int, ...]] = []
    for wire, changed, axis in key.product:
        if changed:
            at = (wire, changed)
            product.append((ket[at],) if axis == 3 else (bra[at], ket[at]))
        elif axis != 3:
            product.append(())
    # Operators of changed wires come before the zero that stands for all others.
    listed = [p for p in product if p]
    return [*sides, *listed, *([()] if any(not p for p in product) else [])]
