"""Client of the control socket, standard library only: HTTP spoken by hand over a Unix socket, because `http.client`
alone costs more than the rest of a command. Imports protocol, paths and errors."""
