"""The API keeps what its own OpenAPI document promises, for requests drawn from that document."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

from fillcast.dashboard.security import Bound
from fillcast.dashboard.seen import Source
from tests.dashboard.market import SWAP, FakeSource, view_of
from tests.dashboard.server import served

EXAMPLES = 40  # requests of each operation


@contextmanager
def running(source: Source) -> Iterator[Bound]:
    """Serve in a thread of its own: the client that draws requests is not asynchronous."""
    found: list[Bound] = []
    started, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with served(source) as (bound, _):
            found.append(bound)
            started.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert started.wait(30)
        yield found[0]
    finally:
        stop.set()
        thread.join()


def hold(bound: Bound, examples: int = EXAMPLES) -> int:
    """Draw requests of every operation, valid and not, hold the answers to the document; return how many operations."""
    schema = schemathesis.openapi.from_url(f"{bound.url}schema/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        takes_something = bool(list(operation.query) or list(operation.body))
        for mode in schemathesis.GenerationMode if takes_something else [schemathesis.GenerationMode.POSITIVE]:

            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def check(case: schemathesis.Case) -> None:
                # Most texts are no order, which no schema can say: they are answered with 400 and a reason.
                case.call_and_validate(excluded_checks=[positive_data_acceptance], timeout=10)

            check()
    return len(operations)


def test_answers_keep_the_promises_of_the_document():
    with running(FakeSource(view_of(), view_of(SWAP, [(500_000, 9_000)], [(500_010, 9_000)]))) as bound:
        assert hold(bound) == 6


def test_the_check_sees_an_answer_that_breaks_them():
    class Broken(FakeSource):
        async def look(self, wanted):
            raise KeyError("a mistake of ours")

    with running(Broken()) as bound, pytest.raises(FailureGroup):
        hold(bound, examples=1)
