"""Which folders, repositories and worktrees are watched, and how far each was read. Must not import the engine."""
