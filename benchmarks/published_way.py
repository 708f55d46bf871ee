"""One candidate the way the published verifier works: Qiskit and SciPy, nothing of this project.

Reads a task from standard input and prints what it measured, both JSON; `measure` does the same
inside a process. It is kinder than the published one in two places, so that the comparison is fair:
the energy is a dot product with the Hamiltonian's diagonal, where that one multiplies matrices, and
the diagonal is made by NumPy.

The steps: parse with the reference importer, `Statevector` of candidate and reference, relative
entropy, energy, and COBYLA of SciPy (80 iterations at most) over the candidate's angles, gates with
equal angles sharing one parameter.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

_TERM = re.compile(r"([-+0-9.eE]+) \* (\(?Z\(\d+\)(?: @ Z\(\d+\))*\)?)")


def measure(task: dict[str, Any]) -> dict[str, Any]:
    """Judge one candidate.

    Args:
        task: `qasm`, `reference` (QASM or null), `hamiltonian` (the records' notation),
            `n_qubits`, `max_iterations`.

    Returns:
        `energy`, `relative_entropy` (bits), `energy_optimised`, `evaluations`, `seconds` of each
        step, and `peak_mib`, the process's largest resident memory so far (None off Linux).
    """
    import numpy as np
    import qiskit_qasm3_import
    from qiskit.circuit import Parameter
    from qiskit.quantum_info import Statevector
    from scipy.optimize import minimize

    seconds: dict[str, float] = {}
    clock = time.perf_counter()

    def lap(step: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        seconds[step] = now - clock
        clock = now

    circuit = qiskit_qasm3_import.parse(task["qasm"]).remove_final_measurements(inplace=False)
    lap("parse")
    p = np.abs(Statevector(circuit).data) ** 2
    relative_entropy = None
    if task["reference"] is not None:
        reference = qiskit_qasm3_import.parse(task["reference"])
        q = np.abs(Statevector(reference.remove_final_measurements(inplace=False)).data) ** 2
        if q.size == p.size:
            seen = (p > 0) & (q > 0)
            relative_entropy = float((p[seen] * np.log2(p[seen] / q[seen])).sum())
    lap("distribution")
    n = task["n_qubits"]
    diagonal = np.zeros(1 << n)
    states = np.arange(1 << n)
    for coefficient, factors in _TERM.findall(task["hamiltonian"]):
        sign = np.ones(1 << n)
        for qubit in re.findall(r"Z\((\d+)\)", factors):
            sign *= 1 - 2 * ((states >> int(qubit)) & 1)
        diagonal += float(coefficient) * sign
    energy = float(p @ diagonal)
    lap("energy")

    free: dict[float, Parameter] = {}
    ansatz = circuit.copy_empty_like()
    for item in circuit.data:
        operation = item.operation
        if len(operation.params) == 1:
            angle = float(operation.params[0])
            parameter = free.setdefault(angle, Parameter(f"t{len(free)}"))
            operation = operation.base_class(parameter)
        ansatz.append(operation, item.qubits, item.clbits)
    evaluations = 0

    def objective(theta: Any) -> float:
        nonlocal evaluations
        evaluations += 1
        bound = ansatz.assign_parameters(dict(zip(free.values(), theta, strict=True)))
        return float(np.abs(Statevector(bound).data) ** 2 @ diagonal)

    lowest = energy
    if free:
        found = minimize(
            objective,
            list(free),
            method="COBYLA",
            options={"maxiter": task["max_iterations"], "tol": 1e-6},
        )
        lowest = min(energy, float(found.fun))
    lap("optimise")
    return {
        "energy": energy,
        "relative_entropy": relative_entropy,
        "energy_optimised": lowest,
        "evaluations": evaluations,
        "seconds": seconds,
        "peak_mib": _peak_mib(),
    }


def _peak_mib() -> float | None:
    # Not by getrusage: what the parent held before this program was loaded would count there.
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return None if found is None else int(found[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(measure(json.load(sys.stdin))))
