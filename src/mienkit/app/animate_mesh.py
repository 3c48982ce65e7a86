"""A head in three dimensions that goes to an emotion as a model of motion moves landmarks."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from mienkit.app.animate import AnimateRequest
from mienkit.app.animators import DEFAULT_MOVER
from mienkit.app.editors import ready_model
from mienkit.app.mesh import check_mesh, write_mesh
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS, canonical_emotion
from mienkit.core.task import SpatialMover
from mienkit.geometry.arc import resample_in_time
from mienkit.inference.animate import WAY
from mienkit.inference.course import Course


def plan_mesh(
    out: Path,
    request: AnimateRequest,
    emotion: str,
    course: Course,
    *,
    weights: Path | None = None,
    person: int | None = None,
    force: bool = False,
) -> Callable[[], dict[str, object]]:
    """Make a head ready that goes to an emotion, as glTF with morph targets.

    Args:
        out: a ``.glb`` file.
        request: how long, how fast, from which seed.
        emotion: where it goes.
        course: how far on its way it is.
        weights: of one's own for the model of motion.
        person: number of a head that nobody has; None is the mean head.
        force: replace files that exist.

    Returns:
        What writes the head and its record, and returns the record.

    Raises:
        AssetError: the head model is missing.
        ConfigError: the model of motion knows two dimensions only, or does not know the emotion.
        OutputError: the file exists already, or cannot be written.
    """
    check_mesh(out, request.fps, person, force)
    loaded, mover = ready_model("move", DEFAULT_MOVER, None, weights, "cpu")
    assert isinstance(mover, SpatialMover)
    require(
        mover.dimensions == 3, f"these weights of {loaded.name} move landmarks in two dimensions; --mesh needs three"
    )
    label = torch.tensor([EMOTIONS.index(canonical_emotion(emotion))])
    with torch.inference_mode():
        way = mover.motion(label, torch.tensor([request.seed]), WAY)[0]
        shares = torch.tensor([course.share(time) / course.height for time in request.times])
        moved = course.height * resample_in_time(way.flatten(1), shares).unflatten(1, (-1, 3))
    asked = {**request.asked, "model": loaded.name, "weights_sha256": loaded.weights, "seed": request.seed}
    return partial(write_mesh, out, moved.numpy(), fps=request.fps, person=person, request=asked, force=force)
