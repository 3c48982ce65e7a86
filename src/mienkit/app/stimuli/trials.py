"""Lists of trials for the programs that show stimuli to people."""

import json
from collections.abc import Sequence

from mienkit.app.stimuli.design import CLIP, STILL
from mienkit.app.stimuli.row import Row, csv_text, write

SHOWN = ("identity", "condition", "level", "kind", "seconds", "check", "may_publish")
"""Entries of a row that a trial bears."""


def psychopy_conditions(rows: Sequence[Row]) -> str:
    """Write a conditions file of PsychoPy: a line a trial; its loop puts them into an order of its own."""
    return csv_text([{"stimulus": row.file, **{name: write(getattr(row, name)) for name in SHOWN}} for row in rows])


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
