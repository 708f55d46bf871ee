"""The vocabulary: bit order, Hamiltonians, polynomials, seeds, errors, settings."""
