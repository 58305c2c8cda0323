"""The rules of time: what counts as work, whose it is, and why.

Pure: no I/O, no clock, no threads, no logging, no async. Imports `errors` and value modules of the standard library.
"""
