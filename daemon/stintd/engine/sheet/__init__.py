"""Keeps the entry rows equal to what the rules derive. May use only the core of the engine."""
