"""The control socket: one route table behind one guard. Imports engine, protocol, domain, clock, resources; never an adapter or store."""
