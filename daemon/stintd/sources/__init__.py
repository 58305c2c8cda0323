"""What notices work: files, git, hooks, clocks, processes. Turns the outside world into signals; never imports store, sinks
or another adapter.
"""
