"""The yardstick: parsing the frame into Python objects and nothing else."""

from __future__ import annotations

from typing import ClassVar, Literal

import orjson

from benchmarks.frames import Capture


class OrjsonLoads:
    label: ClassVar[str] = "orjson.loads, parse only"
    answers: ClassVar[Literal["nothing"]] = "nothing"
    step = staticmethod(orjson.loads)

    def __init__(self, capture: Capture) -> None:
        pass


CONTESTANT = OrjsonLoads
