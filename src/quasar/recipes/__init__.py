"""Circuits that are answers of training data: made to be learnt from, by fixed recipes."""
