"""How fast the server and the client are, beside the public package and a bare Starlette server."""
