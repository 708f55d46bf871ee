"""Running on a device: submit, wait, resume, decode, and compare with what was predicted."""
