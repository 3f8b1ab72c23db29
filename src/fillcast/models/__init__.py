"""Models: numbers and arrays in, numbers out. No clock, no I/O, no venue."""
