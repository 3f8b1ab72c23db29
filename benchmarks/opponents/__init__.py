"""The other designs, each as fast as it reasonably gets in Python, and the yardstick."""
