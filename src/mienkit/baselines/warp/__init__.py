"""The editor that only moves landmarks; ``warp.json`` says by how much."""

from mienkit.baselines.warp.warp import Warp as Warp
