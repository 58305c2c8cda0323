"""Installing hooks into other programs ("hosts": git, agents, editors, shells, service managers) whose settings are not ours.

Every change can be shown before it is made, keeps what was there, and can be undone exactly.
"""
