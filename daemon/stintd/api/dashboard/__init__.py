"""The dashboard: how a browser signs in, and the files it loads. The data it shows comes from the routes of the API.

`static/` is the front end: modules as the browser reads them, without a build step. See `daemon/DASHBOARD.md`.
"""
