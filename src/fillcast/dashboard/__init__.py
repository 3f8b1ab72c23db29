"""The page: its server, what it is told, and the files it is made of."""
