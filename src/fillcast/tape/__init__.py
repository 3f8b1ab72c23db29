"""Recorded frames: captures that others made, read back and checked by the same code as live."""
