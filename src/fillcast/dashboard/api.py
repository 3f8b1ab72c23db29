"""The HTTP API and the WebSocket: the same structs read what is asked, say what is answered and document both."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated, Any

import msgspec
from litestar import Litestar, Request, Response, WebSocket, get, post, websocket
from litestar.datastructures import State
from litestar.exceptions import HTTPException, WebSocketDisconnect
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from fillcast import __version__
from fillcast.core.units import NS_PER_MS
from fillcast.core.view import BookSide
from fillcast.dashboard.answering import answer
from fillcast.dashboard.asking import Question, read
from fillcast.dashboard.assets import Assets, File
from fillcast.dashboard.hub import Hub, described
from fillcast.dashboard.levels import book_state
from fillcast.dashboard.metrics import MEDIA_TYPE, metrics_text
from fillcast.dashboard.pump import Pump
from fillcast.dashboard.resources import BookHealth, Fitness, Followed, Levels, Problem
from fillcast.dashboard.seen import Seen, Source, without_trades
from fillcast.dashboard.wire import Asked
from fillcast.dashboard.wire_quote import Quoted
from fillcast.errors import FillcastError
from fillcast.forecast.book_report import NO_SEQUENCE
from fillcast.forecast.report import report
from fillcast.session.answer import Answers

LARGEST_REQUEST = 16 * 1024  # bytes; an order's words are a few hundred
LARGEST_MESSAGE = 4 * 1024  # bytes of one WebSocket message
MOST_PAGES = 200
MOST_BOOK_LEVELS = 1000
POLICY_VIOLATION, TRY_AGAIN_LATER = 1008, 1013  # close codes of RFC 6455 and its registry

REFUSED = {400: ResponseSpec(Problem, description="what cannot be used, by field", generate_examples=False)}
log = logging.getLogger(__name__)


@post("/v1/forecast", responses=REFUSED, status_code=200, summary="Forecast an order")
async def forecast_posted(data: JSONBody[Asked], state: State) -> Quoted:
    """Return what an order would cost now: the object of `fillcast quote --json`."""
    return await _forecast(data, state)


@get("/v1/forecast", responses=REFUSED, summary="Forecast an order")
async def forecast_got(
    state: State,
    instrument: Annotated[str, QueryParameter(description="`venue:symbol`, one that is followed")],
    size: Annotated[str, QueryParameter(description="such as 2.5, 2.5btc, 100000usd, 40ct")],
    side: FromQuery[str] = "buy",
    order_type: Annotated[
        str, QueryParameter(name="type", description="market, limit, twap, vwap, pov or is")
    ] = "market",
    price: FromQuery[str] = "",
    post_only: FromQuery[bool] = False,
    tier: FromQuery[str] = "",
    fee_maker: FromQuery[str] = "",
    fee_taker: FromQuery[str] = "",
    volatility: FromQuery[str] = "",
    latency: FromQuery[str] = "",
    horizon: FromQuery[str] = "",
    participation: FromQuery[str] = "",
    risk_aversion: FromQuery[str] = "",
    level: FromQuery[str] = "",
) -> Quoted:
    """Return what an order would cost now: the object of `fillcast quote --json`."""
    asked = Asked(
        0,
        instrument,
        side,
        order_type,
        size,
        price,
        post_only,
        tier,
        fee_maker,
        fee_taker,
        volatility,
        latency,
        horizon,
        participation,
        risk_aversion,
        level,
    )
    return await _forecast(asked, state)


async def _forecast(asked: Asked, state: State) -> Quoted:
    source: Source = state.source
    question = read(asked, source.listing.instruments, source.listing.usd_rates)
    if not isinstance(question, Question):
        raise UnusableError(question)
    seen = await _seen(source, question.order.instrument)
    return msgspec.convert(report(answer(question, seen, Answers()).answer.told), Quoted)


@get("/v1/books", responses=REFUSED, summary="One book")
async def books(
    state: State,
    instrument: Annotated[str, QueryParameter(description="`venue:symbol`, one that is followed")],
    levels: Annotated[int, QueryParameter(ge=1, le=MOST_BOOK_LEVELS)] = 20,
) -> Levels:
    """Return the best levels of a book, in the venue's own texts."""
    source: Source = state.source
    if instrument not in source.listing.instruments:
        raise UnusableError({"instrument": f"{instrument!r} is not followed"})
    seen = await _seen(source, instrument)
    view = seen.view
    health = _health(seen)
    return Levels(
        instrument,
        health.state,
        health.reason,
        health.proof,
        view.version,
        None if view.last_id == NO_SEQUENCE else view.last_id,
        max(view.event_ns, 0),
        health.age_ms,
        _texts(view.bids, levels),
        _texts(view.asks, levels),
    )


@get("/v1/instruments", summary="What is followed")
async def instruments(state: State) -> Followed:
    """Return all instruments that the session follows."""
    listing = state.source.listing
    return Followed([described(one) for one in listing.instruments.values()], dict(listing.unanswered))


@get("/health", summary="Whether every book is LIVE")
async def health(state: State) -> Fitness:
    """Return how far each book can be trusted. The status is 200 as long as the server runs."""
    source: Source = state.source
    moment = await source.look(without_trades(source.listing.instruments))
    found = [_health(seen) for seen in moment.values()]
    status = "ok" if all(one.state == "LIVE" for one in found) and not source.listing.unanswered else "degraded"
    return Fitness(status, __version__, found)


@get("/metrics", media_type=MEDIA_TYPE, summary="Counters as Prometheus text")
async def metrics(state: State) -> str:
    """Return what the session and this server count."""
    source: Source = state.source
    hub: Hub = state.hub
    return await source.metrics() + metrics_text(len(hub.pages), hub.vitals)


@get("/", include_in_schema=False)
async def page(state: State, request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return the page."""
    return _served(state.assets.page(), request)


@get("/static/{path:path}", include_in_schema=False)
async def own(path: FromPath[str], state: State, request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return a file of the page."""
    return _served(state.assets.own(path), request)


@get("/third-party/{path:path}", include_in_schema=False)
async def third_party(path: FromPath[str], state: State, request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return a file of a library."""
    return _served(state.assets.third_party(path), request)


@websocket("/ws")
async def ws(socket: WebSocket[Any, Any, Any], state: State) -> None:
    """Serve one page: messages in, at most one frame out for each credit."""
    pump: Pump = state.pump
    hub: Hub = state.hub
    await socket.accept()
    if len(hub.pages) >= MOST_PAGES:
        await socket.close(TRY_AGAIN_LATER, f"{MOST_PAGES} pages are open already")
        return
    page, outbox = pump.enter()

    async def send() -> None:
        while True:
            data = await outbox.get()
            await socket.send_data(data, mode="binary")
            page.is_sending = False

    sending = asyncio.create_task(send())
    try:
        while not sending.done():
            message = await socket.receive_data(mode="binary")
            pump.receive(page, bytes(message))
    except msgspec.MsgspecError as error:
        await socket.close(POLICY_VIOLATION, f"not a message of this protocol: {error}"[:120])
    except WebSocketDisconnect:
        pass
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        pump.leave(page)


class UnusableError(FillcastError):
    """A request with fields that cannot be used."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = fields


def _refuse(_: Request[Any, Any, Any], error: FillcastError) -> Response[Problem]:
    fields = error.fields if isinstance(error, UnusableError) else {}
    return Response(Problem(str(error), fields), status_code=400)


def _refuse_http(_: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    extra = error.extra if isinstance(error.extra, list) else []
    fields = {str(one["key"]): str(one["message"]) for one in extra if isinstance(one, dict) and "key" in one}
    return Response(Problem(error.detail, fields), status_code=error.status_code, headers=error.headers)


def _fail(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    log.error("a request of %s failed", request.url.path, exc_info=error)
    return Response(Problem("the server failed; its log says how", {}), status_code=500)


def _served(file: File | None, request: Request[Any, Any, Any]) -> Response[bytes]:
    if file is None:
        raise HTTPException("there is no such file", status_code=404)
    headers = {"ETag": file.etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(b"", status_code=304, headers=headers, media_type=file.media_type)
    return Response(file.content, headers=headers, media_type=file.media_type)


async def _seen(source: Source, key: str) -> Seen:
    return (await source.look(without_trades([key])))[key]


def _health(seen: Seen) -> BookHealth:
    state, reason, proof = book_state(seen)
    age_ms = None if state == "EMPTY" else seen.health.age_ns / NS_PER_MS
    return BookHealth(seen.instrument.key, state, reason, proof, age_ms)


def _texts(side: BookSide, count: int) -> list[tuple[str, str]]:
    one = side.instrument
    return [
        (one.price_text(ticks), one.size_text(lots))
        for ticks, lots in zip(side.ticks[:count].tolist(), side.lots[:count].tolist(), strict=True)
    ]


def application(source: Source, hub: Hub, pump: Pump, assets: Assets) -> Litestar:
    """Return the application, without the guard that stands before it."""
    return Litestar(
        [forecast_posted, forecast_got, books, instruments, health, metrics, page, own, third_party, ws],
        state=State({"source": source, "hub": hub, "pump": pump, "assets": assets}),
        exception_handlers={FillcastError: _refuse, HTTPException: _refuse_http, Exception: _fail},
        request_max_body_size=LARGEST_REQUEST,
        openapi_config=OpenAPIConfig(
            "fillcast",
            __version__,
            path="/schema",
            render_plugins=[JsonRenderPlugin()],
            use_handler_docstrings=True,
        ),
        logging_config=None,
        debug=False,
    )
