"""Several expressions of one face side by side: what sheets, clips and their records are made of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mienkit.app.edit import Workshop
from mienkit.app.measure import NamedAUs, named_aus, named_emotions
from mienkit.core.action_unit import side_dict, whole_unit
from mienkit.core.expression import Expression
from mienkit.core.image import Picture
from mienkit.face.align import crop_face
from mienkit.face.find import Face
from mienkit.face.photo import Photo
from mienkit.inference.edit import EditResult, edit_expressions
from mienkit.inference.sheet import Row, Tile
from mienkit.inference.sweep import Sweep
from mienkit.inference.window import cut_window

TILE = 224
"""Side of a face on a sheet, in pixels."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """One synthesised expression: the picture, what was asked for and what was measured."""

    expression: Expression
    result: EditResult
    face: Face
    """In the coordinates of the result's pixels."""
    aus: NamedAUs
    """Measured afterwards; None where the meter cannot see the unit on photographs."""
    emotions: dict[str, float]

    def picture(self, side: int = TILE) -> Picture:
        """Cut the face out, (side, side, 3)."""
        return crop_face(self.result.pixels, self.face.alignment.resized(side))

    def describe(self) -> dict[str, object]:
        """Return it as plain JSON-able values."""
        asked = self.expression
        return {
            "asked": asked.describe(),
            "requested": side_dict(self.result.sides) if asked.emotion else dict(asked.aus),
            "target": side_dict(self.result.sides),
            "measured": self.aus,
            "emotions": self.emotions,
            "mean_change": round(float(self.result.change.mean()), 4),
        }


def show_expressions(photo: Photo, face: Face, expressions: Sequence[Expression], workshop: Workshop) -> list[Shown]:
    """Synthesise expressions of one face; of a large photo only the surroundings of the face are kept."""
    near, moved = cut_window(photo, face)
    meter = workshop.instruments.meter
    return [
        Shown(
            expression=expression,
            result=result,
            face=moved,
            aus=named_aus(result.measured, meter.blind),
            emotions=named_emotions(result.reading),
        )
        for expression, result in zip(
            expressions, edit_expressions(near, moved, workshop.editor.editor, expressions, meter), strict=True
        )
    ]


def show_sweeps(
    photo: Photo, face: Face, sweeps: Sequence[tuple[Sweep, Sequence[Expression]]], workshop: Workshop
) -> list[list[Shown]]:
    """Synthesise all steps of all sweeps together; one list a sweep."""
    shown = iter(show_expressions(photo, face, [one for _, steps in sweeps for one in steps], workshop))
    return [[next(shown) for _ in steps] for _, steps in sweeps]


def sweep_row(sweep: Sweep, shown: Sequence[Shown]) -> Row:
    """Lay one sweep out as a row of a sheet."""
    tiles = [
        Tile(picture=one.picture(), caption=f"{value:g}", note=measured_note(one, sweep.aus))
        for one, value in zip(shown, sweep.values, strict=True)
    ]
    return Row(label=sweep.title, detail=sweep.detail, tiles=tiles)


def emotion_tile(shown: Shown) -> Tile:
    """Lay one emotion out as a tile of a sheet."""
    return Tile(picture=shown.picture(), caption=shown.expression.describe(), note=measured_note(shown))


def measured_note(shown: Shown, aus: Collection[str] = ()) -> str:
    """Say what was measured of what was asked for; units that the meter cannot see are left out."""
    if shown.expression.emotion is not None:
        return f"measured {shown.emotions[shown.expression.emotion]:.2f}"
    seen = [f"{value:.2f}" for name in aus if (value := shown.aus[whole_unit(name)]) is not None]
    return f"measured {' / '.join(seen)}" if seen else ""
