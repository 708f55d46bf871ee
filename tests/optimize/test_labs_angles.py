"""Fixed angles for low-autocorrelation sequences: what they reach, and where they apply."""

from __future__ import annotations

import pytest

import quasar
from quasar.circuits.qaoa import qaoa
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.labs_angles import labs_angles
from quasar.optimize.qaoa_options import QaoaOptions, optimise_exactly
from quasar.optimize.trace import Budget, Trace
from quasar.problems.base import encode
from quasar.problems.labs import LowAutocorrelation
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import probabilities

PUBLISHED = {12: 0.1736, 15: 0.0646, 18: 0.0388, 20: 0.0068}  # arXiv 2308.02342, fixed, p = 12


def labs(length: int) -> IsingHamiltonian:
    return encode(LowAutocorrelation(length)).hamiltonian


@pytest.mark.parametrize(
    "length",
    [12, 15, pytest.param(18, marks=pytest.mark.slow), pytest.param(20, marks=pytest.mark.slow)],
)
def test_they_reach_the_published_probabilities(length: int) -> None:
    h = labs(length)
    energy = energy_of(qaoa(h, 12), h)
    p = probabilities(energy.state(labs_angles(h, 12)))
    diagonal = h.diagonal
    assert p[diagonal == diagonal.min()].sum() >= PUBLISHED[length]


def test_the_designer_takes_them_as_they_are() -> None:
    settings = {"start": "fixed", "layers": 12, "algorithm": "qaoa"}
    found = quasar.generate(LowAutocorrelation(10), "designer", settings=settings)
    assert found.best.design is not None
    assert len(found.best.design.trace.energies) == 1
    assert found.best.report.p_optimal > 0.2


def test_the_scale_and_a_constant_make_no_difference() -> None:
    h = labs(9)
    scaled = IsingHamiltonian(9, {t: 1e-3 * c for t, c in h.terms.items()}, 5.0)
    energies = []
    for made in (h, scaled):
        _, found = optimise_exactly(made, 4, QaoaOptions(start="fixed"), Budget(50), Trace())
        energies.append(found.energy)
    assert energies[0] < 0
    assert energies[1] == pytest.approx(1e-3 * energies[0])


@pytest.mark.parametrize(
    ("hamiltonian", "layers", "words"),
    [
        (IsingHamiltonian(3, {(0, 1): 1.0}), 2, "labs"),
        (encode(LowAutocorrelation(5, [1, 2, 1, 1])).hamiltonian, 2, "equal weights"),
        (labs(6), 13, "1 to 12 layers, not 13"),
    ],
)
def test_elsewhere_they_are_refused(hamiltonian: IsingHamiltonian, layers: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        labs_angles(hamiltonian, layers)


def test_other_options_beside_them_are_refused() -> None:
    options = QaoaOptions(start="fixed", cvar=0.5)
    with pytest.raises(InputError, match="leave these out"):
        optimise_exactly(labs(5), 2, options, Budget(50), Trace())
