"""Expectation values of many Pauli products by their causal cones, and their slopes.

Cones that are the same but for their angles are contracted together, with an axis for instances;
those that also have the same angles are contracted once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.core.errors import InputError
from quasar.core.observable import Pauli, show_pauli
from quasar.simulate.cones.causal import Causes, Cone, Key, on_wires
from quasar.simulate.cones.contraction import Contraction, Plan, WidthExceeded, plan
from quasar.simulate.cones.forms import Form
from quasar.simulate.cones.pieces import Pieces

ComplexArray = npt.NDArray[np.complex128]
FloatVector = npt.NDArray[np.float64]

MAX_WIDTH = 24
"""Default limit on the variables of one tensor: 2**24 amplitudes take 256 MiB."""
_AT_ONCE = 22  # log2 of the entries of the largest tensors of all instances together
_NARROW = 8  # plans up to here are cheaper than to look for better ones
_OPERATORS = {
    1: np.array([[0, 1], [1, 0]], dtype=np.complex128),
    2: np.array([[0, -1j], [1j, 0]], dtype=np.complex128),
    3: np.array([1, -1], dtype=np.complex128),
}


class TooWide(InputError):
    """A cone needs tensors of more variables than allowed."""


@dataclass(frozen=True, eq=False)
class _Class:
    """Cones with one key.

    Attributes:
        network: its tensors, planned.
        scales: of the factors that have an angle, shape [B, F]; distinct rows.
        terms: numbers of the products.
        row: instance of each of them.
        n_wires: of one cone.
    """

    network: _Network
    scales: FloatVector
    terms: npt.NDArray[np.intp]
    row: npt.NDArray[np.intp]
    n_wires: int


class ConeExpectations:
    """<P>(θ) of Pauli products under an ansatz, exactly, from their causal cones.

    Args:
        ansatz: n qubits, P parameters; any gates, slots on rotations.
        paulis: the products, each not empty.
        max_width: variables of the largest tensor allowed; time and memory grow as 2**width.

    Raises:
        TooWide: a product that needs more.
    """

    def __init__(
        self, ansatz: Ansatz, paulis: Sequence[Pauli], *, max_width: int = MAX_WIDTH
    ) -> None:
        self.ansatz = ansatz
        self.n_terms = len(paulis)
        self.evaluations = 0
        pieces = Pieces(ansatz)
        causes = Causes(pieces.listed)
        networks: dict[Key, _Network] = {}
        by_key: dict[Key, list[tuple[int, Cone]]] = {}
        for number, pauli in enumerate(paulis):
            cone = causes.cone(on_wires(pauli, pieces.wire))
            by_key.setdefault(cone.key, []).append((number, cone))
            if cone.key in networks:
                continue
            try:
                networks[cone.key] = _Network(cone.key, pieces.forms.listed, max_width)
            except WidthExceeded as wide:
                raise TooWide(
                    f"the causal cone of {show_pauli(pauli)} has {cone.n_wires} qubits and needs "
                    f"tensors of more than {max_width} binary variables. Use fewer layers, a "
                    "sparser problem, or an engine that samples (mps)."
                ) from wide
        self._classes = []
        for key, members in by_key.items():
            network = networks[key]
            numbers = np.array([number for number, _ in members])
            angled = network.angled
            listed = np.array([[cone.scales[f] for f in angled] for _, cone in members])
            scales, row = np.unique(
                listed.reshape(len(members), len(angled)), axis=0, return_inverse=True
            )
            n_wires = members[0][1].n_wires
            self._classes.append(_Class(network, scales, numbers, row.reshape(-1), n_wires))

    @property
    def n_classes(self) -> int:
        """How many cones are contracted: those that differ in pieces or angles."""
        return sum(len(found.scales) for found in self._classes)

    @property
    def width(self) -> int:
        """Variables of the largest tensor."""
        return max((found.network.plan.width for found in self._classes), default=0)

    @property
    def cost(self) -> float:
        """Multiplications of one evaluation."""
        return sum(found.network.plan.cost * len(found.scales) for found in self._classes)

    @property
    def largest_cone(self) -> int:
        """Qubits of the largest cone."""
        return max((found.n_wires for found in self._classes), default=0)

    def values(self, theta: npt.ArrayLike) -> FloatVector:
        """<P> of each product at θ (shape [P], radians), shape [terms]."""
        at = self._theta(theta)
        out = np.zeros(self.n_terms)
        for found, rows in self._parts():
            values = found.network.contract(found.scales[rows], at).value.real
            self._spread(found, rows, np.broadcast_to(values, (rows.size,)), out)
        return out

    def value_and_gradient(
        self, weights: FloatVector, theta: npt.ArrayLike
    ) -> tuple[float, FloatVector]:
        """Σ_i w_i <P_i> at θ and its gradient, shape [P]."""
        at = self._theta(theta)
        gradient = np.zeros(self.ansatz.n_parameters)
        total = 0.0
        for found, rows in self._parts():
            mass = np.bincount(found.row, weights[found.terms], len(found.scales))[rows].astype(
                float
            )
            scales = found.scales[rows]
            values, slopes = found.network.contract_with_slopes(scales, at, mass[rows])
            total += float(mass[rows] @ np.broadcast_to(values, rows.shape))
            gradient += slopes
        return total, gradient

    def _theta(self, theta: npt.ArrayLike) -> FloatVector:
        self.evaluations += 1
        at = np.asarray(theta, dtype=np.float64)
        if at.shape != (self.ansatz.n_parameters,):
            raise ValueError(f"expected {self.ansatz.n_parameters} angles, got shape {at.shape}")
        return at

    def _parts(self) -> Iterator[tuple[_Class, npt.NDArray[np.intp]]]:
        """Instances in groups that fit in memory together."""
        for found in self._classes:
            size = max(1, 1 << max(0, _AT_ONCE - found.network.plan.width))
            for first in range(0, len(found.scales), size):
                yield found, np.arange(first, min(first + size, len(found.scales)))

    @staticmethod
    def _spread(
        found: _Class, rows: npt.NDArray[np.intp], values: FloatVector, out: FloatVector
    ) -> None:
        here = (found.row >= rows[0]) & (found.row <= rows[-1])
        out[found.terms[here]] = values[found.row[here] - rows[0]]


class _Network:
    """The tensors of <0|U† P U|0> over values of each wire between the pieces that change it.

    Those of the ket come first, then those of the bra, then the product's.
    """

    def __init__(self, key: Key, forms: list[Form], max_width: int) -> None:
        self._forms = [forms[factor.form] for factor in key.factors]
        self._zeros = [factor.zeros for factor in key.factors]
        self.angled = [f for f, form in enumerate(self._forms) if form.has_angle]
        self._column = {f: i for i, f in enumerate(self.angled)}
        self._operators = [_OPERATORS[axis][None] for _, changed, axis in key.product if changed]
        # A wire of the product that nothing changes is |0>: <Z> is 1, those of X and Y are 0.
        self._zero = any(not changed and axis != 3 for _, changed, axis in key.product)
        tensors = _variables(key, self._forms)
        self.plan = _planned(tensors, max_width)

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
