"""The packaged model, measured; `__main__` says what the parts are and how to run them."""
