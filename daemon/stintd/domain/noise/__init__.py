"""What is no work: files that tools write, bursts, rewrites of git. Must not know projects."""
