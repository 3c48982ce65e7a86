"""Losses as pure functions, one idea a file. To add one, write its file with its source and test it numerically."""
