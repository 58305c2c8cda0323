"""Functions that build the requests of each resource; both forms of the client turn them into methods.

Their arguments and words are the documentation of those methods. None of them connects to anything.
"""
