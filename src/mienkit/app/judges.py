"""Judges by name: who says what a picture shows."""

from pathlib import Path
from typing import TypedDict

from mienkit.app.models import load_model
from mienkit.core.errors import AssetError, ConfigError, MissingExtraError, WeightsError
from mienkit.core.naming import unknown_name
from mienkit.core.task import Measurer
from mienkit.evaluation.looker import Looker
from mienkit.evaluation.network_judge import NetworkJudge
from mienkit.evaluation.openface_judge import OpenFaceJudge
from mienkit.evaluation.photo_edit import Judge
from mienkit.evaluation.pyfeat_judge import PyFeatJudge
from mienkit.face.detectors.mediapipe import MediapipeLandmarker
from mienkit.face.meter import load_meter
from mienkit.metrics.identity import Identity, load_identity
from mienkit.weights.folder import TENSORS, digest, released
from mienkit.weights.people import read_people

JUDGES = ("judge", "meter", "mediapipe", "openface=FILE.csv", "pyfeat")


def load_judge(word: str, *, pyfeat_python: Path | None = None, units_only: bool = False) -> Looker:
    """Make a judge ready.

    Args:
        word: ``judge`` (the second meter; ``judge=FOLDER`` takes weights of one's own), ``meter`` (the first one),
            ``mediapipe``, ``openface=FILE.csv`` or ``pyfeat``.
        pyfeat_python: the interpreter of an environment that has py-feat.
        units_only: nobody will ask this judge for landmarks or identity, so that it needs no optional file for them.

    Raises:
        UnknownNameError: there is no such judge.
        ConfigError: it needs a file, or takes none.
        WeightsError: weights are missing, corrupt or another model's.
        AssetError, MissingExtraError: what it needs is not installed; the message says how to get it.
        DataError: OpenFace's file cannot be used.
    """
    name, _, given = word.partition("=")
    if name == "openface":
        if not given:
            raise ConfigError("say which file OpenFace wrote: openface=outputs.csv")
        return OpenFaceJudge(Path(given).expanduser())
    if given and name != "judge":
        raise ConfigError(f"the judge {name} takes no file; only openface=FILE.csv and judge=FOLDER do")
    if name == "mediapipe":
        return Judge(MediapipeLandmarker(most_faces=1), load_identity())
    if name == "pyfeat":
        return PyFeatJudge(pyfeat_python)
    if name == "meter":
        meter = load_meter()
        return NetworkJudge(meter, meter.name, teacher=True, blind=meter.blind, **others(units_only))
    if name == "judge":
        folder = Path(given).expanduser() if given else judge_folder()
        second, knows = load_second_meter(folder), read_people(folder)
        return NetworkJudge(second, f"judge {digest(folder / TENSORS)[:8]}", knows=knows, **others(units_only))
    raise unknown_name("judge", name, JUDGES)


def judge_folder() -> Path:
    """Return where the second meter's weights lie.

    Raises:
        WeightsError: none come with this package.
    """
    folder = released("judge")
    if folder is None:
        raise WeightsError(
            "no weights of the judge come with this package; train them with `mien train judge --table TABLE` and give "
            "judge=FOLDER, or take another judge: meter or mediapipe"
        )
    return folder


def load_second_meter(folder: Path) -> Measurer:
    """Load the second meter.

    Raises:
        WeightsError: the weights are missing, corrupt or another model's.
    """
    _, built = load_model("judge", folder)
    built.eval().requires_grad_(False)
    assert isinstance(built, Measurer)
    return built


class Others(TypedDict, total=False):
    """Who helps a network to judge."""

    landmarker: MediapipeLandmarker | None
    identity: Identity | None


def others(units_only: bool) -> Others:
    """Find who says where landmarks are and who it is, where their files are at hand."""
    found = Others()
    if units_only:
        return found
    try:
        found["landmarker"] = MediapipeLandmarker(most_faces=1)
    except (AssetError, MissingExtraError):
        found["landmarker"] = None
    try:
        found["identity"] = load_identity()
    except AssetError:
        found["identity"] = None
    return found
