"""Verified quantum program synthesis: graph problems in, measured OpenQASM 3 circuits out.

`load_problem` reads a problem, `verify` judges a circuit for it, `generate` has circuits written
and judged, `evaluate` judges many. Energies are those of the problem's Hamiltonian, without unit;
angles are in radians; names that end in `_s` are seconds. Every error on purpose is a `QuasarError`
of `quasar.core.errors`, whose message says what to do.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from quasar.core.version import __version__

if TYPE_CHECKING:
    from quasar.agent.candidate import Candidate
    from quasar.agent.generate import Generation, generate
    from quasar.agent.refine import RefineSettings
    from quasar.agent.task_generation import TaskGeneration, generate_task
    from quasar.compile.compile import compile_circuit
    from quasar.compile.result import CompiledCircuit
    from quasar.devices.device import Device
    from quasar.devices.load import device, list_devices
    from quasar.evaluation.evaluate import evaluate
    from quasar.hardware.result import HardwareReport
    from quasar.hardware.run import resume, run
    from quasar.models.protocol import Sampling
    from quasar.optima.result import BoundedOptimum
    from quasar.optima.solve import optimum
    from quasar.problems.base import EncodedProblem, Problem
    from quasar.problems.load import load_problem
    from quasar.prompts.chat import Request
    from quasar.report.store import load_generation, load_report
    from quasar.tasks.registry import read_task
    from quasar.tasks.task import TargetTask
    from quasar.verifier.api import verify
    from quasar.verifier.pipeline import Verifier
    from quasar.verifier.report import Report
    from quasar.verifier.settings import VerifierSettings
    from quasar.verifier.task_report import TaskReport

# Work is spread over circuits, one process a core; threads inside a small simulation only wait for
# each other. qulacs reads this when it is loaded.
os.environ.setdefault("QULACS_NUM_THREADS", "1")

_HOMES = {
    "EncodedProblem": "quasar.problems.base",
    "Problem": "quasar.problems.base",
    "load_problem": "quasar.problems.load",
    "optimum": "quasar.optima.solve",
    "BoundedOptimum": "quasar.optima.result",
    "device": "quasar.devices.load",
    "list_devices": "quasar.devices.load",
    "Device": "quasar.devices.device",
    "compile_circuit": "quasar.compile.compile",
    "CompiledCircuit": "quasar.compile.result",
    "verify": "quasar.verifier.api",
    "Verifier": "quasar.verifier.pipeline",
    "VerifierSettings": "quasar.verifier.settings",
    "Report": "quasar.verifier.report",
    "evaluate": "quasar.evaluation.evaluate",
    "generate": "quasar.agent.generate",
    "read_task": "quasar.tasks.registry",
    "generate_task": "quasar.agent.task_generation",
    "TargetTask": "quasar.tasks.task",
    "TaskReport": "quasar.verifier.task_report",
    "TaskGeneration": "quasar.agent.task_generation",
    "Generation": "quasar.agent.generate",
    "Candidate": "quasar.agent.candidate",
    "RefineSettings": "quasar.agent.refine",
    "Sampling": "quasar.models.protocol",
    "Request": "quasar.prompts.chat",
    "run": "quasar.hardware.run",
    "resume": "quasar.hardware.run",
    "HardwareReport": "quasar.hardware.result",
    "load_generation": "quasar.report.store",
    "load_report": "quasar.report.store",
}

__all__ = [  # noqa: RUF022 - in the order a user meets them
    "load_problem",
    "optimum",
    "device",
    "list_devices",
    "compile_circuit",
    "verify",
    "evaluate",
    "generate",
    "read_task",
    "generate_task",
    "run",
    "resume",
    "load_generation",
    "load_report",
    "Problem",
    "EncodedProblem",
    "BoundedOptimum",
    "Device",
    "CompiledCircuit",
    "Verifier",
    "VerifierSettings",
    "Report",
    "TargetTask",
    "TaskReport",
    "TaskGeneration",
    "HardwareReport",
    "Generation",
    "Candidate",
    "Request",
    "Sampling",
    "RefineSettings",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Import on first use, so that `import quasar` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'quasar' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
