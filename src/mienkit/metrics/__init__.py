"""Metrics. To add one, write its file here and add its line below."""
