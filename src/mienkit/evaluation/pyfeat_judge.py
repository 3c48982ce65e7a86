"""py-feat as a judge, in a Python environment of its own: it needs torchvision, which this toolkit does without.

Its process answers in lines of JSON (``pyfeat_reader``); whatever else it prints there is passed over, and one that
says nothing for long is given up. The first start may take as long as a download of its models.

Source: Cheong et al. 2023 (Py-Feat). Its units are probabilities; AU43 (eyes closed) stands for AU45 (blink).
"""

import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any
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
START, ANSWER = 3600.0, 300.0
"""Seconds after which py-feat is given up. Its first start downloads models; a picture takes about one second."""
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
                [str(python.expanduser()), str(SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise MissingExtraError(f"{python} is no Python that starts ({error.strerror}); {INSTALL}") from None
        self.folder = Path(tempfile.mkdtemp(prefix="mien-pyfeat-"))
        self.answers: SimpleQueue[dict[str, Any]] = SimpleQueue()
        assert self.process.stdout is not None
        listener = threading.Thread(target=listen, args=(self.process.stdout, self.answers), daemon=True)
        listener.start()
        self.close = finalize(self, end, self.process, self.folder, listener)
        told = self.hear(START)
        if "ready" not in told:
            self.close()
            raise MissingExtraError(f"py-feat does not start in {python}: {told.get('error', 'no answer')}; {INSTALL}")
        self.name, self.units = str(told["ready"]), tuple(COLUMNS)

    def look(self, picture: Picture, *, recognise: bool = True) -> Look | None:
        """See ``Looker.look``; it does not say who somebody is.

        Raises:
            MienError: py-feat failed.
        """
        if not self.close.alive:
            raise MienError("py-feat's process was ended; start the judge again")
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
        told = self.hear(ANSWER)
        if "aus" not in told:
            raise MienError(f"py-feat failed: {told.get('error', 'its process has ended')}")
        return told

    def hear(self, seconds: float) -> dict[str, Any]:
        """Wait for one answer; empty where the process has ended, and an error where it says nothing for so long."""
        try:
            return self.answers.get(timeout=seconds)
        except Empty:
            self.close()  # what it says later would be taken for the answer to another question
            return {"error": f"no answer for {seconds:g} s"}


def listen(stream: IO[str], answers: "SimpleQueue[dict[str, Any]]") -> None:
    """Hand on what a process answers until it ends, and then one empty answer for whoever still waits."""
    for line in stream:
        try:
            told = json.loads(line)
        except ValueError:
            continue  # a library, or the interpreter itself, said something
        if isinstance(told, dict) and told.keys() & {"ready", "aus", "error"}:
            answers.put(told)
    answers.put({})


def end(process: "subprocess.Popen[str]", folder: Path, listener: threading.Thread) -> None:
    """End py-feat: its input is closed, and it gets a moment to go."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):  # it may be gone already
        if process.stdin is not None:
            process.stdin.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    listener.join(timeout=5)  # it reads until the process has ended
    if process.stdout is not None and not listener.is_alive():
        process.stdout.close()
