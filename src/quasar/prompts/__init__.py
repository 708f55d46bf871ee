"""Problem to chat text, and answers back to OpenQASM."""
