"""Released weights, a folder each, and how they are read and written. To release some, save them to a folder here."""

from mienkit.weights.folder import Weights as Weights
from mienkit.weights.folder import build_model as build_model
from mienkit.weights.folder import load_weights as load_weights
from mienkit.weights.folder import read_weights as read_weights
from mienkit.weights.folder import released as released
from mienkit.weights.folder import save_weights as save_weights
