"""A key of what a result was computed from: the same content gives the same key, in any process, and other another.

Every number of every parameter goes into it, to the last bit, with its type, its name and where it belongs. What has
no content that can be read (a function, an object that is no dataclass) is refused: a key that leaves it out would
give the result of something else. The code of a class is not content: who rewrites one under its old name, in a
notebook say, empties the cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import numpy as np

from fillcast.errors import ParameterError

LOCAL = "<locals>"
"""In the qualified name of a class made inside a function, which two different classes can share."""


def content_key(kind: str, **parts: object) -> str:
    """Return a key of named parts, 64 hexadecimal digits.

    Parameters
    ----------
    kind
        What is computed from the parts; another word, another key.
    parts
        None, booleans, whole numbers, floats, texts, numeric arrays, tuples, and dataclasses of those.

    Raises
    ------
    ParameterError
        For a part without content that can be read; it says which.
    """
    digest = hashlib.sha256()
    for text in _texts(kind, parts):
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(8, "little"))  # so that no two lists of texts run together
        digest.update(encoded)
    return digest.hexdigest()


def _texts(kind: str, parts: dict[str, object]) -> Iterator[str]:
    yield kind
    for name in sorted(parts):
        yield name
        yield from _content(name, parts[name])


def _content(name: str, value: object) -> Iterator[str]:
    """Yield type and content of a value, all texts in a fixed order; a group says first how many follow."""
    if value is None or isinstance(value, bool | str):
        yield from (type(value).__name__, str(value))
    elif isinstance(value, int | np.integer):
        yield from ("int", str(int(value)))
    elif isinstance(value, float | np.floating):
        yield from ("float", float(value).hex())
    elif isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        yield from ("array", value.dtype.str, str(value.shape), value.tobytes().hex())
    elif isinstance(value, tuple):
        yield from ("tuple", str(len(value)))
        for index, each in enumerate(value):
            yield from _content(f"{name}[{index}]", each)
    elif is_dataclass(value) and not isinstance(value, type) and LOCAL not in type(value).__qualname__:
        kept = fields(value)
        yield from (type(value).__module__, type(value).__qualname__, str(len(kept)))
        for field in kept:
            yield field.name
            yield from _content(f"{name}.{field.name}", getattr(value, field.name))
    else:
        raise ParameterError(
            f"{name} must be numbers, texts, arrays, tuples or dataclasses of a module, whose content can be read, "
            f"not {value!r}"
        )
