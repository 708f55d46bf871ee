"""Angles to better angles: budgets, traces, warm starts."""
