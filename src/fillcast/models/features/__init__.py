"""What a cost model may know of one book at the moment of asking: numbers with a name, a unit and a definition."""

from fillcast.models.features.layout_kernels import BANDS_BPS, IMBALANCE_LEVELS
from fillcast.models.features.names import (
    BOOK_FEATURES,
    FEATURES,
    FLOW_FEATURES,
    Feature,
    index_of,
    table,
)
from fillcast.models.features.state import FeatureState
from fillcast.models.features.vector import book_features, features_at

__all__ = [
    "BANDS_BPS",
    "BOOK_FEATURES",
    "FEATURES",
    "FLOW_FEATURES",
    "IMBALANCE_LEVELS",
    "Feature",
    "FeatureState",
    "book_features",
    "features_at",
    "index_of",
    "table",
]
