"""LGP-GAN: local networks for eyes and mouth, then one for the whole face that builds on what they made.

Source: Xia et al. 2022, "Local and Global Perception Generative Adversarial Network for Facial Expression Synthesis"
(TCSVT 32(3)).
"""

from mienkit.systems.lgpgan.lgpgan import Lgpgan
from mienkit.systems.lgpgan.regions import Region, facial_regions

__all__ = ["Lgpgan", "Region", "facial_regions"]
