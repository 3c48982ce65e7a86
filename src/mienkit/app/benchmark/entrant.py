"""Who takes part: registered models with their weights, and outside systems with what they delivered."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import safe_open

from mienkit.app.compare_static import ALWAYS, Contestant, load_contestant
from mienkit.app.models import list_models, released_folder
from mienkit.core.config import require
from mienkit.core.model import MODELS
from mienkit.core.task import tasks_of
from mienkit.weights.calibration import CALIBRATION
from mienkit.weights.folder import TENSORS, digest, read_about

if TYPE_CHECKING:
    from mienkit.app.benchmark.outside import Outputs

ALL = "all"
"""Stands for every model that has weights, or needs none."""
JUDGED = ("edit", "transfer", "paint", "move", "sample", "animate")
"""Tasks that there is a protocol for."""
MAKER = "morphable"
"""It draws with the machinery that made the exact changes of photographs, and competes with nobody in them."""


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """Somebody who takes part."""

    title: str
    name: str
    folder: Path | None = None
    """Where the weights lie; None where there are none."""
    outputs: "Outputs | None" = None
    """Of an outside system."""

    @property
    def kind(self) -> str:
        """See ``Line.kind``."""
        return "outside" if self.outputs else "trivial" if self.name in ALWAYS and self.folder is None else "model"

    @property
    def kind_on_photographs(self) -> str:
        """See ``Line.kind``, where the exact results are re-expressed photographs."""
        return "maker" if self.name == MAKER and not self.outputs else self.kind

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """What it can do; none of an outside system, which answers or does not."""
        return () if self.outputs else tasks_of(MODELS[self.name])

    @cached_property
    def weights(self) -> str | None:
        """SHA-256 of what decides its answers: the weights file, or all that an outside system delivered."""
        if self.outputs:
            return self.outputs.sha256
        return digest(self.folder / TENSORS) if self.folder else None

    @cached_property
    def calibration(self) -> str | None:
        """SHA-256 of the calibration that an editor of units takes by default; None where there is none."""
        path = self.folder / CALIBRATION if self.folder else None
        return digest(path) if path is not None and path.is_file() else None

    @cached_property
    def parameters(self) -> int:
        """Numbers in the weights file."""
        if self.folder is None:
            return 0
        with safe_open(self.folder / TENSORS, "pt") as file:
            parts = [file.get_slice(name) for name in file.keys()]  # noqa: SIM118 - it is no mapping
            return sum(size_of(part.get_shape()) for part in parts if part.get_dtype().startswith(("F", "BF")))

    @property
    def bytes(self) -> int:
        """Of the weights file."""
        return (self.folder / TENSORS).stat().st_size if self.folder else 0

    def contestant(self, size: int) -> Contestant:
        """Make the model ready; without weights it is built for pictures of this size.

        Raises:
            MienError: the weights cannot be used.
        """
        return load_contestant(f"{self.name}={self.folder}" if self.folder else self.name, size, self.title)


def size_of(shape: Sequence[int]) -> int:
    """Count the numbers of a tensor."""
    count = 1
    for side in shape:
        count *= side
    return count


def list_entrants(words: Sequence[str], outside: "Sequence[tuple[str, Outputs]]" = ()) -> list[Entrant]:
    """List who takes part: ``copy`` and ``warp`` first, then those that are named.

    Args:
        words: ``NAME``, ``NAME=FOLDER`` with weights of one's own, or ``all`` for every model that has weights or needs
            none; the same as ``all`` if there are none. Several weights of one model are its trainings.
        outside: names and outputs of outside systems.

    Raises:
        UnknownNameError: there is no such model.
        WeightsError: the weights are missing or another model's.
        ConfigError: a model does nothing that there is a protocol for, or two have one name.
    """
    chosen: list[Entrant] = []
    for word in [*ALWAYS, *(words or [ALL])]:
        chosen += everybody() if word == ALL else [entrant_of(word)]
    found: dict[str, Entrant] = {}
    for one in chosen:
        twin = found.get(one.title)
        if twin is not None and one.weights == twin.weights:
            continue
        title = one.title if twin is None else f"{one.title} {(one.weights or '')[:8]}"
        found[title] = replace(one, title=title)
    for name, outputs in outside:
        require(name not in found and name not in MODELS, f"--external {name}: that name is taken; choose another one")
        found[name] = Entrant(title=name, name=name, outputs=outputs)
    return list(found.values())


def everybody() -> list[Entrant]:
    """List every registered model that has weights in the package or needs none, and that a protocol judges."""
    ready = [one for one in list_models() if one.weights != "train them" and set(JUDGED) & set(one.tasks)]
    return [Entrant(title=one.name, name=one.name, folder=released_folder(one.name)) for one in ready]


def entrant_of(word: str) -> Entrant:
    """Read ``NAME`` or ``NAME=FOLDER``.

    Raises:
        UnknownNameError: there is no such model.
        WeightsError: there are no such weights, or they are another model's.
        ConfigError: there is no protocol for the model.
    """
    name, _, given = word.partition("=")
    kind = MODELS[name]
    require(
        bool(set(JUDGED) & set(tasks_of(kind))),
        f"no protocol judges {name}, which can {', '.join(tasks_of(kind))}; `mien evaluate {name}` may",
    )
    folder = Path(given).expanduser() if given else released_folder(name)
    if given:
        assert folder is not None
        read_about(folder)
    return Entrant(title=name, name=name, folder=folder)


def hash_tables(tables: Sequence[Path]) -> str:
    """Return the SHA-256 of what tables hold, equal for copies on other machines."""
    sums = [digest(path) for table in tables for path in sorted(table.glob("*.parquet"))]
    return hashlib.sha256(" ".join(sums).encode()).hexdigest()
