"""Circuits to amplitudes, energies and gradients: one protocol, one file an engine."""
