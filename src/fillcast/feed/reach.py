"""Failures to reach a venue, each turned into one sentence that says what happened and what helps."""

from __future__ import annotations

import os
import socket
import ssl
from urllib.parse import urlsplit

import aiohttp
from websockets.exceptions import (
    ConnectionClosed,
    InvalidMessage,
    InvalidProxyStatus,
    InvalidStatus,
    ProxyError,
    WebSocketException,
)

# What a refused handshake or request means, where the status alone tells.
STATUS_HINTS = {
    401: "it asks for credentials; public data needs none, so check the URL",
    403: "it refuses this address or region",
    404: "there is no such path: check the endpoint",
    407: "the proxy asks for credentials",
    418: "this address is banned for a while for exceeding the rate limit",
    429: "too many requests",
    451: "it does not serve this region",
}
UNREACHABLE = (OSError, WebSocketException, aiohttp.ClientError)


def host_of(url: str) -> str:
    """Return `host` or `host:port` of a URL, for sentences."""
    return urlsplit(url).netloc.rpartition("@")[2]


def status_sentence(status: int) -> str:
    """Return what an HTTP status means here."""
    hint = STATUS_HINTS.get(status) or ("the server has trouble" if status >= 500 else "unexpected")
    return f"HTTP status {status}: {hint}"


def sentence(error: BaseException) -> str:
    """Return one clear sentence, without a final stop, for a failure to connect, to send or to receive."""
    match error:
        case InvalidProxyStatus():
            return f"the proxy answered with {status_sentence(error.response.status_code)}"
        case ProxyError() | aiohttp.ClientProxyConnectionError():
            return f"the proxy cannot be used ({error})"
        case InvalidStatus():
            return status_sentence(error.response.status_code)
        case ConnectionClosed():
            return closed_sentence(error)
        case InvalidMessage() if isinstance(error.__cause__, EOFError):
            return "it dropped the connection"
        case InvalidMessage():
            return "the other side does not speak HTTP (is it the right port?)"
        case ssl.SSLCertVerificationError() | aiohttp.ClientConnectorCertificateError():
            return f"its TLS certificate is not trusted ({_certificate_reason(error)})"
        case ssl.SSLError() | aiohttp.ClientConnectorSSLError():
            return "the TLS handshake failed (is it a TLS port?)"
        case aiohttp.ClientConnectorDNSError() | socket.gaierror():
            return "its name cannot be resolved (no network, or a wrong host name)"
        case TimeoutError():
            return "it did not answer in time"
        case aiohttp.ClientConnectorError():
            return sentence(error.os_error)
        case ConnectionRefusedError():
            return "it refused the connection (nothing listens there)"
        case ConnectionResetError() | BrokenPipeError() | aiohttp.ServerDisconnectedError():
            return "it dropped the connection"
        case OSError() if error.errno:
            return os.strerror(error.errno).lower()
        case OSError() if "Multiple exceptions" in str(error):
            return "none of its addresses accepted the connection"
        case _:
            return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def closed_sentence(error: ConnectionClosed) -> str:
    """Return why an open socket ended, in words."""
    if isinstance(error.__cause__, TimeoutError):
        return "it did not answer in time"
    received, sent = error.rcvd, error.sent
    if received is not None and (sent is None or error.rcvd_then_sent):
        reason = f" ({received.reason})" if received.reason else ""
        return f"closed by the server with code {received.code}{reason}"
    if sent is not None:
        reason = f" ({sent.reason})" if sent.reason else ""
        return f"closed from here with code {sent.code}{reason}"
    return "the connection was lost without a closing handshake"


def _certificate_reason(error: BaseException) -> str:
    inner = getattr(error, "certificate_error", error)
    return str(getattr(inner, "verify_message", "") or inner)
