"""What stands in a column of the page: title, direction, unit, and what to know."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mienkit.metrics.acd import ACD, ACD_I
from mienkit.metrics.au_agreement import AU_ICC, AU_MAE, AU_PCC
from mienkit.metrics.background import BACKGROUND_CHANGE
from mienkit.metrics.copy_corrected import COPY_CORRECTED
from mienkit.metrics.diversity import DIVERSITY
from mienkit.metrics.dose_response import DOSE_R2, DOSE_SLOPE, DOSE_SPEARMAN
from mienkit.metrics.emotion_accuracy import EMOTION_ACCURACY
from mienkit.metrics.flicker import FLICKER
from mienkit.metrics.frechet import FRECHET
from mienkit.metrics.gain_identity import GAIN_IDENTITY
from mienkit.metrics.geodesic import NEAREST_IS_OWN, TO_NEAREST_REAL, TO_OWN_MEAN
from mienkit.metrics.identity import IDENTITY
from mienkit.metrics.leakage import ON_TARGET, WORST_LEAK
from mienkit.metrics.metric import ARROWS, Better, Metric
from mienkit.metrics.psnr import PSNR
from mienkit.metrics.reversibility import REVERSIBILITY_AUS, REVERSIBILITY_PIXELS
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
    more: bool = False
    """Stands in the folded table of further figures."""

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
        trap = f" {self.of.trap}".replace("`", "") if self.of and self.of.trap else ""
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
    task: str = "edit"
    """Of ``core.task``, whose rules say which figures of whole sets may order models."""


DOSES = Family(
    title="Editors of action units on photographs",
    asked="Photographs of people whom no training saw. Every unit that the judge reads is asked for at 0, 0.2, 0.4, "
    "0.6, 0.8 and 1 of people who do not show it, and seven emotions at 1; exact changes of other photographs say what "
    "an edit should look like.",
    guide="docs/guides/evaluate.md",
    failures="The five edits of single units and the five emotions at 1 that keep least of their person by the cosine "
    "of embeddings, a person once among each.",
    columns=(
        Column(name="gain_identity", title="gain against identity, area", of=GAIN_IDENTITY,
               what="The share of exact changes that is reached at every dose, against the identity that is left: the "
               "area under the curve below. Doing nothing has 0, a perfect edit 1."),
        Column(name="dose_r2", title="R² of doses, median", of=DOSE_R2,
               what="R² of the line through the mean answer to six doses, median over units."),
        Column(name="dose_slope", title="slope", of=DOSE_SLOPE,
               what="Of these lines, mean over units, in the judge's unit; compare with the row of exact changes."),
        Column(name="on_target", title="on target", of=ON_TARGET,
               what="Right changes of units as a share of all changes at 1, those of exact changes taken off: the maps "
               "below, in a number."),
        Column(name="emotion", title="emotion met", of=EMOTION_ACCURACY, factor=100, digits=0, unit="%",
               what="Share of emotions asked for at 1 that are the most likely one to whoever reads AU errors; below, "
               "which are taken for which."),
        Column(name="off_target", title="off-target", own="lower", ranks=False, more=True, digits=3,
               what="Mean change of units that exact changes leave alone; doing nothing has 0."),
        Column(name="identity_units", title="identity, units", of=IDENTITY, ranks=False,
               what="Cosine of embeddings before and after, one unit at 1, median; doing nothing has 1."),
        Column(name="identity_emotions", title="identity, emotions", of=IDENTITY, ranks=False, more=True,
               what="The same as of units, for emotions at 1."),
        Column(name="au_error", title="AU error", of=AU_MAE, digits=3,
               what="Difference between the unit that is read and the 1 that was asked for."),
        Column(name="undo_pixels", title="left after undoing, pixels", of=REVERSIBILITY_PIXELS,
               what="The edited face is measured and asked for what it showed before, one edit of each of up to 40 "
               "people: distance to the photograph as a share of the edit's own change, median; 0 comes back."),
        Column(name="pixels_of_copy", title="pixel error, left", own="lower",
               what="Distance to the exact picture where it differs from the photograph, as a share of doing nothing."),
        Column(name="landmarks", title="landmark error", own="lower", digits=2, factor=100.0, unit="%",
               what="Distance to the landmarks of the exact picture, in per cent of the distance of the outer eye "
               "corners."),
        Column(name="background", title="background change", of=BACKGROUND_CHANGE, ranks=False, more=True,
               what="Mean change outside an oval around the face, forehead and dropped chin included, of edits at 1, "
               "levels of 255; doing nothing has 0."),
        Column(name="undo_aus", title="left after undoing, units", of=REVERSIBILITY_AUS, more=True,
               what="As in pixels, of the units that the judge reads."),
        Column(name="dose_spearman", title="order of doses", of=DOSE_SPEARMAN, more=True,
               what="Spearman's correlation of mean answers and doses, median over units."),
        Column(name="single_r2", title="R² of single people, median", of=DOSE_R2, more=True,
               what="Of each person's own line, median over people and units; quartiles stand below the curves."),
        Column(name="au_mae", title="dose error", of=AU_MAE, digits=3, more=True,
               what="Mean difference of the judge's reading of a unit and the dose that was asked for, over all doses "
               "and units; a channel of MediaPipe is no intensity."),
        Column(name="au_pcc", title="dose correlation", of=AU_PCC, more=True,
               what="Pearson's correlation of the same, over people and doses, mean over units."),
        Column(name="au_icc", title="dose agreement, ICC(3,1)", of=AU_ICC, more=True, what="The same as agreement."),
        Column(name="worst_leak", title="worst leak", of=WORST_LEAK, digits=1, more=True,
               what="Largest wrong change of a unit as a share of the change of the one that was asked for; none where "
               "a unit does not answer at all."),
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
        Column(name="emotion_corrected", title="emotion met, copy-corrected", of=COPY_CORRECTED, more=True,
               what="(model - copy) / (exact - copy) of the emotion met: 0 is doing nothing, 1 what the judge sees in "
               "exact pictures."),
        Column(name="aus_corrected", title="AU error, copy-corrected", of=COPY_CORRECTED, more=True,
               what="The same of the AU error; the judge errs on exact pictures, too."),
        Column(name="au_pcc", title="AU correlation", of=AU_PCC, more=True,
               what="Pearson's correlation of the units that the judge reads with the exact ones, mean over units."),
        Column(name="au_icc", title="AU agreement, ICC(3,1)", of=AU_ICC, more=True,
               what="The same as agreement; what is read of each unit stands below."),
        Column(name="background", title="background change", of=BACKGROUND_CHANGE, ranks=False, more=True,
               what="Mean change where the exact result leaves the picture alone, levels of 255; doing nothing has 0."),
        Column(name="ssim", title="SSIM", of=SSIM, ranks=False, digits=3, more=True,
               what="To the exact picture, over the whole picture; most should stay, so doing nothing scores high."),
        Column(name="psnr", title="PSNR", of=PSNR, ranks=False, digits=1, unit="dB", more=True,
               what="The same as a ratio."),
    ),
)  # fmt: skip
RISES = Family(
    title="Landmarks that move",
    task="move",
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
    task="animate",
    asked="Faces at rest of people whom no training saw become clips of each of seven emotions; a sampler makes "
    "somebody up. The row real are the people's own clips.",
    guide="docs/guides/motion-metrics.md",
    columns=(
        Column(name="emotion", title="emotion met", of=EMOTION_ACCURACY, factor=100, digits=0, unit="%",
               what="Share of clips whose last frames show the emotion that was asked for, by the judge."),
        Column(name="frames", title="Fréchet distance, judge's features", of=FRECHET, digits=1,
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
JUDGES = Family(
    title="Judges on exact changes",
    asked="All judges look at the same photographs and exact changes of them, of people from whom none of them "
    "learned. Held against each other are the changes within people, unit by unit; figures are means over the units "
    "that all of these judges read.",
    guide="docs/guides/judges.md",
    columns=(
        Column(name="pcc", title="correlation (PCC)", of=AU_PCC,
               what="Pearson's correlation of the changes, mean over units."),
        Column(name="icc", title="ICC(3,1)", of=AU_ICC,
               what="Agreement that minds the scale: half of every change agrees less than the whole."),
        Column(name="mae", title="mean difference", of=AU_MAE, ranks=False, digits=3,
               what="Mean absolute difference of the changes; see the row of who sees no change."),
    ),
)  # fmt: skip
FAMILIES: Mapping[str, Family] = {
    "edit-doses": DOSES,
    "static-edit": STATIC,
    "motion-rises": RISES,
    "motion-clips": CLIPS,
    "judges-on-exact-changes": JUDGES,
}


def family_of(protocol: str) -> Family:
    """Describe a protocol; one of a newer mienkit has no columns."""
    name = re.sub(r"-\d+$", "", protocol)
    return FAMILIES.get(name, Family(title=protocol, asked="", guide="docs/guides/benchmark.md", columns=()))
