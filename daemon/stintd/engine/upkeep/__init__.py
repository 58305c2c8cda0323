"""Upkeep of the home folder: backups, purges, health reports, calendars, the status file. Sees every room of the engine."""
