"""A head in three dimensions that goes to an emotion as a model of motion moves landmarks."""

from pathlib import Path

import torch

from mienkit.app.animate import AnimateRequest
from mienkit.app.animators import DEFAULT_MOVER
from mienkit.app.editors import ready_model
from mienkit.app.mesh import write_mesh
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS, canonical_emotion
from mienkit.core.task import SpatialMover
from mienkit.geometry.arc import resample_in_time
from mienkit.inference.animate import WAY
from mienkit.inference.course import Course, parse_course


def animate_mesh(
    out: Path,
    request: AnimateRequest,
    emotion: str,
    intensity: float = 1.0,
    *,
    curve: str | None = None,
    weights: Path | None = None,
    person: int | None = None,
    force: bool = False,
) -> dict[str, object]:
    """Write a head that goes to an emotion, as glTF with morph targets, and its record; returns the record.

    Args:
        out: a ``.glb`` file.
        request: how long, how fast, from which seed.
        emotion: where it goes.
        intensity: how far, in (0, 1].
        curve: ``onset:0.5,apex:1,offset:0.7`` instead of a rise to the end.
        weights: of one's own for the model of motion.
        person: number of a head that nobody has; None is the mean head.
        force: replace files that exist.

    Raises:
        AssetError: the head model is missing.
        ConfigError: the model of motion knows two dimensions only, or does not know the emotion.
        OutputError: the file exists already, or cannot be written.
    """
    loaded, mover = ready_model("move", DEFAULT_MOVER, None, weights, "cpu")
    assert isinstance(mover, SpatialMover)
    require(
        mover.dimensions == 3, f"these weights of {loaded.name} move landmarks in two dimensions; --mesh needs three"
    )
    course = parse_course(curve, intensity) if curve else Course.rising(request.seconds, intensity)
    times = [number / request.fps for number in range(max(2, round(course.seconds * request.fps)))]
    label = torch.tensor([EMOTIONS.index(canonical_emotion(emotion))])
    with torch.inference_mode():
        way = mover.motion(label, torch.tensor([request.seed]), WAY)[0]
        shares = torch.tensor([course.share(time) / course.height for time in times])
        moved = course.height * resample_in_time(way.flatten(1), shares).unflatten(1, (-1, 3))
    asked = {**request.asked, "model": loaded.name, "weights_sha256": loaded.weights, "seed": request.seed}
    return write_mesh(out, moved.numpy(), fps=request.fps, person=person, request=asked, force=force)
