"""Opening the TCP connection: name resolution, several addresses, HTTP proxies."""

import asyncio
import base64
import ipaddress
import socket
import urllib.parse
import urllib.request
from typing import Any, Final

_PER_ADDRESS_S: Final = 3.0


class OpenError(Exception):
    """A link could not be opened.

    Attributes:
        transient: whether trying again may help.
    """

    def __init__(self, reason: str, *, transient: bool) -> None:
        super().__init__(reason)
        self.transient = transient


def is_loopback(host: str) -> bool:
    """Whether ``host`` means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def proxy_for(host: str, port: int, *, secure: bool) -> str | None:
    """The URL of the proxy that the system's settings name for a server; None for loopback and where none is set."""
    if is_loopback(host) or urllib.request.proxy_bypass(f"{host}:{port}"):
        return None
    proxies = urllib.request.getproxies()
    schemes = ("wss", "https", "all") if secure else ("ws", "http", "https", "all")
    return next((proxies[scheme] for scheme in schemes if proxies.get(scheme)), None)


async def open_socket(host: str, port: int, *, secure: bool) -> socket.socket:
    """A connected non-blocking socket to the server, through a proxy where one is set.

    Raises:
        OpenError: if no address answers, or the proxy refuses.
    """
    proxy = proxy_for(host, port, secure=secure)
    if proxy is None:
        return await _connect(host, port)
    parts = urllib.parse.urlsplit(proxy)
    if parts.scheme != "http" or parts.hostname is None:
        raise OpenError(
            f"proxy {proxy!r} is not supported, only http:// ones are; list the server in NO_PROXY to go without",
            transient=False,
        )
    sock = await _connect(parts.hostname, parts.port or 80)
    try:
        await _tunnel(sock, parts, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    except BaseException:
        sock.close()
        raise
    return sock


async def _connect(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    try:
        addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        transient = error.errno == socket.EAI_AGAIN
        raise OpenError(f"host {host!r} is not known ({error.strerror})", transient=transient) from error
    failure: OSError | None = None
    for number, (family, kind, protocol, _, address) in enumerate(addresses, start=1):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # An address that swallows packets must not use up the time of those after it.
            async with asyncio.timeout(_PER_ADDRESS_S if number < len(addresses) else None):
                await loop.sock_connect(sock, address)
            return sock
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
    raise OpenError(str(failure or f"host {host!r} has no address"), transient=True) from failure


async def _tunnel(sock: socket.socket, proxy: urllib.parse.SplitResult, target: str) -> None:
    """Ask an HTTP proxy for a tunnel to ``target``."""
    loop = asyncio.get_running_loop()
    request = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"
    if proxy.username is not None:
        user = f"{urllib.parse.unquote(proxy.username)}:{urllib.parse.unquote(proxy.password or '')}"
        request += f"Proxy-Authorization: Basic {base64.b64encode(user.encode()).decode()}\r\n"
    answer = b""
    try:
        await loop.sock_sendall(sock, request.encode() + b"\r\n")
        while not answer.endswith(b"\r\n\r\n"):
            # Byte by byte, because what follows the answer belongs to whoever uses the tunnel.
            byte: Any = await loop.sock_recv(sock, 1)
            if not byte or len(answer) > 65536:
                raise OpenError(f"the proxy {proxy.hostname} gave no valid answer", transient=True)
            answer += byte
    except OSError as error:
        raise OpenError(f"the proxy {proxy.hostname} broke the connection: {error}", transient=True) from error
    status = answer.split(b"\r\n", 1)[0].decode(errors="replace")
    words = status.split()
    if len(words) < 2 or not words[1].startswith("2"):
        raise OpenError(f"the proxy {proxy.hostname} refused the tunnel: {status}", transient=False)
