"""Quantum devices: gates, couplers, errors and times, and where these are known from."""
