"""Target tasks: what a circuit is to do, stated in words, with a grader and known constructions."""
