"""From evidence to a timesheet: islands, gaps, attention, claims. Sees noise and mapping; must not know billing."""
