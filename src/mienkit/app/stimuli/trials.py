"""Lists of trials for the programs that show stimuli to people."""

import json
from collections.abc import Mapping, Sequence

from mienkit.app.stimuli.design import CLIP, STILL, Kind
from mienkit.app.stimuli.row import Row, csv_text, write

SHOWN = ("identity", "condition", "level", "kind", "seconds", "check", "may_publish")
"""Entries of a row that a trial bears."""

RENAMED = {"level": "strength"}
"""Entries that PsychoPy's Builder keeps for variables of its own, and what they are called for it."""
PSYCHOPY: Mapping[Kind | None, str] = {
    None: "trials_psychopy.csv",
    STILL: "trials_psychopy_images.csv",
    CLIP: "trials_psychopy_clips.csv",
}
"""Kind of stimulus -> its conditions file; None where there is one kind alone."""
JSPSYCH = "trials_jspsych.json"


def psychopy_conditions(rows: Sequence[Row]) -> dict[str, str]:
    """Write conditions files of PsychoPy, a line a trial; its loops put them into an order of their own.

    A component shows either pictures or films, so where there are both, each has a file of its own; name -> text.
    """
    kinds = dict.fromkeys(row.kind for row in rows)
    return {
        PSYCHOPY[kind if len(kinds) > 1 else None]: csv_text([condition_of(row) for row in rows if row.kind == kind])
        for kind in kinds
    }


def condition_of(row: Row) -> dict[str, str]:
    """Write a trial of PsychoPy: column -> text."""
    told = {RENAMED.get(name, name): write(getattr(row, name)) for name in SHOWN}
    return {"stimulus": row.file, **told}


def jspsych_timeline(rows: Sequence[Row]) -> str:
    """Write timeline variables of jsPsych, for stills and for clips, which different plugins show.

    Each part is a timeline node that lacks its ``timeline``: plugins are JavaScript, which JSON cannot hold.
    """
    parts: dict[str, object] = {}
    for kind, name in ((STILL, "images"), (CLIP, "videos")):
        shown = [row for row in rows if row.kind == kind]
        if shown:
            parts[name] = {
                "timeline_variables": [
                    {"stimulus": row.file, **{entry: getattr(row, entry) for entry in SHOWN}} for row in shown
                ],
                "randomize_order": True,
            }
    preload = {
        name: [row.file for row in rows if row.kind == kind] for kind, name in ((STILL, "images"), (CLIP, "video"))
    }
    return json.dumps({"preload": preload, **parts}, indent=2, ensure_ascii=False) + "\n"
