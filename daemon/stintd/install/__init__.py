"""Installing hooks into hosts whose settings are not ours: shows the change first, keeps what was there, removes exactly what it added."""
