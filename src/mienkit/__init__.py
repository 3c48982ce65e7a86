"""The reproducible laboratory for facial expression synthesis."""

__version__ = "0.1.0"
