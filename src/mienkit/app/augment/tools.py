"""What augmenting needs: somebody who changes faces, somebody who measures them first, and somebody who judges."""

from dataclasses import dataclass
from pathlib import Path

import torch

from mienkit.app.augment.request import FaceClass
from mienkit.app.edit import provenance_of_model
from mienkit.app.editors import LoadedEditor, load_editor
from mienkit.app.judges import load_judge
from mienkit.core.action_unit import ACTION_UNITS, NUM_AUS
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.core.task import Reading
from mienkit.evaluation.looker import Looker
from mienkit.face.find import PhotoMeter
from mienkit.face.meter import load_meter
from mienkit.inference.edit import condition


@dataclass(frozen=True, kw_only=True)
class Tools:
    """Everything that works on faces."""

    editor: LoadedEditor
    meter: PhotoMeter
    """Tells the editor what a face shows, as in ``mien edit``."""
    judge: Looker

    @property
    def maker(self) -> str:
        """Name the editor and its weights, for the column ``editor``."""
        return " ".join([self.editor.name, *([self.editor.weights[:8]] if self.editor.weights else [])])

    def describe(self) -> dict[str, object]:
        """Say who works, so that two tables can be compared."""
        return {**provenance_of_model(self.editor), "meter": self.meter.name, "judge": self.judge.name}

    def check(self, wanted: FaceClass) -> None:
        """Make sure that a class can be asked for, and seen.

        Raises:
            ConfigError: it cannot.
        """
        unseen = [unit for unit in ACTION_UNITS if unit not in self.judge.units]
        if wanted.is_emotion and unseen:
            raise ConfigError(
                f"this judge ({self.judge.name}) cannot read {', '.join(unseen)}, and emotions are told by all units; "
                "take --judge judge or meter, or --by au"
            )
        if wanted.name in unseen:
            raise ConfigError(f"this judge ({self.judge.name}) cannot read {wanted.name}; take another one")
        calm = Reading(
            landmarks=torch.zeros(1, 68, 2),
            aus=torch.zeros(1, NUM_AUS),
            emotions=torch.eye(len(EMOTIONS))[:1],
            pose=torch.zeros(1, 3),
        )
        condition(self.editor.editor, calm, wanted.expression(1.0))


def load_tools(
    model: str | None = None,
    weights: Path | None = None,
    judge: str = "judge",
    device: str = "auto",
    pyfeat_python: Path | None = None,
) -> Tools:
    """Make editor, meter and judge ready; what the arguments are, ``load_editor`` and ``load_judge`` say.

    Raises:
        MienError: as those two.
    """
    editor = load_editor(model, weights, device)
    return Tools(editor=editor, meter=load_meter(), judge=load_judge(judge, pyfeat_python=pyfeat_python))
