"""Graph problems to Hamiltonians and back: one file a problem type."""
