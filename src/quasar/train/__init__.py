"""Training language models on verified circuits: supervised, then against the verifier."""
