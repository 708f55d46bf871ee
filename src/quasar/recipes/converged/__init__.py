"""The recipe of converged circuits: the best of an ansatz, with predictable angles."""
