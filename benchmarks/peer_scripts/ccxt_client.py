"""Runs in ``.venv-peers``: ccxt.pro keeps the order books of an exchange at a local address and tells every
step.

``python ccxt_client.py --endpoint http://127.0.0.1:PORT --seconds N --depth K [--okx ID] [--binance ID]``
prints one JSON line per book after each message that ccxt applied: ``{"venue", "symbol", "sequence", "bids",
"asks"}`` with the venue's symbol, OKX's seqId or Binance's u, and the best K levels as [price, size], best
first, texts that give ccxt's doubles back exactly. Errors that ccxt raises are lines ``{"venue", "symbol",
"error"}``; it is called again after each.
"""

import argparse
import asyncio
import json
import sys

import ccxt.pro

PAUSE_S = 0.2


def recording(exchange_class, venue, depth):
    """The exchange class, with a line written after every message that it applied to a book."""

    class Recording(exchange_class):
        def handle_order_book_message(self, client, message, orderbook, *arguments):
            before = orderbook["nonce"]
            result = super().handle_order_book_message(client, message, orderbook, *arguments)
            if orderbook["nonce"] is not None and orderbook["nonce"] != before:
                write(
                    venue=venue,
                    symbol=self.market(orderbook["symbol"])["id"],
                    sequence=orderbook["nonce"],
                    bids=[[repr(price), repr(size)] for price, size in orderbook["bids"][:depth]],
                    asks=[[repr(price), repr(size)] for price, size in orderbook["asks"][:depth]],
                )
            return result

    return Recording


def write(**line):
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()


async def follow(exchange, venue, symbol, until):
    loop = asyncio.get_running_loop()
    while loop.time() < until:
        try:
            await exchange.load_markets()
            unified = exchange.markets_by_id[symbol][0]["symbol"]
            async with asyncio.timeout_at(until):
                while True:
                    await exchange.watch_order_book(unified)
        except TimeoutError:
            return
        except ccxt.BaseError as error:
            write(venue=venue, symbol=symbol, error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(PAUSE_S)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--depth", type=int, required=True)
    parser.add_argument("--okx")
    parser.add_argument("--binance")
    options = parser.parse_args()
    rest = options.endpoint.rstrip("/")
    socket = rest.replace("http", "ws", 1)
    until = asyncio.get_running_loop().time() + options.seconds
    exchanges = []
    if options.okx:
        urls = {"api": {"rest": rest, "ws": f"{socket}/ws/v5"}}
        exchanges.append((recording(ccxt.pro.okx, "okx", options.depth)({"urls": urls}), "okx", options.okx))
    if options.binance:
        urls = {"api": {"fapiPublic": f"{rest}/fapi/v1", "ws": {"linear": f"{socket}/ws"}}}
        usdm = recording(ccxt.pro.binanceusdm, "binance_usdm", options.depth)({"urls": urls})
        exchanges.append((usdm, "binance_usdm", options.binance))
    try:
        await asyncio.gather(*(follow(*each, until) for each in exchanges))
    finally:
        for exchange, _, _ in exchanges:
            await exchange.close()


if __name__ == "__main__":
    asyncio.run(main())
