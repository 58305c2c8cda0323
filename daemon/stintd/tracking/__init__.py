"""Which folders, repositories and worktrees are watched, and how far each has been read. Must not import the engine."""
