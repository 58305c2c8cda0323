"""Delivery to other systems: billing targets and webhooks, each in its own lane. Sees core and sheet."""
