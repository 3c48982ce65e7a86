"""The machine that was measured, without its name or any path."""

import datetime
import platform
from pathlib import Path

import torch

from bench.table import Table
from mienkit.app.doctor import FAST_FLAGS, cpu_flags
from mienkit.core.version import __version__


def describe_machine() -> Table:
    """Say what was measured, and when."""
    rows = [
        ("date", datetime.datetime.now(datetime.UTC).date().isoformat()),
        ("processor", processor()),
        ("its fast instructions", ", ".join(flag for flag in FAST_FLAGS if flag in cpu_flags()) or "none found"),
        ("threads", torch.get_num_threads()),
        ("system", f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"),
        ("torch", torch.__version__),
        ("mienkit", __version__),
    ]
    return Table(title="Machine", note="Everything below was measured in one run on it.", columns=("", ""), rows=rows)


def processor() -> str:
    """Name the processor's model."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (text.partition(":")[2].strip() for text in lines if text.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
