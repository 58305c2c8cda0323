"""What goes over the wire: strict JSON, field kinds, heartbeats as callers send them, and one table of errors.

Imports errors and domain only. Both ends use it: `api` to read requests, `client` to understand answers.
"""
