"""Keeps the rows of entries equal to what the rules derive. Sees the core of the engine only."""
