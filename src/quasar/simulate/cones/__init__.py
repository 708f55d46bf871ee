"""Exact expectation values of circuits with hundreds of qubits, from causal cones."""
