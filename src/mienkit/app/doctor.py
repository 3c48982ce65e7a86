"""What is installed and found here, and how fast it is."""

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from mienkit.app.editors import load_editor
from mienkit.app.fetch import list_assets
from mienkit.app.instruments import load_instruments
from mienkit.app.models import ModelEntry, list_models
from mienkit.assets.fetch import asset_folders
from mienkit.core.action_unit import NUM_AUS
from mienkit.core.errors import MienError
from mienkit.core.task import Editor, Measurer
from mienkit.core.version import __version__
from mienkit.face import detectors as detectors
from mienkit.face.detector import DETECTORS, load_detector
from mienkit.inference.edit import device_of
from mienkit.weights import released
from mienkit.weights.folder import TENSORS, digest

PACKAGES = (
    "torch", "numpy", "opencv-python-headless", "pillow", "dlib-bin", "mediapipe", "pyarrow", "safetensors",
    "lightning", "torchmetrics", "scikit-image", "typer", "numba",
)  # fmt: skip
FAST_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "asimd", "bf16")
"""CPU features that make networks fast."""
REPEATS = 7


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    topic: str
    name: str
    good: bool
    """Nothing that is needed is missing."""
    says: str
    here: bool = True
    """False where something optional is missing."""


def examine(model: str | None = None, device: str = "auto") -> list[Finding]:
    """Look at everything that decides whether, and how fast, the toolkit runs here."""
    return [*look_at_versions(), *look_at_machine(), *look_at_files(), *look_at_models(model, device)]


def look_at_versions() -> list[Finding]:
    """Say what is installed."""
    here = [("mienkit", __version__), ("python", platform.python_version())]
    found = [Finding(topic="installed", name=name, good=True, says=number) for name, number in here]
    for package in PACKAGES:
        try:
            found.append(Finding(topic="installed", name=package, good=True, says=version(package)))
        except PackageNotFoundError:
            optional = package == "mediapipe"
            says = "not installed (optional: pip install 'mienkit[mediapipe]')" if optional else "not installed"
            found.append(Finding(topic="installed", name=package, good=optional, says=says))
    return found


def look_at_machine() -> list[Finding]:
    """Say what there is to compute with."""
    flags = [flag for flag in FAST_FLAGS if flag in cpu_flags()]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none; everything runs on the CPU"
    return [
        Finding(topic="machine", name="system", good=True, says=f"{platform.system()} {platform.machine()}"),
        Finding(topic="machine", name="cpu", good=True, says=", ".join(flags) or "no vector features found"),
        Finding(topic="machine", name="threads", good=True, says=f"{torch.get_num_threads()} of {cores} cores"),
        Finding(topic="machine", name="gpu", good=True, says=gpu),
    ]


def cpu_flags() -> frozenset[str]:
    """Read the CPU's features; empty where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    line = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return frozenset(line.partition(":")[2].split())


def look_at_files() -> list[Finding]:
    """Say which detectors and optional files are at hand."""
    found = [look_at_detector(name) for name in DETECTORS]
    places = ", ".join(str(folder) for folder in asset_folders())
    found.append(Finding(topic="optional files", name="looked for in", good=True, says=places))
    for asset in list_assets():
        says = str(asset.path) if asset.path else f"not here; mien fetch {asset.name}"
        here = asset.path is not None
        found.append(Finding(topic="optional files", name=asset.name, good=True, here=here, says=says))
    return found


def look_at_detector(name: str) -> Finding:
    """Say whether a detector is ready."""
    try:
        load_detector(name)
    except MienError as error:
        return Finding(topic="detectors", name=name, good=name != "dlib", here=False, says=str(error))
    return Finding(topic="detectors", name=name, good=True, says="ready")


def look_at_models(model: str | None, device: str) -> list[Finding]:
    """Say which weights there are, and how fast meter and editor are."""
    found = [look_at_weights(entry) for entry in list_models()]
    return [*found, time_meter(), time_editor(model, device)]


def look_at_weights(entry: ModelEntry) -> Finding:
    """Say whether a model's weights come with the package, and which they are."""
    folder = released(entry.name)
    mark = f", sha256 {digest(folder / TENSORS)[:16]}" if folder else ""
    return Finding(topic="weights", name=entry.name, good=True, says=f"{entry.weights} ({entry.licence}){mark}")


def time_meter() -> Finding:
    """Time the meter on one crop."""
    try:
        meter = load_instruments().meter
    except MienError as error:
        return Finding(topic="speed", name="meter", good=False, says=str(error))
    return Finding(topic="speed", name=meter.name, good=True, says=f"{meter_ms(meter):.1f} ms a face")


def meter_ms(meter: Measurer) -> float:
    """Milliseconds that the meter takes for one crop."""
    image = torch.zeros(1, 3, meter.image_size, meter.image_size, device=device_of(meter))
    return milliseconds(lambda: meter.measure(image))


def time_editor(model: str | None, device: str) -> Finding:
    """Time an editor on one crop."""
    try:
        loaded = load_editor(model, device=device)
    except MienError as error:
        return Finding(topic="speed", name=model or "editor", good=False, says=str(error))
    size = loaded.editor.image_size
    says = f"{editor_ms(loaded.editor):.1f} ms an edit at {size} px on {loaded.device}"
    return Finding(topic="speed", name=loaded.name, good=True, says=says)


def editor_ms(editor: Editor) -> float:
    """Milliseconds that an editor takes for one crop."""
    where, width = device_of(editor), len(editor.vocabulary)
    image = torch.zeros(1, 3, editor.image_size, editor.image_size, device=where)
    expression = torch.full((1, width), 1 / NUM_AUS, device=where)
    return milliseconds(lambda: editor.edit(image, expression, expression))


@torch.inference_mode()
def milliseconds(work: Callable[[], Any]) -> float:
    """Return the median time of some work after a warm-up."""
    times = []
    for _ in range(REPEATS + 2):
        start = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[2:])
