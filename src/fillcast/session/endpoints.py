"""Where venues are reached, as people write it: `VENUE=URL`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fillcast.errors import UsageError
from fillcast.feed.proxies import checked_proxy
from fillcast.feed.settings import Endpoint
from fillcast.venues import Venue


def parse_endpoints(words: Iterable[str], venues: Iterable[str]) -> dict[str, str]:
    """Return base URLs by venue from words such as `okx=http://127.0.0.1:8100`.

    Parameters
    ----------
    words
        One per venue; a later word replaces an earlier one.
    venues
        The venues that exist.

    Raises
    ------
    UsageError
        When a word has another shape, names an unknown venue or holds no base URL.
    """
    known = tuple(venues)
    endpoints: dict[str, str] = {}
    for word in words:
        name, url = (part.strip() for part in word.partition("=")[::2])
        if not name or not url:
            raise UsageError(f"endpoint {word!r} is not VENUE=URL, such as okx=http://127.0.0.1:8100")
        if name not in known:
            raise UsageError(f"endpoint {word!r}: unknown venue {name!r}; known are {', '.join(known)}")
        Endpoint.at(url)
        endpoints[name] = url
    return endpoints


def endpoint_of(venue: Venue, overrides: Mapping[str, str], proxy: str | None) -> Endpoint:
    """Return where a venue is reached: at the override's URL when there is one, else at its own."""
    if proxy:
        checked_proxy(proxy)
    if venue.name in overrides:
        return Endpoint.at(overrides[venue.name], proxy=proxy)
    return Endpoint(venue.ws_url.rstrip("/"), venue.rest_url.rstrip("/"), proxy)
