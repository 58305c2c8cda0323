"""What leaves this machine: targets and webhooks, each in a lane of its own. Sees core and sheet."""
