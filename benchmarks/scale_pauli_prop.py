"""The other side of `benchmarks.scale`: pauli-prop, in an environment of its own.

Reads a problem as JSON from standard input and writes the means of its terms. It uses nothing of
this project: `pip install pauli-prop` in a fresh environment is enough.
"""

from __future__ import annotations

import json
import sys
import time

from pauli_prop import propagate_through_circuit  # type: ignore[import-not-found]
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

MAX_TERMS = 50_000
CUTOFF = 1e-7


def main() -> None:
    asked = json.load(sys.stdin)
    n, theta = asked["n"], asked["theta"]
    layers = len(theta) // 2
    circuit = QuantumCircuit(n)
    circuit.h(range(n))
    for gamma, beta in zip(theta[:layers], theta[layers:], strict=True):
        for qubits, c in asked["couplings"]:
            if len(qubits) == 1:
                circuit.rz(2.0 * gamma * c, qubits[0])
            else:
                circuit.rzz(2.0 * gamma * c, *qubits)
        circuit.rx(2.0 * beta, range(n))
    start, values = time.process_time(), []
    for qubits in asked["terms"]:
        operator = SparsePauliOp.from_sparse_list([("Z" * len(qubits), qubits, 1.0)], n)
        moved, _ = propagate_through_circuit(
            operator, circuit, max_terms=MAX_TERMS, atol=CUTOFF, frame="h"
        )
        # On |0...0> a product has mean 1 where it has no X or Y.
        plain = ~moved.paulis.x.any(axis=1)
        values.append(float(moved.coeffs[plain].real.sum()))
        elapsed = time.process_time() - start
        if elapsed > asked["limit"]:
            break
    print(json.dumps({"values": values, "seconds": elapsed / len(values)}))


if __name__ == "__main__":
    main()
