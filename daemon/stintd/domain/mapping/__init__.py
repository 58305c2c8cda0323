"""Which project and task a place belongs to. Must not know how time is derived."""
