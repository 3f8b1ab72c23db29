"""The JSON of requests and replies, as sessions read and write it."""

from __future__ import annotations

import json

import msgspec


def json_object(text: str) -> dict[str, object] | None:
    """Return the object that a text holds; None when it is no JSON or something else."""
    try:
        decoded = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    return decoded if isinstance(decoded, dict) else None


def compact(value: object) -> bytes:
    """Return a value as JSON without spaces, as the venues write it."""
    return json.dumps(value, separators=(",", ":")).encode()
