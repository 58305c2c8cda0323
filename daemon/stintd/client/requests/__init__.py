"""Functions that build the requests of each resource; both clients turn them into methods.

Their arguments and docstrings document those methods. None of the functions connects to anything.
"""
