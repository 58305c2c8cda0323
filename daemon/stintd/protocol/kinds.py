"""What kinds of heartbeats are called when they are counted: singular and plural."""

from stintd.domain.kinds import KINDS

COUNTED = {name: (kind.singular, kind.plural) for name, kind in KINDS.items()}
