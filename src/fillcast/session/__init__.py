"""A running set of books: feed, clock and forecasts composed."""

from fillcast.session.answer import Answer
from fillcast.session.opening import watch
from fillcast.session.session import Session

__all__ = ["Answer", "Session", "watch"]
