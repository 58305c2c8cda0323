"""SQLite: rows to domain values and back, migrations, the journal. Owns every statement of SQL; contains no rule of time. Imports errors, domain, clock, ports."""
