"""SQLite: rows to domain values and back, migrations, the journal. Contains no rule about time.

Imports errors, domain, clock, ports. `database` runs functions that take a connection. The other modules are such functions,
one file for each aggregate; they never open, begin or commit anything themselves.
"""
