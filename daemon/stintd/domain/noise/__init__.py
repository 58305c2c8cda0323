"""Finds changes that are not work: files that tools write, bursts, git's own rewrites. Must not know projects."""
