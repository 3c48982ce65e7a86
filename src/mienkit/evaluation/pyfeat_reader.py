"""Reads pictures with py-feat; run by the Python that has it, never imported by the toolkit.

One JSON object a line in, ``{"picture": PATH}``, one out: ``{"aus": {"AU01": 0.3, ...}, "landmarks": [[x, y], ...]}``,
``{"aus": null}`` where no face is found. The first line out says ``{"ready": NAME}`` or ``{"error": WHY}``.
"""

import json
import os
import sys
from typing import Any


def load() -> "tuple[Any, str]":
    """Load py-feat's detector; returns it and its version."""
    import feat  # type: ignore[import-not-found]

    return feat.Detector(device="cpu"), getattr(feat, "__version__", "of unknown version")


def detect(detector: Any, picture: str) -> Any:
    """Read one picture by whichever way this version of py-feat has."""
    if hasattr(detector, "detect_image"):
        return detector.detect_image([picture])
    return detector.detect([picture], data_type="image")


def describe(found: Any) -> "dict[str, Any]":
    """Turn a data frame of py-feat into plain values; of several faces the largest counts."""
    found = found.dropna(subset=[name for name in found.columns if name.startswith("AU")], how="all")
    if not len(found):
        return {"aus": None}
    widths = found["FaceRectWidth"] if "FaceRectWidth" in found.columns else None
    row = found.iloc[int(widths.to_numpy().argmax()) if widths is not None else 0]
    aus = {name: float(row[name]) for name in found.columns if name.startswith("AU") and name[2:].isdigit()}
    points = [[float(row[f"x_{n}"]), float(row[f"y_{n}"])] for n in range(68)] if "x_67" in found.columns else None
    return {"aus": aus, "landmarks": points}


def main() -> None:
    """Answer until the input ends; what libraries print goes to the error stream."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(value: "dict[str, Any]") -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    try:
        detector, version = load()
    except Exception as error:
        say({"error": f"{type(error).__name__}: {error}"})
        return
    say({"ready": f"py-feat {version}"})
    for line in sys.stdin:
        try:
            say(describe(detect(detector, json.loads(line)["picture"])))
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    sys.path.pop(0)  # this folder's modules are the toolkit's, and their names may hide others
    main()
