"""The compiled draws, spelt out in Python integers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from fillcast.models.risk.draws_kernels import EDGES, HEIGHTS, TAIL

ALL = (1 << 64) - 1
EDGE = EDGES.tolist()
HEIGHT = HEIGHTS.tolist()


def words(key: int, path: int) -> Iterator[int]:
    counter = path << 20
    while True:
        word = (key + counter * 0x9E3779B97F4A7C15) & ALL
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & ALL
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & ALL
        yield word ^ (word >> 31)
        counter += 1


def upper(word: int) -> int:
    return word >> 11


def unit(stream: Iterator[int]) -> float:
    return (upper(next(stream)) + 0.5) / 2**53


def normal(stream: Iterator[int]) -> float:
    while True:
        word = next(stream)
        layer, sign = word & 255, -1.0 if word & 256 else 1.0
        distance = upper(word) * (EDGE[layer] / 2**53)
        if distance < EDGE[layer + 1]:
            return sign * distance
        if layer == 0:
            return sign * beyond(stream)
        if HEIGHT[layer] + unit(stream) * (HEIGHT[layer + 1] - HEIGHT[layer]) < math.exp(-0.5 * distance**2):
            return sign * distance


def beyond(stream: Iterator[int]) -> float:
    while True:
        past = -math.log(unit(stream)) / TAIL
        if -2 * math.log(unit(stream)) > past * past:
            return TAIL + past


def normal_sum(key: int, path: int, weights: Sequence[float]) -> float:
    stream = words(key, path)
    return sum(weight * normal(stream) for weight in weights)


def bootstrap_sum(key: int, path: int, held: Sequence[float], moves: Sequence[float], block: int) -> float:
    stream, total, place = words(key, path), 0.0, 0
    for index, units in enumerate(held):
        place = upper(next(stream)) * len(moves) >> 53 if index % block == 0 else (place + 1) % len(moves)
        total += units * moves[place]
    return total
