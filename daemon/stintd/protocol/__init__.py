"""The formats of requests and answers: strict JSON, field kinds, heartbeats as API clients send them, and one table of errors.

Imports errors and domain only. Both ends use it: `api` to read requests, `client` to understand answers.
"""
