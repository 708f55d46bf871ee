"""The packaged model, measured; `benchmarks.nano` says what the parts are and how to run them."""
