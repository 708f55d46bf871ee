"""Supervised fine-tuning on examples that are made while the model learns."""
