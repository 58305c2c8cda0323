"""Model Context Protocol on `POST /api/mcp`: tools, resources and prompts for AI agents, in both protocol eras.

Written by hand: the official SDK would cost the daemon 40 MiB of memory. The SDK is a test dependency, and tests run it against
this package. The package owns the protocol and the shapes of the tools; a tool does its work through the same routes, commands
and queries as every other API client, with the same scopes and limits. Tool descriptions are made when a client asks for them.
"""
