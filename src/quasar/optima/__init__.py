"""How good a solution can be: optima and bounds, each with how it is known."""
