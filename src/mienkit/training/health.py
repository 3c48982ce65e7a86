"""The known ways in which these trainings die, watched by name and reported with advice while there is time.

To watch for another one, write a function of the history below and add its line to PATHOLOGIES.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

from torch import Tensor

from mienkit.core.recipe import Sample, Terms
from mienkit.training.log import RunLog
from mienkit.training.run import Run

RECENT = 5
"""Observations of a term that are averaged, because one batch says little."""
START = 10
"""Observations that tell how a training began."""
ENOUGH = 40
"""Observations of a term before anything is concluded from its course."""
LOOKS = 3
"""Consecutive samples that must agree, and consecutive looks without a finding that end an episode."""
ALL_CHANGED, NONE_CHANGED, HARDLY_CHANGED = 0.95, 0.02, 0.1
"""Mean of the change map: everything is repainted, nothing is, little is."""
GAP_GROWTH = 5.0
"""How many times wider than at the start the critic's gap is when it has won; a gap under 1 counts as 1."""
SHORTCUT = 0.3
"""The generator's AU term as a share of that of real faces, below which the critic's AU head is being fooled."""
DRIFT = 0.1
"""Shift of a channel's mean, of the 2 between black and white."""
PROGRESS = 0.95
"""Share of its first value under which a term must have come to count as learning."""


@dataclass(frozen=True, kw_only=True)
class Signals:
    """Which logged terms and columns play which part; a part that a recipe lacks is not watched."""

    real: str = "critic/real"
    """``wasserstein_real``: minus the score of real images."""
    fake: str = "critic/fake"
    """``wasserstein_fake``: the score of synthesised images; the generator's term is its opposite."""
    au_real: str = "critic/aus"
    """AU error of the critic's head on real faces."""
    au_fake: str = "generator/aus"
    """AU error of the same head on synthesised faces."""
    progress: Sequence[str] = ("generator/aus",)
    """Terms that must fall as long as anything is learned."""
    source: str = "source"
    """Column of a sample with the faces before the edit."""
    edited: str = "edited"
    """Column with the faces after it."""


@dataclass
class History:
    """What was seen of a run, in order."""

    terms: dict[str, list[float]] = field(default_factory=dict)
    change: list[float] = field(default_factory=list)
    """Mean of the change map of each sample, in [0, 1]."""
    drift: list[float] = field(default_factory=list)
    """Largest shift of a channel's mean of each sample, on the scale [-1, 1]."""

    def term(self, name: str) -> list[float]:
        """Return the course of a term; empty where it is not logged."""
        return self.terms.get(name, [])


def changes_everything(history: History, signals: Signals) -> bool:
    """Tell whether the change map is full: the mask has given up."""
    return bool(history.change) and history.change[-1] > ALL_CHANGED


def changes_nothing(history: History, signals: Signals) -> bool:
    """Tell whether the change map has been empty for a while: output equals input."""
    return len(history.change) >= LOOKS and max(history.change[-LOOKS:]) < NONE_CHANGED


def critic_has_won(history: History, signals: Signals) -> bool:
    """Tell whether the gap between real and fake outgrew its start many times while the generator still loses."""
    real, fake = history.term(signals.real), history.term(signals.fake)
    if min(len(real), len(fake)) < ENOUGH:
        return False
    gap = [-r - f for r, f in zip(real, fake, strict=False)]
    grown = fmean(gap[-RECENT:]) > GAP_GROWTH * max(1.0, median(gap[:START]))
    still_losing = fmean(fake[-RECENT:]) < fmean(fake[-2 * START : -START])
    return grown and still_losing


def cheats_au_head(history: History, signals: Signals) -> bool:
    """Tell whether invisible traces please the AU head: it reads fakes far better than faces, and nothing moved."""
    real, fake = history.term(signals.au_real), history.term(signals.au_fake)
    if min(len(real), len(fake)) < RECENT or len(history.change) < LOOKS:
        return False
    pleased = fmean(fake[-RECENT:]) < SHORTCUT * fmean(real[-RECENT:])
    return pleased and max(history.change[-LOOKS:]) < HARDLY_CHANGED


def drifts_in_colour(history: History, signals: Signals) -> bool:
    """Tell whether edits tint the whole picture."""
    return len(history.drift) >= LOOKS and min(history.drift[-LOOKS:]) > DRIFT


def learns_nothing(history: History, signals: Signals) -> bool:
    """Tell whether a term that should fall stands where it began."""
    courses = [history.term(name) for name in signals.progress]
    return any(len(c) >= ENOUGH and fmean(c[-START:]) > PROGRESS * fmean(c[:START]) for c in courses)


@dataclass(frozen=True, kw_only=True)
class Pathology:
    """One way to die."""

    name: str
    advice: str
    """One sentence."""
    present: Callable[[History, Signals], bool]


PATHOLOGIES: Sequence[Pathology] = (
    Pathology(
        name="attention-all",
        advice="Every pixel is repainted: raise the weight of the attention term, or lower the adversarial one.",
        present=changes_everything,
    ),
    Pathology(
        name="attention-none",
        advice="The output equals the input: lower the weight of the attention term, or raise that of the AU term.",
        present=changes_nothing,
    ),
    Pathology(
        name="critic-wins",
        advice="The generator no longer follows the critic: lower n_critic or the critic's rate, or raise gp.",
        present=critic_has_won,
    ),
    Pathology(
        name="au-shortcut",
        advice="The AU head is fooled by traces that nobody sees: judge with a meter that is not trained along, "
        "or lower the weight of the AU term.",
        present=cheats_au_head,
    ),
    Pathology(
        name="colour-drift",
        advice="Edits tint the whole picture: raise the weight of the cycle term, or that of the attention term.",
        present=drifts_in_colour,
    ),
    Pathology(
        name="not-learning",
        advice="The term stands where it began: raise the learning rate or the term's weight, and check the labels.",
        present=learns_nothing,
    ),
)


class Monitor:
    """Collects what is seen of a run and finds each pathology once an episode."""

    def __init__(self, signals: Signals | None = None, pathologies: Sequence[Pathology] = PATHOLOGIES) -> None:
        self.signals, self.pathologies = signals or Signals(), pathologies
        self.history = History()
        self.absences: dict[str, int] = {}
        """Pathologies of an episode under way -> looks since it was last present."""

    def see_terms(self, terms: dict[str, float]) -> None:
        """Take note of raw terms."""
        for name, value in terms.items():
            self.history.terms.setdefault(name, []).append(value)

    def see_sample(self, sample: Sample) -> None:
        """Take note of what a sample shows."""
        if sample.change is not None:
            self.history.change.append(float(sample.change.float().mean()))
        before, after = (sample.columns.get(name) for name in (self.signals.source, self.signals.edited))
        if before is not None and after is not None:
            self.history.drift.append(colour_drift(before, after))

    def findings(self) -> list[Pathology]:
        """Return the pathologies whose episode begins now."""
        begun = []
        for pathology in self.pathologies:
            name = pathology.name
            if pathology.present(self.history, self.signals):
                if name not in self.absences:
                    begun.append(pathology)
                self.absences[name] = 0
            elif name in self.absences:
                self.absences[name] += 1
                if self.absences[name] >= LOOKS:
                    del self.absences[name]
        return begun


def colour_drift(before: Tensor, after: Tensor) -> float:
    """Return the largest shift of a channel's mean over a batch, (B, 3, H, W) in [-1, 1]."""
    return float((after.float() - before.float()).mean(dim=(0, 2, 3)).abs().max())


class HealthHook:
    """Looks at the terms every so many steps and, as a viewer of the sample hook, at the samples."""

    def __init__(
        self,
        log: RunLog,
        every: int = 100,
        signals: Signals | None = None,
        callback: Callable[[Run, Pathology], None] | None = None,
    ) -> None:
        """Watch a run.

        Args:
            log: gets a line ``{"step", "health", "advice"}`` when an episode begins.
            every: steps between looks.
            signals: which terms play which part.
            callback: is told the same.
        """
        self.log, self.every, self.callback = log, every, callback
        self.monitor = Monitor(signals)
        self.latest: Terms = {}
        self.stage = ""

    def __call__(self, run: Run, terms: Terms) -> None:
        if run.stage.name != self.stage:  # the terms of the stage before would stand still for ever
            self.stage, self.latest = run.stage.name, {}
        self.latest |= terms
        if run.step % self.every == 0:
            self.monitor.see_terms({name: value.item() for name, value in self.latest.items()})
            self.report(run)

    def see(self, run: Run, sample: Sample) -> None:
        """Look at a sample; give this to ``SampleHook`` as a viewer."""
        self.monitor.see_sample(sample)
        self.report(run)

    def report(self, run: Run) -> None:
        """Log the pathologies whose episode begins now and tell the callback."""
        for pathology in self.monitor.findings():
            self.log.append({"step": run.step, "health": pathology.name, "advice": pathology.advice})
            if self.callback is not None:
                self.callback(run, pathology)
