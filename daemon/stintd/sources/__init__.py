"""Notices work in files, git, hooks, clocks and processes, and turns it into signals. Never imports store, sinks or another
adapter.
"""
