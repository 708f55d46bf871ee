"""Text to circuit and back: OpenQASM 3, ansatz families, statistics."""
