"""Who may import whom, and what importing does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

QUIET_IMPORT = """
import pkgutil, random, socket, sys, threading, warnings
import numpy, torch

def refuse(*arguments, **options):
    raise AssertionError(f"an import opened a connection: {arguments}")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
warnings.simplefilter("error")

import mienkit

def state():
    return (random.getstate(), str(numpy.random.get_state()), torch.get_rng_state().tolist(), torch.get_num_threads(),
            torch.get_default_dtype(), torch.is_grad_enabled(), threading.active_count(), list(sys.argv))

before = state()
for module in pkgutil.walk_packages(mienkit.__path__, "mienkit."):
    __import__(module.name)
assert state() == before, "an import changed random numbers, torch's settings, threads or arguments"

from mienkit.core.model import MODELS
from mienkit.data.reader import READERS
from mienkit.face.detector import DETECTORS
print(*MODELS, "|", *READERS, "|", *DETECTORS)
"""


def run_clean(code: str, folder: Path) -> str:
    """Run code in a process of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=os.environ, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_imports_keep_their_contracts() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("module", ["mienkit", "mienkit.cli.program", "mienkit.core.version"])
def test_importing_the_package_waits_for_no_framework(module: str, tmp_path: Path) -> None:
    heavy = {"torch", "lightning", "cv2", "pyarrow", "mediapipe", "skimage"} | (
        {"typer"} if module != "mienkit.cli.program" else set()
    )
    loaded = run_clean(f"import sys, {module}; print(*sys.modules)", tmp_path).split()
    assert heavy & set(loaded) == set()


def test_importing_every_module_only_registers(tmp_path: Path) -> None:
    printed = run_clean(QUIET_IMPORT, tmp_path)
    package = ROOT / "src" / "mienkit"
    models = [*(package / "systems").glob("[!_]*"), *(package / "baselines").glob("[!_]*")]
    parts = [models, (package / "data" / "readers").glob("[!_]*"), (package / "face" / "detectors").glob("[!_]*")]
    assert printed == " | ".join(" ".join(sorted(path.stem for path in part)) for part in parts)
    assert list(tmp_path.iterdir()) == []
