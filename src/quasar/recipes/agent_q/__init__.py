"""The recipe of the published benchmark's records, matched step by step."""
