"""An order, a proven book and what the models know: a forecast of what the order will cost."""
