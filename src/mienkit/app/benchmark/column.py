"""What stands in a column of the page: title, direction, unit, and what to know."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mienkit.metrics.acd import ACD, ACD_I
from mienkit.metrics.au_agreement import AU_MAE
from mienkit.metrics.diversity import DIVERSITY
from mienkit.metrics.dose_response import DOSE_R2, DOSE_SLOPE
from mienkit.metrics.emotion_accuracy import EMOTION_ACCURACY
from mienkit.metrics.flicker import FLICKER
from mienkit.metrics.frechet import FRECHET
from mienkit.metrics.gain_identity import GAIN_IDENTITY
from mienkit.metrics.geodesic import NEAREST_IS_OWN, TO_NEAREST_REAL, TO_OWN_MEAN
from mienkit.metrics.identity import IDENTITY
from mienkit.metrics.metric import ARROWS, Better, Metric
from mienkit.metrics.psnr import PSNR
from mienkit.metrics.spectrum import HIGH_SHARE, SPECTRUM_DISTANCE
from mienkit.metrics.ssim import SSIM


@dataclass(frozen=True, kw_only=True)
class Column:
    """One figure of a protocol."""

    name: str
    """In ``Line.figures``."""
    title: str
    what: str
    """In a sentence."""
    digits: int = 2
    factor: float = 1.0
    """Multiplied with, for per cent."""
    unit: str = ""
    of: Metric | None = None
    """What the catalogue knows of it."""
    own: Better = "higher"
    """The direction of a figure that the catalogue does not know."""
    ranks: bool = True
    """Whether models may be ordered by it; others are shown beside."""

    @property
    def better(self) -> Better:
        """Which direction is better."""
        return self.of.better if self.of else self.own

    @property
    def arrow(self) -> str:
        """Show the direction in one character."""
        return ARROWS[self.better]

    @property
    def direction(self) -> str:
        """Say the direction in words."""
        words = {"higher": "higher is better", "lower": "lower is better", "as real": "best as real results have it"}
        return words[self.better] + ("" if self.ranks else "; shown, ranks nobody")

    @property
    def explanation(self) -> str:
        """Say what it is, its direction, and how it misleads."""
        trap = f" {self.of.trap}" if self.of and self.of.trap else ""
        return f"{self.what} {self.direction.capitalize()}.{trap}"


@dataclass(frozen=True, kw_only=True)
class Family:
    """A protocol, whatever its counts are."""

    title: str
    asked: str
    """What everybody is asked, in a sentence or two."""
    guide: str
    """Where it is explained."""
    columns: Sequence[Column]
    failures: str = ""
    """By which rule the gallery of failures is chosen."""


DOSES = Family(
    title="Editors of action units on photographs",
    asked="Photographs of people whom no training saw. Every unit that the judge reads is asked for at 0, 0.2, 0.4, "
    "0.6, 0.8 and 1 of people who do not show it, and seven emotions at 1; exact changes of other photographs say what "
    "an edit should look like.",
    guide="docs/guides/evaluate.md",
    failures="The five edits of single units and the five emotions at 1 that keep least of their person by the cosine "
    "of embeddings, a person once among each.",
    columns=(
        Column(name="gain_identity", title="gain against identity", of=GAIN_IDENTITY,
               what="The share of exact changes that is reached at every dose, against the identity that is left: the "
               "area under the curve below. Doing nothing has 0, a perfect edit 1."),
        Column(name="dose_r2", title="R² of doses, median", of=DOSE_R2,
               what="R² of the line through the mean answer to six doses, median over units."),
        Column(name="dose_slope", title="slope", of=DOSE_SLOPE,
               what="Of these lines, mean over units, in the judge's unit; compare with the row of exact changes."),
        Column(name="off_target", title="off-target", own="lower", ranks=False, digits=3,
               what="Mean change of units that exact changes leave alone; doing nothing has 0."),
        Column(name="identity_units", title="identity, units", of=IDENTITY, ranks=False,
               what="Cosine of embeddings before and after, one unit at 1, median; doing nothing has 1."),
        Column(name="identity_emotions", title="identity, emotions", of=IDENTITY, ranks=False,
               what="The same for emotions at 1."),
        Column(name="au_error", title="AU error", of=AU_MAE, digits=3,
               what="Difference between the unit that is read and the 1 that was asked for."),
        Column(name="pixels_of_copy", title="pixel error, left", own="lower",
               what="Distance to the exact picture where it differs from the photograph, as a share of doing nothing."),
        Column(name="landmarks", title="landmark error", own="lower", digits=2, factor=100.0, unit="%",
               what="Distance to the landmarks of the exact picture, in per cent of the distance of the outer eye "
               "corners."),
        Column(name="flicker", title="flicker", own="lower", ranks=False,
               what="What frame-by-frame edits of a clip add to the difference of neighbouring frames, levels of 255."),
    ),
)  # fmt: skip
STATIC = Family(
    title="Edits with a known result",
    asked="Pictures of people whom no training saw become other pictures of the same person in the same scene that are "
    "known exactly, half of them from neutral. Editors are told units or an emotion, painters the exact landmarks, "
    "transferers somebody else who shows the expression.",
    guide="docs/small.md",
    failures="The five edits that are farthest behind leaving the picture alone where it should change, one a person.",
    columns=(
        Column(name="region_gain", title="pixel error, gone", factor=100, digits=0, unit="%",
               what="Share of the pixel error of doing nothing that is gone; 100 % is perfect, below 0 is worse than "
               "nothing."),
        Column(name="aus_gain", title="AU error, gone", factor=100, digits=0, unit="%",
               what="The same of the error of the 17 units that the judge reads."),
        Column(name="emotion", title="emotion met", of=EMOTION_ACCURACY, factor=100, digits=0, unit="%",
               what="Share of edits whose most likely emotion is the one asked for, by the judge."),
        Column(name="aus", title="AU error", of=AU_MAE, digits=3,
               what="Mean difference between the units that the judge reads and the exact ones."),
        Column(name="region", title="pixel error", own="lower", digits=3,
               what="Mean difference to the exact picture where it differs from the one before; images in [-1, 1]."),
        Column(name="identity", title="identity", of=IDENTITY, ranks=False,
               what="Cosine of embeddings before and after; doing nothing has 1, exact results have what an expression "
               "costs."),
        Column(name="ssim", title="SSIM", of=SSIM, ranks=False, digits=3,
               what="To the exact picture, over the whole picture; most should stay, so doing nothing scores high."),
        Column(name="psnr", title="PSNR", of=PSNR, ranks=False, digits=1, unit="dB", what="The same as a ratio."),
    ),
)  # fmt: skip
RISES = Family(
    title="Landmarks that move",
    asked="Faces at rest of people whom no training saw move to each of seven emotions, four times; motions of other "
    "people say what is real.",
    guide="docs/guides/motion-metrics.md",
    columns=(
        Column(name="nearest_mean", title="own class nearest", of=NEAREST_IS_OWN, factor=100, digits=0, unit="%",
               what="Share of the motions whose own class's mean is nearer than any other's."),
        Column(name="own", title="angle to own mean", of=TO_OWN_MEAN, ranks=False, what="In radians; a mean has 0."),
        Column(name="nearest", title="angle to nearest real", of=TO_NEAREST_REAL, what="In radians."),
        Column(name="diversity", title="diversity", of=DIVERSITY,
               what="Mean angle among motions of one class, as a share of the real ones'."),
        Column(name="amplitude", title="amplitude", own="as real",
               what="How far landmarks go, as a share of the mean of the class."),
        Column(name="trembling", title="trembling", of=HIGH_SHARE, digits=3,
               what="Share of the velocity's power above a quarter of a cycle a frame."),
        Column(name="spectrum", title="spectrum distance", of=SPECTRUM_DISTANCE, digits=1, unit="dB",
               what="Of the mean spectra of velocity to real ones'."),
    ),
)  # fmt: skip
CLIPS = Family(
    title="Clips",
    asked="Faces at rest of people whom no training saw become clips of each of seven emotions; a sampler makes "
    "somebody up. The row real are the people's own clips.",
    guide="docs/guides/motion-metrics.md",
    columns=(
        Column(name="emotion", title="emotion met", of=EMOTION_ACCURACY, factor=100, digits=0, unit="%",
               what="Share of clips whose last frames show the emotion that was asked for, by the judge."),
        Column(name="frames", title="Fréchet distance", of=FRECHET, digits=1,
               what="Between the judge's features of single frames and of other people's real ones."),
        Column(name="diversity", title="diversity", of=DIVERSITY,
               what="Distance of features among clips of one emotion, as a share of the real ones'."),
        Column(name="movement", title="movement", own="as real", digits=3,
               what="Of the landmarks from first to last frame, as a share of the distance of the eyes."),
        Column(name="flicker", title="flicker", of=FLICKER,
               what="Change from frame to frame that landmarks do not explain, levels of 255; a still clip has 0."),
        Column(name="acd", title="ACD", of=ACD, ranks=False,
               what="Distance between embeddings of a clip's frames; a still clip has 0."),
        Column(name="acd_i", title="ACD-I", of=ACD_I, ranks=False,
               what="The same to the picture that the clip began with."),
    ),
)  # fmt: skip
FAMILIES: Mapping[str, Family] = {
    "edit-doses": DOSES,
    "static-edit": STATIC,
    "motion-rises": RISES,
    "motion-clips": CLIPS,
}


def family_of(protocol: str) -> Family:
    """Describe a protocol; one of a newer mienkit has no columns."""
    name = re.sub(r"-\d+$", "", protocol)
    return FAMILIES.get(name, Family(title=protocol, asked="", guide="docs/guides/benchmark.md", columns=()))
