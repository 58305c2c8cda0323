"""The single consumer: it takes signals and commands, applies the rules, writes one transaction per step, and notifies listeners
after the commit. Imports domain, store, ports, clock, errors.
"""
