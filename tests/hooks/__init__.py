"""The shims in hooks/: what they write under each shell, that they never fail git, and what they cost."""
