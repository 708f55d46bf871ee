"""Who writes circuits, by name; apart, so that the command line knows them at once."""

DESIGNER = "designer"
"""The classical designer, which is not a language model."""
DEFAULT_MODEL = "nano"
"""What writes circuits where nothing else is said."""
