"""Readers and writers of other people's problem files and library objects."""
