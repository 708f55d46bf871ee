"""Stage 2: how alike are the distributions of candidate and reference?"""

from __future__ import annotations

import math

import numpy as np

from quasar.core.documented import Documented
from quasar.simulate.engine import FloatVector
from quasar.simulate.small_state import LikenessReader, divergences
from quasar.verifier.context import Context
from quasar.verifier.stages.stage import Need, Skipped

_LN_2 = math.log(2)


class Behaviour(Documented):
    """Raw result of stage 2; p is the candidate's distribution, q the reference's."""

    score: float
    """s2 = 1 - sqrt(JS(p‖q) / ln 2), in [0, 1]; halved when the numbers of qubits differ."""
    js_divergence: float
    """Jensen-Shannon divergence in nats, on the first min(n) qubits."""
    relative_entropy: float | None
    """KL(p‖q) in bits; None when the numbers of qubits differ; inf becomes None with a note."""
    compared_qubits: int
    """Qubits on which p and q were compared."""


class BehaviourStage:
    """Needs the probabilities of all answers, of the candidate and of the reference."""

    name = "behaviour"
    needs: frozenset[Need] = frozenset({"reference"})

    def measure(self, context: Context) -> Behaviour | Skipped:
        """See `compare`."""
        reference = context.facts.reference
        if reference is None:
            return Skipped("no reference circuit")
        found = compare(context.distribution, reference, context.facts.likeness_reader)
        if found.relative_entropy is None and context.distribution.size == reference.size:
            context.skipped["relative_entropy"] = "infinite: q vanishes where p does not"
        return found


def compare(p: FloatVector, q: FloatVector, reader: LikenessReader | None = None) -> Behaviour:
    """Compare two distributions over basis states, shapes [2**n] and [2**m].

    Where n and m differ, the first min(n, m) qubits are compared (SPEC: mismatch).

    Args:
        reader: of q.
    """
    same = p.size == q.size
    size = min(p.size, q.size)
    if same:
        a, b = p, q
    else:
        a, b = _first_qubits(p, size), _first_qubits(q, size)
        reader = None
    divergence, relative = (reader or LikenessReader(b)).read(a)
    js = min(max(divergence, 0.0), _LN_2)
    entropy = max(relative / _LN_2, 0.0) if same else None
    score = 1.0 - math.sqrt(js / _LN_2)
    return Behaviour.whole(
        {
            "score": score if same else score / 2,
            "js_divergence": js,
            "relative_entropy": entropy if entropy is None or math.isfinite(entropy) else None,
            "compared_qubits": size.bit_length() - 1,
        }
    )


def _first_qubits(p: FloatVector, size: int) -> FloatVector:
    """Marginal on the least significant log2(size) qubits."""
    if p.size == size:
        return p
    return np.asarray(p.reshape(-1, size).sum(axis=0))


def relative_entropy(p: FloatVector, q: FloatVector) -> float:
    """KL(p‖q) in bits over p > 0; inf where q vanishes and p does not. Shapes [D]."""
    return max(divergences(p, q)[1] / _LN_2, 0.0)


def jensen_shannon(p: FloatVector, q: FloatVector) -> float:
    """Jensen-Shannon divergence in nats, clipped to [0, ln 2] against rounding. Shapes [D]."""
    return min(max(divergences(p, q)[0], 0.0), _LN_2)
