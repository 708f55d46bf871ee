"""Circuit to report: staged measurements, and the reward computed from them."""
