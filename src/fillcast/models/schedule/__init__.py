"""How an order is cut into slices: evenly, with the volume, as a share of it, or by the optimum of an impact model."""

from fillcast.models.schedule.grid import EvenPlan, OptimalPlan, Plan, Planner, ScenarioGrid, scenario_grid
from fillcast.models.schedule.last_used import LastUsed
from fillcast.models.schedule.participation import largest_remainder, participation_lots, within_caps
from fillcast.models.schedule.shortfall import Optimum, receding_horizon, shortfall
from fillcast.models.schedule.slices import ImpactModel, Schedule
from fillcast.models.schedule.twap import twap
from fillcast.models.schedule.vwap import MINUTES_PER_WEEK, VolumeCurve, fit_volume_curve, minute_of_week, vwap

__all__ = [
    "MINUTES_PER_WEEK",
    "EvenPlan",
    "ImpactModel",
    "LastUsed",
    "OptimalPlan",
    "Optimum",
    "Plan",
    "Planner",
    "ScenarioGrid",
    "Schedule",
    "VolumeCurve",
    "fit_volume_curve",
    "largest_remainder",
    "minute_of_week",
    "participation_lots",
    "receding_horizon",
    "scenario_grid",
    "shortfall",
    "twap",
    "vwap",
    "within_caps",
]
