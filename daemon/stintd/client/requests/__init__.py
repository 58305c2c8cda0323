"""The requests of each resource, as functions that build them: both forms of the client make methods of these.

Their arguments and words are the documentation of those methods. None of them connects to anything.
"""
