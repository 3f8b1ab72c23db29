"""Dialects that no venue sends any more: recordings of them are read, one module each, and nothing else uses them."""
