"""Optimised circuits by the hundred thousand: recipes, parallel build, splits, storage, checks."""
