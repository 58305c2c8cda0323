"""One file per verb: what it takes, what it asks of the daemon, what it prints. Loaded when the verb is called."""
