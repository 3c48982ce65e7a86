"""Who takes part: registered models with their weights, and outside systems with what they delivered."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from mienkit.app.compare_static import ALWAYS, Contestant, load_contestant
from mienkit.app.models import list_models, released_folder
from mienkit.core.config import require
from mienkit.core.errors import WeightsError
from mienkit.core.model import MODELS
from mienkit.core.task import tasks_of
from mienkit.data.table import open_table
from mienkit.weights.calibration import CALIBRATION
from mienkit.weights.folder import TENSORS, digest, read_about

if TYPE_CHECKING:
    from mienkit.app.benchmark.outside import Outputs

ALL = "all"
"""Stands for every model that has weights, or needs none."""
JUDGED = ("edit", "transfer", "paint", "move", "sample", "animate")
"""Tasks that there is a protocol for."""
RAW = " (raw)"
"""Stands behind the name of an editor whose calibration is left out."""
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
    raw: bool = False
    """Whether a calibration that lies beside the weights is left out."""

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
        """SHA-256 of the calibration that its edits take; None where there is none, or it is left out."""
        return None if self.raw else self.own_calibration

    @cached_property
    def own_calibration(self) -> str | None:
        """SHA-256 of the calibration that lies beside the weights of an editor; None where there is none."""
        path = self.folder / CALIBRATION if self.folder and "edit" in self.tasks else None
        return digest(path) if path is not None and path.is_file() else None

    @cached_property
    def parameters(self) -> int:
        """Numbers in the weights file; 0 of one that is broken, which says so when it is loaded."""
        if self.folder is None:
            return 0
        try:
            with safe_open(self.folder / TENSORS, "pt") as file:
                parts = [file.get_slice(name) for name in file.keys()]  # noqa: SIM118 - it is no mapping
                return sum(size_of(part.get_shape()) for part in parts if part.get_dtype().startswith(("F", "BF")))
        except SafetensorError:
            return 0

    @property
    def bytes(self) -> int:
        """Of the weights file."""
        return (self.folder / TENSORS).stat().st_size if self.folder else 0

    def contestant(self, size: int) -> Contestant:
        """Make the model ready; without weights it is built for pictures of this size.

        Raises:
            MienError: the weights cannot be used.
        """
        word = f"{self.name}={self.folder}" if self.folder else self.name
        return load_contestant(word, size, self.title, raw=self.raw)


def size_of(shape: Sequence[int]) -> int:
    """Count the numbers of a tensor."""
    count = 1
    for side in shape:
        count *= side
    return count


def list_entrants(
    words: Sequence[str], outside: "Sequence[tuple[str, Outputs]]" = (), *, raw: bool = False
) -> list[Entrant]:
    """List who takes part: ``copy`` and ``warp`` first, then those that are named.

    Args:
        words: ``NAME``, ``NAME=FOLDER`` with weights of one's own, or ``all`` for every model that has weights or needs
            none; the same as ``all`` if there are none. Several weights of one model are its trainings.
        outside: names and outputs of outside systems.
        raw: leave calibrations out; whoever has one is called so.

    Raises:
        UnknownNameError: there is no such model.
        WeightsError: the weights are missing or another model's.
        ConfigError: a model does nothing that there is a protocol for, or two have one name.
    """
    chosen: list[Entrant] = []
    for word in [*ALWAYS, *(words or [ALL])]:
        chosen += everybody() if word == ALL else [entrant_of(word)]
    found: dict[str, Entrant] = {}
    seen: set[tuple[str, str | None, str | None]] = set()
    for one in (replace(one, raw=raw) for one in chosen):
        same = one.name, one.weights, one.calibration
        if same not in seen:
            seen.add(same)
            title = title_of(one, found)
            found[title] = replace(one, title=title)
    for name, outputs in outside:
        require(name not in found and name not in MODELS, f"--external {name}: that name is taken; choose another one")
        found[name] = Entrant(title=name, name=name, outputs=outputs)
    return list(found.values())


def title_of(one: Entrant, taken: Mapping[str, Entrant]) -> str:
    """Choose what a table calls somebody: the name, and what tells it from others of that name."""
    end = RAW if one.raw and one.own_calibration else ""
    weights = f"{one.title} {(one.weights or '')[:8]}"
    titles = (one.title + end, weights + end, f"{weights}, calibration {(one.calibration or 'none')[:8]}")
    return next(title for title in titles if title not in taken)


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
        check_weights(folder, name)
    return Entrant(title=name, name=name, folder=folder)


def check_weights(folder: Path, name: str) -> None:
    """Make sure, before anything is run, that a folder holds weights of a model; whether they are whole is seen later.

    Raises:
        WeightsError: it does not.
    """
    model = read_about(folder)["model"]
    if model != name:
        raise WeightsError(f"the weights in {folder} are of the model '{model}', not of '{name}'")
    if not (folder / TENSORS).is_file():
        raise WeightsError(f"the weights folder {folder} has no {TENSORS}")


def hash_tables(tables: Sequence[Path]) -> str:
    """Return the SHA-256 of what tables hold, in this order, equal for copies on other machines."""
    sums = []
    for table in map(open_table, tables):
        sums += [str(table.size), *map(digest, table.shards)]
    return hashlib.sha256(" ".join(sums).encode()).hexdigest()
