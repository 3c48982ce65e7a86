"""Landmark-guided transfer: landmarks of two faces are fused, and a U-Net redraws one of the faces at them.

Source: Fan et al. 2023, IEEE Access 11:82276-82283. The full text could not be had: what its abstract does not say is
reconstructed.
"""

from mienkit.systems.landmark_transfer.fusion import Fusion, shape_encoder
from mienkit.systems.landmark_transfer.landmark_transfer import LandmarkTransfer

__all__ = ["Fusion", "LandmarkTransfer", "shape_encoder"]
