"""Every metric of the toolkit. To add one, write its file in this folder and add its line below."""

from collections.abc import Mapping

from mienkit.core.naming import unknown_name
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
from mienkit.metrics.inception_score import CLASS_SCORE
from mienkit.metrics.kernel_distance import KERNEL_DISTANCE
from mienkit.metrics.leakage import ON_TARGET, WORST_LEAK
from mienkit.metrics.mds import MDS_SHARE
from mienkit.metrics.metric import Metric
from mienkit.metrics.psnr import PSNR
from mienkit.metrics.reversibility import REVERSIBILITY_AUS, REVERSIBILITY_PIXELS
from mienkit.metrics.spectrum import HIGH_SHARE, SPECTRUM_DISTANCE
from mienkit.metrics.ssim import SSIM

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        ACD, ACD_I,
        AU_MAE, AU_PCC, AU_ICC,
        BACKGROUND_CHANGE,
        COPY_CORRECTED,
        DIVERSITY,
        DOSE_R2, DOSE_SPEARMAN, DOSE_SLOPE,
        EMOTION_ACCURACY,
        FLICKER,
        FRECHET,
        GAIN_IDENTITY,
        NEAREST_IS_OWN, TO_OWN_MEAN, TO_NEAREST_REAL,
        IDENTITY,
        CLASS_SCORE,
        KERNEL_DISTANCE,
        ON_TARGET, WORST_LEAK,
        MDS_SHARE,
        PSNR,
        REVERSIBILITY_PIXELS, REVERSIBILITY_AUS,
        HIGH_SHARE, SPECTRUM_DISTANCE,
        SSIM,
    )
}  # fmt: skip
"""Name -> metric; a line a file."""


def metric(name: str) -> Metric:
    """Look a metric up by its name, or by that of a figure: ``acd``, ``acd_mobileface_v2``, ``fid_5k``.

    Raises:
        UnknownNameError: there is none.
    """
    if name in METRICS:
        return METRICS[name]
    starts = {start: one for one in METRICS.values() if one.named_after for start in (one.name, one.inception_name)}
    longest = max((start for start in starts if start and f"{name}_".startswith(f"{start}_")), key=len, default=None)
    if longest is None:
        raise unknown_name("metric", name, METRICS)
    return starts[longest]


def ranking_metrics(task: str) -> list[Metric]:
    """List the metrics by which models of a task may be ordered."""
    return [one for one in METRICS.values() if task in one.ranks]
