"""The words on the wire: request and response types, and what an error code means to HTTP and to a shell. Imports errors and domain."""
