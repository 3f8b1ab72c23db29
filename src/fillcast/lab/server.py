"""The lab as a server: every venue's WebSocket and REST on one port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

import msgspec
from aiohttp import web

from fillcast.errors import UsageError
from fillcast.lab.exchange import Exchange
from fillcast.lab.faults import FaultRequest, check_request, fault_kind
from fillcast.lab.hub import Hub
from fillcast.lab.options import LabOptions
from fillcast.lab.protocols import PROTOCOLS, protocol_of
from fillcast.lab.sockets import CLOSE_NORMAL, Sockets, unknown_path

INJECTION_WAIT_S = 2.0  # how long the reply to a fault waits for it to happen
INJECTION_WAIT_MAX_S = 60.0
SHUTDOWN_S = 0.5
INSTRUMENTS_MAX = 1000  # their names have three digits
FAULTS_PER_SECOND_MAX = 100


@dataclass(frozen=True, slots=True)
class LabAddress:
    """Where a lab listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Where everything begins; the endpoint of every venue whose addresses are no other's."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def endpoints(self) -> dict[str, str]:
        """The endpoint of each venue, as `--endpoint VENUE=URL` takes it."""
        return {name: self.url + protocol.base for name, protocol in PROTOCOLS.items()}

    def to_json(self) -> str:
        """Return the line that `fillcast lab` prints when it is ready."""
        return json.dumps({"port": self.port, **self.endpoints})


class FaultBody(msgspec.Struct, forbid_unknown_fields=True):
    """The JSON of `POST /lab/fault`."""

    kind: str
    protocol: str = ""
    symbol: str = ""
    connection: str = ""
    seconds: float = 5.0
    wait: float = INJECTION_WAIT_S


class ControlBody(msgspec.Struct, forbid_unknown_fields=True):
    """The JSON of `POST /lab/control`; what is absent stays as it is."""

    paused: bool | None = None
    faults: Literal[False] | None = None


def lab_routes(hub: Hub) -> list[web.RouteDef]:
    """Return the lab's own endpoints: plant a fault, the log of faults, stand still, how the lab does."""

    async def plant(request: web.Request) -> web.Response:
        try:
            body = msgspec.json.decode(await request.read(), type=FaultBody)
            protocol = body.protocol or protocol_of(body.symbol, hub.listed)
            asked = FaultRequest(fault_kind(body.kind), protocol, body.symbol, body.connection, seconds=body.seconds)
            fault = hub.arm(check_request(asked, hub.listed))
        except (msgspec.DecodeError, UsageError) as error:
            return web.json_response({"error": str(error)}, status=400)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(max(body.wait, 0.0), INJECTION_WAIT_MAX_S)):
                await fault.done.wait()
        return web.json_response(fault.log())

    async def control(request: web.Request) -> web.Response:
        try:
            body = msgspec.json.decode(await request.read(), type=ControlBody)
        except msgspec.DecodeError as error:
            return web.json_response({"error": str(error)}, status=400)
        if body.paused is not None:
            hub.paused = body.paused
        if body.faults is False:
            hub.end_faults()
        return web.json_response({"paused": hub.paused, "armed": len(hub.board.armed)})

    async def log(request: web.Request) -> web.Response:
        return web.json_response([fault.log() for fault in hub.board.faults])

    async def status(request: web.Request) -> web.Response:
        clients = [
            {"connection": c.identity, "protocol": c.protocol.name, "sent": c.sent, "queued": c.queued}
            for c in hub.clients.values()
        ]
        markets = [
            {
                "protocol": name,
                "symbol": feed.symbol,
                "regime": feed.market.regime.name.lower(),
                "update_id": feed.market.update_id,
                "bid_levels": feed.market.count(1),
                "ask_levels": feed.market.count(-1),
            }
            for name in PROTOCOLS
            for feed in hub.feeds(name).values()
        ]
        report = {
            "frames": hub.frames,
            "late_s": hub.late_s,
            "clients": clients,
            "gone": hub.gone,
            "markets": markets,
        }
        return web.json_response(report)

    return [
        web.post("/lab/fault", plant),
        web.get("/lab/faults", log),
        web.post("/lab/control", control),
        web.get("/lab/status", status),
    ]


def check_options(options: LabOptions) -> LabOptions:
    """Return the options; `UsageError` when one of them cannot be used."""
    if not 0.01 <= options.speed <= 100:
        raise UsageError(f"lab speed {options.speed:g} is not between 0.01 and 100")
    if not 1e-4 <= options.pace <= 10:
        raise UsageError(f"lab pace {options.pace:g} is not between 0.0001 and 10")
    if not 0 <= options.instruments <= INSTRUMENTS_MAX:
        raise UsageError(f"lab instruments {options.instruments} is not between 0 and {INSTRUMENTS_MAX}")
    if not 0 <= options.random_faults <= FAULTS_PER_SECOND_MAX:
        raise UsageError(f"lab random faults {options.random_faults:g} is not between 0 and {FAULTS_PER_SECOND_MAX}")
    return options


async def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    seed: int = 7,
    faults: Iterable[FaultRequest] = (),
    speed: float = 1.0,
    options: LabOptions | None = None,
    ready: Callable[[LabAddress], object] | None = None,
    stop: asyncio.Event,
) -> None:
    """Run a lab until `stop` is set; ends within a second of that.

    Parameters
    ----------
    host, port
        Where to listen; port 0 takes a free one. Loopback unless told otherwise: the lab has no access
        control.
    seed
        Same seed, same markets.
    faults
        Faults to arm at their own times.
    speed
        Market seconds per wall second; the cadences speed up with it. Overrides the options' own.
    options
        See `LabOptions`.
    ready
        Called with the address when connections are accepted.
    stop
        Set it to end.

    Raises
    ------
    UsageError
        When the speed, the pace, a number of instruments or faults, or a fault cannot be used.
    OSError
        When the port is taken.
    """
    chosen = check_options(replace(options or LabOptions(), speed=speed))
    hub = Hub(Exchange(seed, chosen, wall_ns=time.time_ns()), seed)
    hub.arm_later([check_request(fault, hub.listed) for fault in faults])
    app = web.Application()
    app.add_routes([*Sockets(hub).routes(), *lab_routes(hub)])
    for protocol in PROTOCOLS.values():
        app.add_routes(protocol.rest(hub))
    app.router.add_route("*", "/{path:.*}", unknown_path)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S, handle_signals=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        if ready is not None:
            ready(LabAddress(host, int(runner.addresses[0][1])))
        await hub.run(stop)
    finally:
        await asyncio.gather(*(client.finish(CLOSE_NORMAL, "the lab ends") for client in tuple(hub.clients.values())))
        await runner.cleanup()
