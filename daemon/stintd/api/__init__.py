"""The HTTP surface: one guard, one route table, one error shape, on any listener it is handed.

Asks the engine; never touches SQLite, sources or sinks. Runs on the event loop's thread.
"""
