"""The four stages: raw measurements, never a reward."""
