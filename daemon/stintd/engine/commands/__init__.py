"""What people tell us to do: plain functions of a `Step`, one transaction each, answering in the shapes of the surface."""
