"""Integers and arrays: instruments, event buffer, books and the kernels behind them."""
