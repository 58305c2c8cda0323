"""The dashboard: who is let in, and the files a browser loads. What it shows comes from the routes of the API.

`static/` is the front end: modules as the browser reads them, without a build step. See `daemon/DASHBOARD.md`.
"""
