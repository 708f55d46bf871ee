"""Training of the networks that decide angles of QAOA."""
