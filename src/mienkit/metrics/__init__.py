"""Metrics, one file each. To add one, write its file here, its line in ``catalogue``, and let a protocol call it."""
