"""The lab: an embedded exchange with a documented market, in the venues' wire protocols, and its faults."""
