"""From signals to stored evidence: what is let in, where it lies, whose session it is. Sees every room of the engine."""
