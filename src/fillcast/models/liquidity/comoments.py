"""Means, variances and the covariance of a stream of pairs."""

from __future__ import annotations


class Comoments:
    """Sums of products of the deviations of pairs (x, y) from their means, kept up pair by pair in O(1).

    Welford's update (Technometrics 4, 1962) for pairs: no difference of large sums is ever taken.
    """

    __slots__ = ("count", "mean_x", "mean_y", "xx", "xy", "yy")

    def __init__(self) -> None:
        self.count = 0
        self.mean_x = 0.0
        self.mean_y = 0.0
        self.xx = 0.0
        self.xy = 0.0
        self.yy = 0.0

    def update(self, x: float, y: float) -> None:
        """Take a pair in."""
        self.count += 1
        off_x, off_y = x - self.mean_x, y - self.mean_y
        self.mean_x += off_x / self.count
        self.mean_y += off_y / self.count
        self.xx += off_x * (x - self.mean_x)
        self.xy += off_x * (y - self.mean_y)
        self.yy += off_y * (y - self.mean_y)

    @property
    def covariance(self) -> float | None:
        """The sample covariance, over n - 1; None for fewer than two pairs."""
        return self.xy / (self.count - 1) if self.count >= 2 else None
