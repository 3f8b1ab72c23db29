"""Parameters from recorded markets, each with its interval, its window and its origin."""
