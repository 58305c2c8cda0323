"""What carries requests out of this machine: the worker process and its daemon-side end, later one connector per file.

Small HTTP clients without a database. Imports errors, domain, clock, ports; never store, sources or engine. Only modules
that run in the worker process import aiohttp's client: the daemon loads no OpenSSL.
"""
