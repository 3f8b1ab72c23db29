"""What a cost model may know of one book at the moment of asking: numbers with a name, a unit and a definition."""

from fillcast.models.features.names import BANDS_BPS, FEATURES, IMBALANCE_LEVELS, Feature, index_of, table
from fillcast.models.features.vector import book_features

__all__ = ["BANDS_BPS", "FEATURES", "IMBALANCE_LEVELS", "Feature", "book_features", "index_of", "table"]
