"""Arguments of `generate` that are refused before any work: of a wrong kind, or without effect."""

from __future__ import annotations

from collections.abc import Mapping

from quasar.core.errors import InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS, require_exact
from quasar.core.interrupt import Interrupt
from quasar.core.settings import need_whole, wrong
from quasar.models.protocol import Sampling
from quasar.simulate.engine import EngineSource


def need_kinds(model_options: object, progress: object, interrupt: object) -> None:
    """Refuse arguments of another kind than `generate` takes.

    Raises:
        InputError: the message names the argument.
    """
    if model_options is not None and not isinstance(model_options, Mapping):
        raise wrong("model_options", "a dict such as {'dtype': 'bfloat16'}", model_options)
    if progress is not None and not callable(progress):
        raise wrong("progress", "a function that takes a candidate", progress)
    if interrupt is not None and not isinstance(interrupt, Interrupt):
        raise wrong("interrupt", "a quasar.core.interrupt.Interrupt", interrupt)


def refuse_beyond(
    n_qubits: int, drawing: Sampling | None, engine: EngineSource | None, **given: object
) -> None:
    """Refuse what is for language models, where the designer writes in any case.

    Raises:
        ProblemError: an engine, of which none is for so many qubits.
        InputError: something else is given that would have no effect.
    """
    if engine is not None:
        require_exact(n_qubits)
    if drawing is not None and drawing != Sampling(seed=drawing.seed):
        given["sampling"] = drawing
    free = {name for name, value in given.items() if value not in (None, {})}
    free -= {name for name in free if name != "guided" and given[name] is False}
    idle = min(free, default=None)
    if idle is not None:
        raise InputError(
            f"{idle} has no effect on {n_qubits} qubits: beyond {MAX_EXACT_QUBITS} the designer "
            "writes QAOA, and it is for language models. Leave it out."
        )


def need_numbers(samples: int | None, first_sample: int) -> None:
    """Refuse numbers of attempts that make no sense.

    Raises:
        InputError: the message names the argument.
    """
    if samples is not None:
        need_whole(samples, "samples", 1)
    need_whole(first_sample, "first_sample", 0)
