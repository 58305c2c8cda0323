"""Typed client of the control socket, standard library only."""
