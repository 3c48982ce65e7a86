"""The fakes of the whole toolkit."""

from fakes import workshop

__all__ = ["workshop"]
