"""Learn again where MediaPipe's landmarks lie on the head: ``python -m bench.correspondence --photos FOLDER``.

Needs numba, MediaPipe with its model, the head model, and Parquet files with ``landmarks478``, ``blendshapes`` and
``split``. It takes two minutes and writes the table that the package carries.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.dataset as ds

import mienkit.morphable
from mienkit.core.image import Picture
from mienkit.face.detectors.mediapipe import LANDMARKS_68, MediapipeLandmarker
from mienkit.morphable.correspondence import TABLE
from mienkit.morphable.head import load_head_model
from mienkit.morphable.learn_correspondence import learn_correspondence
from mienkit.morphable.refine_correspondence import is_resting, refine_correspondence, write_correspondence

Points = npt.NDArray[np.float64]


def main() -> None:
    """Learn from drawn heads, correct with photographs of resting faces, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.correspondence", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of photos-*.parquet")
    parser.add_argument("--renders", type=int, default=400, help="drawn heads")
    parser.add_argument("--out", type=Path, default=Path(mienkit.morphable.__path__[0]) / TABLE, help="the table")
    arguments = parser.parse_args()
    model, landmarker = load_head_model(), MediapipeLandmarker(most_faces=1)

    def find(picture: Picture) -> Points | None:
        faces = landmarker.read(picture)
        return faces[0].landmarks478 if faces else None

    drawn = learn_correspondence(find, model, renders=arguments.renders)
    resting = resting_faces(arguments.photos)
    sys.stdout.write(f"{len(resting)} photographs of resting faces\n")
    write_correspondence(arguments.out, refine_correspondence(drawn, resting, model), LANDMARKS_68)


def resting_faces(folder: Path) -> list[Points]:
    """Read (478, 3) landmarks of the training photographs that show a face at rest."""
    photos = ds.dataset(sorted(map(str, folder.glob("photos-*.parquet"))))
    names = json.loads(photos.schema.metadata[b"blendshape_names"])
    rows = photos.to_table(columns=["landmarks478", "blendshapes"], filter=ds.field("split") == "train").to_pylist()
    return [
        np.reshape(row["landmarks478"], (478, 3))
        for row in rows
        if is_resting(dict(zip(names, row["blendshapes"], strict=True)))
    ]


if __name__ == "__main__":
    main()
