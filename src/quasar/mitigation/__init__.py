"""Error mitigation: better means from noisy counts."""
