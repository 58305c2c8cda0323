# For scripts, and shells without a snippet of their own: prints the current timer, or nothing.
@LINE@
