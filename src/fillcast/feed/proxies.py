"""Which proxy a URL is reached through: one rule for sockets and for REST."""

from __future__ import annotations

import ipaddress
import urllib.request
from urllib.parse import urlsplit

from fillcast.errors import UsageError

# What urllib calls the settings that serve each kind of URL, in order of preference.
ENVIRONMENT = {
    "wss": ("https", "all"),
    "https": ("https", "all"),
    "ws": ("http", "all"),
    "http": ("http", "all"),
}


def is_loopback(host: str) -> bool:
    """Tell whether a host name is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_proxy(proxy: str) -> str:
    """Return a proxy URL that both clients can use.

    Raises
    ------
    UsageError
        When it is not an `http://` or `https://` URL with a host.
    """
    try:
        parts = urlsplit(proxy)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"proxy {proxy!r} cannot be used: give http://host:port (SOCKS is not supported)")
    return proxy


def proxy_for(url: str, explicit: str | None = None) -> str | None:
    """Return the proxy to reach a URL through, or None for a direct connection.

    An explicit proxy is always used. Else HTTPS_PROXY, HTTP_PROXY and ALL_PROXY are read (with NO_PROXY
    respected), and this machine itself is always reached directly.

    Raises
    ------
    UsageError
        When the proxy that applies is not an HTTP proxy.
    """
    if explicit:
        return checked_proxy(explicit)
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    settings = urllib.request.getproxies()
    for name in ENVIRONMENT.get(parts.scheme, ()):
        if settings.get(name):
            return checked_proxy(settings[name])
    return None
