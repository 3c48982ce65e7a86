"""Metrics, one file each. To add one, write its file here and let a protocol in ``evaluation`` call it."""
