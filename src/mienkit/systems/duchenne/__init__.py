"""Duchenne: our own editor, which moves the photo's own pixels and paints only what was not there."""

from mienkit.systems.duchenne.critic import RegionCritics
from mienkit.systems.duchenne.duchenne import Duchenne
from mienkit.systems.duchenne.network import Mover

__all__ = ["Duchenne", "Mover", "RegionCritics"]
