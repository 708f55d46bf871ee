"""Known circuits: lists of gates on numbered qubits, without ancillas unless they say so."""
