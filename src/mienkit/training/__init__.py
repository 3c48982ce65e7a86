"""The one training loop and what surrounds it: checkpoints, averages, logs, health. To watch a run, write a hook."""

from mienkit.training.checkpoint import CheckpointHook as CheckpointHook
from mienkit.training.folder import RunFolder as RunFolder
from mienkit.training.health import HealthHook as HealthHook
from mienkit.training.log import LogHook as LogHook
from mienkit.training.loop import train as train
from mienkit.training.machine import open_fabric as open_fabric
from mienkit.training.run import Run as Run
from mienkit.training.samples import SampleHook as SampleHook
