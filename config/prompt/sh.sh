# For scripts, and shells without a snippet of their own: print the current timer, or nothing.
@LINE@
