"""The single consumer: takes signals and commands, applies the rules, writes one transaction a step, tells listeners after
the commit. Imports domain, store, ports, clock, errors.
"""
