"""Model Context Protocol on `POST /api/mcp`: tools, resources and prompts for AI agents, in both protocol eras.

Written by hand: the official SDK would cost the daemon 40 MiB. It is a test dependency and proves this here. Owns the
protocol's words and the tools' shapes; what a tool does it asks of the same routes, commands and queries as every other
caller, with the same scopes and limits. Tool descriptions are made when somebody asks for them.
"""
