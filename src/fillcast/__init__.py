"""Know what an order will cost before you send it, and how far to trust the answer.

The public names, and nothing else. Each is loaded when it is first used, so that importing the package loads no
compiler and no numerical library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fillcast.core.book import Book as Book
    from fillcast.core.instrument import ContractKind as ContractKind
    from fillcast.core.instrument import Instrument as Instrument
    from fillcast.core.state import BookState as BookState
    from fillcast.core.state import Proof as Proof
    from fillcast.core.view import BookView as BookView
    from fillcast.core.view import Walk as Walk
    from fillcast.errors import FillcastError as FillcastError
    from fillcast.forecast.fee_files import fee_rate as fee_rate
    from fillcast.forecast.forecast import Forecast as Forecast
    from fillcast.forecast.order import Order as Order
    from fillcast.forecast.order import parse_order as parse_order
    from fillcast.forecast.slippage import BacktestFill as BacktestFill
    from fillcast.forecast.slippage import LabelledPrior as LabelledPrior
    from fillcast.forecast.slippage import SlippageModel as SlippageModel
    from fillcast.forecast.slippage import slippage_model as slippage_model
    from fillcast.forecast.snapshot_cost import SnapshotCost as SnapshotCost
    from fillcast.forecast.snapshot_cost import cost as cost
    from fillcast.forecast.snapshots import Snapshots as Snapshots
    from fillcast.models.impact.square_root import SquareRootLaw as SquareRootLaw
    from fillcast.session.answer import Answer as Answer
    from fillcast.session.opening import watch as watch
    from fillcast.session.session import Session as Session
    from fillcast.tape.verify import Verification as Verification
    from fillcast.tape.verify import verify as verify

__version__ = "0.1.0"

_PLACES = {
    "Answer": "fillcast.session.answer",
    "BacktestFill": "fillcast.forecast.slippage",
    "Book": "fillcast.core.book",
    "BookState": "fillcast.core.state",
    "BookView": "fillcast.core.view",
    "ContractKind": "fillcast.core.instrument",
    "FillcastError": "fillcast.errors",
    "Forecast": "fillcast.forecast.forecast",
    "Instrument": "fillcast.core.instrument",
    "LabelledPrior": "fillcast.forecast.slippage",
    "Order": "fillcast.forecast.order",
    "Proof": "fillcast.core.state",
    "Session": "fillcast.session.session",
    "SlippageModel": "fillcast.forecast.slippage",
    "SnapshotCost": "fillcast.forecast.snapshot_cost",
    "Snapshots": "fillcast.forecast.snapshots",
    "SquareRootLaw": "fillcast.models.impact.square_root",
    "Verification": "fillcast.tape.verify",
    "Walk": "fillcast.core.view",
    "cost": "fillcast.forecast.snapshot_cost",
    "fee_rate": "fillcast.forecast.fee_files",
    "parse_order": "fillcast.forecast.order",
    "slippage_model": "fillcast.forecast.slippage",
    "verify": "fillcast.tape.verify",
    "watch": "fillcast.session.opening",
}

__all__ = ["__version__", *sorted(_PLACES)]


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(place), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
