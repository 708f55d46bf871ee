"""The loop around a model: propose, verify, rank, return."""
