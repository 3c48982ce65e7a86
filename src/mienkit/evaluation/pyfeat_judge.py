"""py-feat as a judge, in a Python environment of its own: it needs torchvision, which this toolkit does without.

Source: Cheong et al. 2023 (Py-Feat). Its units are probabilities; AU43 (eyes closed) stands for AU45 (blink).
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import finalize

import numpy as np
from PIL import Image

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import MienError, MissingExtraError
from mienkit.core.image import Picture
from mienkit.evaluation.photo_edit import Look

SCRIPT = Path(__file__).with_name("pyfeat_reader.py")
INSTALL = (
    "make an environment for it: `python3 -m venv pyfeat-env && pyfeat-env/bin/pip install py-feat`, then give "
    "--pyfeat-python pyfeat-env/bin/python"
)
COLUMNS: Mapping[str, str] = {unit: f"AU{int(unit[2:]):02d}" for unit in ACTION_UNITS} | {"AU45": "AU43"}
"""Action unit -> py-feat's column."""


class PyFeatJudge:
    """Asks py-feat, picture by picture; ``close()`` ends its process."""

    teacher = False

    def __init__(self, python: Path | None) -> None:
        """Start py-feat.

        Args:
            python: the interpreter of the environment that has it.

        Raises:
            MissingExtraError: it is not there, or has no py-feat that works.
        """
        if python is None:
            raise MissingExtraError(f"the judge pyfeat runs in a Python of its own; {INSTALL}")
        try:
            self.process = subprocess.Popen(
                [str(python), str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        except OSError as error:
            raise MissingExtraError(f"{python} is no Python that starts ({error.strerror}); {INSTALL}") from None
        self.folder = Path(tempfile.mkdtemp(prefix="mien-pyfeat-"))
        self.close = finalize(self, end, self.process, self.folder)
        told = self.hear()
        if "ready" not in told:
            self.close()
            raise MissingExtraError(f"py-feat does not start in {python}: {told.get('error', 'no answer')}; {INSTALL}")
        self.name, self.units = str(told["ready"]), tuple(COLUMNS)

    def look(self, picture: Picture, *, recognise: bool = True) -> Look | None:
        """See ``Looker.look``; it does not say who somebody is.

        Raises:
            MienError: py-feat failed.
        """
        place = self.folder / "face.png"
        Image.fromarray(picture).save(place)
        told = self.ask({"picture": str(place)})
        if told.get("aus") is None:
            return None
        points = told.get("landmarks") or np.full((68, 2), np.nan)
        known = {unit: told["aus"].get(column) for unit, column in COLUMNS.items()}
        return Look(
            landmarks=np.asarray(points, np.float64) / len(picture),
            channels={unit: float("nan") if value is None else float(value) for unit, value in known.items()},
            embedding=np.full(256, np.nan, np.float32),
        )

    def ask(self, question: Mapping[str, object]) -> dict[str, Any]:
        """Ask one thing and wait for the answer.

        Raises:
            MienError: there is none, or it is an error.
        """
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
        except OSError:
            raise MienError("py-feat's process has ended; what it said stands above") from None
        told = self.hear()
        if "aus" not in told:
            raise MienError(f"py-feat failed: {told.get('error', 'its process has ended')}")
        return told

    def hear(self) -> dict[str, Any]:
        """Read one answer; empty where the process has ended or says something else."""
        assert self.process.stdout is not None
        try:
            told = json.loads(self.process.stdout.readline() or "{}")
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}


def end(process: "subprocess.Popen[str]", folder: Path) -> None:
    """End py-feat: its input is closed, and it gets a moment to go."""
    shutil.rmtree(folder, ignore_errors=True)
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):  # it may be gone already
            if stream is not None:
                stream.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
