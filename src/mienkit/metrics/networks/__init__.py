"""Networks in whose features sets of pictures are compared. To add one, write its file here and add its line below."""

from collections.abc import Callable, Mapping
from pathlib import Path

from mienkit.core.naming import unknown_name
from mienkit.metrics.networks.inception import load_inception
from mienkit.metrics.networks.meter import load_meter_features
from mienkit.metrics.networks.mobileface import load_mobileface
from mienkit.metrics.networks.network import FeatureNetwork
from mienkit.metrics.networks.squeezenet import load_squeezenet

NETWORKS: Mapping[str, Callable[[], FeatureNetwork]] = {
    "meter": load_meter_features,
    "mobileface": load_mobileface,
    "squeezenet": load_squeezenet,
}
"""Name -> what loads it. Inception has no entry: its file is the user's."""
TORCHSCRIPT = (".pt", ".pth", ".ts")
"""Endings of a user's file."""


def load_network(name: str) -> FeatureNetwork:
    """Load a feature network by its name, or Inception by the path of a TorchScript file.

    Raises:
        UnknownNameError: there is no such network.
        AssetError: a file is missing, damaged or not Inception.
        WeightsError: the package came without the meter's weights.
    """
    if name.lower().endswith(TORCHSCRIPT):
        return load_inception(Path(name).expanduser())
    if name not in NETWORKS:
        raise unknown_name("feature network", name, [*NETWORKS, "FILE.pt (Inception as TorchScript)"])
    return NETWORKS[name]()
