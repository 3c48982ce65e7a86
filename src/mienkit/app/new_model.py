"""A new model, begun: its file from a template, its line, and its page."""

import keyword
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from mienkit import baselines as baselines
from mienkit import systems as systems
from mienkit.core.config import require
from mienkit.core.errors import ConfigError, OutputError
from mienkit.core.model import MODELS
from mienkit.core.naming import unknown_name
from mienkit.weights.atomic import write_text

KINDS = {"baseline": "baselines", "system": "systems"}
"""What a model can be -> the folder that it belongs in."""
VAGUE = frozenset({"utils", "util", "helpers", "misc", "common", "base", "types", "constants"})
"""Names that say nothing; a test refuses them."""

MODEL = Template('''"""$title: say in one line what it is for.

Source: the paper, in one line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.action_unit import ACTION_UNITS, NUM_AUS
from mienkit.core.batch import PairBatch
from mienkit.core.model import MODELS
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.task import Edited


@MODELS.register
class $title(Recipe):
    """Says in one line what it does: `mien models` prints it."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 128
        steps: int = 2_000
        batch_size: int = 16
        learning_rate: float = 1e-3

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "tiny": {"image_size": 32, "steps": 3, "batch_size": 4},  # what the contract tests train
    }
    source = "the paper, in one line"
    vocabulary: ClassVar[tuple[str, ...]] = ACTION_UNITS  # or EMOTIONS

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        self.batch = PairBatch  # chooses the data: core/batch.py has the others
        self.generator = nn.Linear(NUM_AUS, 3, bias=False)  # a tint, to begin with

    def stages(self) -> Sequence[Stage]:
        adam = Adam(self.generator.parameters(), self.config.learning_rate)
        fit = Phase(name="fit", optimizer=adam, terms=self.terms, weights={"result": 1.0})
        return [Stage(name="fit", steps=self.config.steps, phases=[fit])]

    def terms(self, batch: PairBatch) -> Terms:
        edited = self.edit(batch.image, batch.source, batch.target).image
        return {"result": ((edited - batch.result).abs().mean((1, 2, 3)) * batch.paired).mean()}

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        tint = self.generator(target - source)[:, :, None, None]
        return Edited(image=(image + tint).clamp(-1, 1), change=torch.ones_like(image[:, :1]))

    def preview(self, batch: PairBatch) -> Sample:
        edited = self.edit(batch.image, batch.source, batch.target)
        return Sample(columns={"source": batch.image, "edited": edited.image, "exact": batch.result})
''')

PAGE = Template("""# $name

Says in one line what it does. Code: [`$folder/$name.py`](../../src/mienkit/$folder/$name.py).

## Idea

What it does that others do not, in a paragraph.

## Objective

| phase | term | what it is | default |
|---|---|---|---|
| fit | result | L1 to the exact result where there is one | 1 |

## Differences from the paper

| setting | default | source or reason |
|---|---|---|
| image_size | 128 |  |
| steps | 2000 |  |
| batch_size | 16 |  |
| learning_rate | 0.001 |  |

## Measured

Nothing yet.

## Licence and intended use

Apache-2.0; no weights.
""")


@dataclass(frozen=True, kw_only=True)
class NewModel:
    """What was written for a model."""

    name: str
    model: Path
    line: Path
    """The file that its line was added to."""
    page: Path


def write_model(kind: str, name: str, repository: Path) -> NewModel:
    """Begin a model: its file, its line and its page, which pass every test as they are.

    Args:
        kind: ``baseline`` or ``system``.
        name: of the file, of the model on the command line and, in capitals, of its class.
        repository: a checkout of this toolkit.

    Raises:
        UnknownNameError: there is no such kind.
        ConfigError: the name cannot be one, or the folder is no checkout.
        OutputError: something of that name is there, or cannot be written.
    """
    if kind not in KINDS:
        raise unknown_name("kind of model", kind, KINDS)
    check_name(name)
    folder, pages = repository / "src" / "mienkit" / KINDS[kind], repository / "docs" / "models"
    new = NewModel(name=name, model=folder / f"{name}.py", line=folder / "__init__.py", page=pages / f"{name}.md")
    if not (new.line.is_file() and pages.is_dir()):
        raise ConfigError(f"{repository} is no checkout of mienkit; run this in one, or name it with --repository")
    taken = [path for other in KINDS.values() for path in (folder.parent / other).glob(f"{name}*")]
    for path in (*taken, new.page):
        if path.stem == name and path.exists():
            raise OutputError(f"{path} is there already; choose another name, or delete it and its line first")
    words = {"name": name, "title": class_name(name), "folder": KINDS[kind]}
    try:
        write_text(new.model, MODEL.substitute(words))
        write_text(new.page, PAGE.substitute(words))
        write_text(new.line, with_line(new.line.read_text(encoding="utf-8"), KINDS[kind], name))
    except OSError as error:
        raise OutputError(f"cannot write {error.filename or new.model}: {error.strerror}") from None
    return new


def check_name(name: str) -> None:
    """Hold a name to what a module of this package may be called.

    Raises:
        ConfigError: it may not.
    """
    spelled = re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) is not None and not keyword.iskeyword(name)
    require(spelled, f"'{name}' cannot be a model's name; take small letters, digits and single underscores")
    require(name not in VAGUE, f"'{name}' says nothing; call the model by what it does")
    require(name not in MODELS, f"a model is called '{name}' already; choose another name")


def class_name(name: str) -> str:
    """Spell a model's name as its class: ``landmark_transfer`` -> ``LandmarkTransfer``."""
    return "".join(word.capitalize() for word in name.split("_"))


def with_line(text: str, folder: str, name: str) -> str:
    """Add a model's line to those of its package, in the order of the alphabet."""
    lines = text.splitlines()
    first = next((number for number, line in enumerate(lines) if line.startswith("from ")), len(lines))
    imports = sorted([*lines[first:], f"from mienkit.{folder} import {name} as {name}"])
    return "\n".join([*lines[:first], *imports]) + "\n"
