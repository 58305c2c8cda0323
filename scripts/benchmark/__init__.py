"""The numbers of the design, measured: one module per area, each a list of rows beside their bars."""
