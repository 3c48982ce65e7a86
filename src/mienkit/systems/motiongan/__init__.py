"""MotionGAN: how landmarks move to an emotion, as one point of a hypersphere of curves.

Source: Otberdout et al. 2022, "Dynamic Facial Expression Generation on Hilbert Hypersphere with Conditional Wasserstein
Generative Adversarial Nets" (TPAMI 44(2), arXiv 1907.10087); what only the authors' later code tells is from there.
"""

from mienkit.systems.motiongan.motiongan import Motiongan
from mienkit.systems.motiongan.networks import TangentCritic, TangentGenerator

__all__ = ["Motiongan", "TangentCritic", "TangentGenerator"]
