"""Frames edited as the trees that they are: values, keys and elements in the place of others, whatever the venue."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st


class Verbatim(str):
    """A JSON number as it was written."""


NUMBERS = st.sampled_from(
    ["0", "-0", "-1", "1", "0.1", "1e5", "1E-7", "1e999", "9223372036854775807", "9223372036854775808", "1" * 30]
).map(Verbatim)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=8) | st.sampled_from(["0", "-1", "1e-9", "0.5", "buy"])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a tree: which node (counted through all of them), what happens to it, and with what."""

    kind: str
    place: int
    other: int
    value: Any


EDITS = st.lists(
    st.builds(
        Edit,
        st.sampled_from(["replace", "replace", "delete", "repeat", "swap", "rename", "graft"]),
        st.integers(0, 1 << 16),
        st.integers(0, 1 << 16),
        VALUES,
    ),
    min_size=1,
    max_size=4,
)


def edited(frame: bytes, donor: bytes, edits: list[Edit]) -> bytes:
    """Return a frame after some edits; `graft` takes a node of the donor. What is no JSON stays as it is."""
    tree, other = parsed(frame), parsed(donor)
    if tree is None:
        return frame
    root = [tree]
    for edit in edits:
        apply(root, edit, other)
    return written(root[0]).encode("utf-8", "surrogatepass") if root else b""


def apply(root: list[Any], edit: Edit, donor: Any) -> None:
    """Carry out one edit below a root list."""
    places = list(nodes(root))
    if not places:
        return
    parent, key = places[edit.place % len(places)]
    if edit.kind == "replace":
        parent[key] = edit.value
    elif edit.kind == "graft":
        sources = list(nodes([donor]))
        source, at = sources[edit.other % len(sources)]
        parent[key] = json.loads(json.dumps(source[at])) if not isinstance(source[at], Verbatim) else source[at]
    elif edit.kind == "swap":
        mate, at = places[edit.other % len(places)]
        parent[key], mate[at] = mate[at], parent[key]
    elif edit.kind == "delete":
        del parent[key]
    elif edit.kind == "repeat" and isinstance(parent, list):
        parent.insert(key, parent[key])
    elif edit.kind == "rename" and isinstance(parent, dict):
        parent[str(edit.value)] = parent.pop(key)


def nodes(container: Any) -> list[tuple[Any, Any]]:
    """Return (container, key) of every node below a container, parents first."""
    found: list[tuple[Any, Any]] = []
    waiting = [(container, 0)]
    while waiting and len(found) < 5000:
        one, depth = waiting.pop()
        if depth > 50:
            continue
        for key in range(len(one)) if isinstance(one, list) else list(one):
            found.append((one, key))
            if isinstance(one[key], list | dict):
                waiting.append((one[key], depth + 1))
    return found


def parsed(frame: bytes) -> Any:
    """Return a frame as a tree whose numbers keep their digits; None when it is no JSON."""
    try:
        return json.loads(frame, parse_float=Verbatim, parse_int=Verbatim)
    except (ValueError, RecursionError):
        return None


def written(value: Any, depth: int = 0) -> str:
    """Return a tree as JSON; what swaps have tied into a knot ends as null."""
    if depth > 60:
        return "null"
    if isinstance(value, Verbatim):
        return str(value)
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)}:{written(one, depth + 1)}" for key, one in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(one, depth + 1) for one in value) + "]"
    return json.dumps(value)
