"""What the dashboard counts, beside what its session does, as Prometheus text."""

from __future__ import annotations

from fillcast.dashboard.vitals import Vitals
from fillcast.runtime.exposition import Durations, Family, Kind, text
from fillcast.runtime.stages import FORECAST, SCREEN

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_text(pages: int, vitals: Vitals) -> str:
    """Return the metrics of the server: names that no session has."""
    made = {name: vitals.stages.histograms[name] for name in (FORECAST, SCREEN)} | {"study": vitals.studying}
    return text(
        [
            Family("fillcast_dashboard_pages", Kind.GAUGE, "Pages connected.", (), {(): float(pages)}),
            Family(
                "fillcast_dashboard_frames", Kind.COUNTER, "Frames sent to pages.", (), {(): float(vitals.frames_sent)}
            ),
            Durations(
                "fillcast_dashboard_stage_seconds",
                "Time from a question to its forecast, of a step of a study, and from a frame sent to it drawn.",
                "stage",
                made,
            ),
        ]
    )
