"""Ports of this machine."""

import socket


def free_port() -> int:
    """A port of this machine that nothing listens on now."""
    with socket.socket() as sock:
        sock.bind(("", 0))
        port: int = sock.getsockname()[1]
        return port
