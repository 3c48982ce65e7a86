"""GANimation: one generator driven by action units, with an attention mask and a colour image.

Source: Pumarola et al. 2018, "GANimation: Anatomically-aware Facial Animation from a Single Image" (ECCV).
"""

from mienkit.systems.ganimation.ganimation import Ganimation
from mienkit.systems.ganimation.moving import MovingGenerator
from mienkit.systems.ganimation.networks import Critic, Generator

__all__ = ["Critic", "Ganimation", "Generator", "MovingGenerator"]
