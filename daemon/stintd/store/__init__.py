"""SQLite: rows to domain values and back, migrations, the journal. Contains no rule of time.

Imports errors, domain, clock, ports. `database` runs functions that take a connection; the other modules are such
functions, one file per aggregate, and never open, begin or commit anything themselves.
"""
