"""Programs under noise: channels after gates, idle qubits, readout errors."""
