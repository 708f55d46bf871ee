"""Tasks of QCircuitBench (arXiv 2410.07961) read from a user's copy of the data set."""
