"""Mutation testing: how many small faults put into the source do the tests notice?"""
