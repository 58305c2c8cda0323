"""What sends requests from this machine: the worker process, the daemon's end of it, and one connector in each file.

Small HTTP clients without a database. Imports errors, domain, clock, ports; never store, sources or engine. Only modules
that run in the worker process import aiohttp's client: the daemon loads no OpenSSL.
"""
