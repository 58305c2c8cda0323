"""What callers ask: plain functions of a `View`, answering in the shapes of the surface. They change nothing."""
