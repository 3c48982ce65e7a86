"""What the tests of optional files ask for."""

from loopback import folder, server

__all__ = ["folder", "server"]
