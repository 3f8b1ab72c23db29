"""Every error that fillcast raises.

FillcastError
├── UsageError (ValueError)         an option, size, duration or symbol that cannot be used; exit code 2
│   ├── SizeError                   a size that is zero, negative, not finite, ambiguous or too large
│   └── UnknownInstrumentError      a symbol the venue does not list
├── InstrumentError (ValueError)    instrument metadata that cannot be used
├── OffGridError (ValueError)       a price or size that is not a multiple of the instrument's tick or lot
├── FrameError (ValueError)         bytes from a venue that are not a frame of its protocol
├── CaptureError (ValueError)       a capture file that cannot be read
├── ParameterError (ValueError)     a model's parameter or input that it is not defined for
├── NotLiveError                    a price was asked of a book that is not proven right
├── LotsOverflowError (OverflowError)   a sum of lots beyond int64
├── VenueError                      a venue refused a request
└── ConnectError (ConnectionError)  a venue could not be reached
"""

from __future__ import annotations


class FillcastError(Exception):
    """Root of the tree: catch this to catch everything fillcast raises on purpose."""


class UsageError(FillcastError, ValueError):
    """An option, size, duration or symbol that cannot be used."""


class SizeError(UsageError):
    """A size that is zero, negative, not finite, ambiguous or larger than an int64 of lots."""


class UnknownInstrumentError(UsageError):
    """A symbol that the venue does not list."""


class InstrumentError(FillcastError, ValueError):
    """Instrument metadata that cannot be used."""


class OffGridError(FillcastError, ValueError):
    """A price or size that is not a whole multiple of the instrument's tick or lot."""


class FrameError(FillcastError, ValueError):
    """Bytes from a venue that are not a frame of its protocol."""


class CaptureError(FillcastError, ValueError):
    """A capture file that cannot be read."""


class ParameterError(FillcastError, ValueError):
    """A parameter or input that a model is not defined for: which, its value, and what is allowed."""


class NotLiveError(FillcastError):
    """A price was asked of a book that is not proven right."""


class LotsOverflowError(FillcastError, OverflowError):
    """A sum of lots beyond int64."""


class VenueError(FillcastError):
    """A venue refused a request."""


class ConnectError(FillcastError, ConnectionError):
    """A venue could not be reached."""
