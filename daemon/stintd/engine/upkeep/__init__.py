"""What keeps the home in order: backups, purges, health reports, calendars, the status file. Sees every room of the engine."""
