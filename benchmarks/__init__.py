"""Speed, memory and agreement of fillcast's books against other designs and other people's libraries.

``python -m benchmarks --help`` names the sections. Captures are read from the folder in
``FILLCAST_CAPTURES``.
"""
